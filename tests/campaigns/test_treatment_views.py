import re

import pytest

from campaigns.models import AdVariant, Arm, Campaign, Placement, Rule, Treatment
from tests.factories import make_site

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def creatives(site):
    return [
        AdVariant.objects.create(site=site, key=key, name=key.title(), headline=key) for key in ("long", "short", "new")
    ]


@pytest.fixture(name="test")
def made(site, creatives) -> Treatment:
    row = Treatment.objects.create(site=site, key="headline", name="Headline", seed="s1")
    for key, variant in zip("ab", creatives, strict=False):
        Arm.objects.create(treatment=row, key=key, variant=variant, weight=1)
    return row


def drawing(site, test) -> Rule:
    hero = Placement.objects.create(site=site, key="hero", name="Hero")
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    return Rule.objects.create(campaign=campaign, placement=hero, name="Words", treatment=test)


def typed(creatives, shares, keys=("a", "b"), **more):
    pks = [row.pk if row else "" for row in creatives]
    keys = [*keys, *[""] * len(pks)][: len(pks)]
    return {"name": "Headline", "key": "headline", "arm-variant": pks, "arm-share": shares, "arm-key": keys} | more


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def arms_of(row) -> list:
    return list(row.arms.order_by("id").values_list("key", "variant__key", "weight"))


def test_shares_are_kept_as_weights_and_a_new_arm_gets_the_next_letter(browser, test, creatives):
    answer = browser.post(f"/experiments/{test.pk}/setup/", typed(creatives, ["50", "30", "20"]))

    assert answer.status_code == 302
    assert arms_of(test) == [("a", "long", 50), ("b", "short", 30), ("c", "new", 20)]
    test.refresh_from_db()
    assert test.seed == "s1"


def test_shares_that_nobody_changed_keep_the_weights_behind_them(browser, site, test, creatives):
    Arm.objects.create(treatment=test, key="c", variant=creatives[2], weight=1)

    browser.post(f"/experiments/{test.pk}/setup/", typed(creatives, ["34", "33", "33"], "abc", name="Another"))

    assert [weight for *_, weight in arms_of(test)] == [1, 1, 1]
    assert Treatment.objects.get().name == "Another"


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        (["50", "40"], "The shares sum up to 90 %, and must to 100 %."),
        (["50", "x"], "Write a whole number from 0 to 100."),
        (["150", "-50"], "Write a whole number from 0 to 100."),
    ],
)
def test_shares_that_are_none_are_told_and_nothing_typed_is_lost(browser, test, creatives, shares, words):
    told = text_of(browser.post(f"/experiments/{test.pk}/setup/", typed(creatives[:2], shares, name="My words")))

    assert words in told and 'value="My words"' in told and f'value="{shares[1]}"' in told
    assert arms_of(test) == [("a", "long", 1), ("b", "short", 1)]


def test_one_creative_is_no_treatment(browser, site, creatives):
    told = text_of(browser.post("/experiments/new/", typed([creatives[0], None], ["100", ""])))

    assert "Two arms at least" in told and not Treatment.objects.exists()


def test_buttons_change_the_rows_and_save_nothing(browser, test, creatives):
    address, rows = f"/experiments/{test.pk}/setup/", typed([*creatives[:2], None], ["90", "10", "0"])

    equal = text_of(browser.post(address, rows | {"do": "equalise"}))
    more = text_of(browser.post(address, rows | {"do": "add"}))

    assert equal.count('max="100" value="50"') == 2 and "Not saved" not in equal
    assert more.count('name="arm-share"') == 4 and 'value="90"' in more
    assert arms_of(test) == [("a", "long", 1), ("b", "short", 1)]


def test_whoever_wants_it_deals_all_visitors_anew(browser, test, creatives):
    browser.post(f"/experiments/{test.pk}/setup/", typed(creatives[:2], ["50", "50"], anew="on"))

    test.refresh_from_db()
    assert test.seed != "s1"


def test_what_a_rule_draws_from_is_not_deleted(browser, site, test):
    rule = drawing(site, test)

    assert "Rules draw among its arms: “Words”" in text_of(browser.post(f"/experiments/{test.pk}/delete", follow=True))
    rule.delete()
    browser.post(f"/experiments/{test.pk}/delete")
    assert not Treatment.objects.exists()


def test_a_creative_of_another_site_is_none(browser, test, creatives):
    foreign = AdVariant.objects.create(site=make_site(write_key="wk_other"), key="x", name="X", headline="X")

    assert "Choose a creative, or the control." in text_of(
        browser.post(f"/experiments/{test.pk}/setup/", typed([creatives[0], foreign], ["50", "50"]))
    )
