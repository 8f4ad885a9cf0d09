"""Holdouts and exclusion groups: set, told, removed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.groups import next_free, shared_by
from campaigns.holdouts import holdout_of
from campaigns.models import AdVariant, Campaign, ExclusionGroup, Phase, Placement, Rule, Treatment
from campaigns.publish import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def autumn(site):
    hero = Placement.objects.create(site=site, key="hero", name="Hero")
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    row = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    Rule.objects.create(campaign=row, placement=hero, name="Sale", variant=variant)
    return row


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def arms_of(row) -> dict[str, int]:
    return dict(row.arms.values_list("key", "weight"))


def test_a_holdout_of_all_campaigns_is_kept_in_thousandths(browser, site):
    assert browser.post("/campaigns/holdouts/", {"held": "2.5"}).status_code == 302

    row = Treatment.objects.get()
    assert (row.kind, row.campaign, arms_of(row)) == ("holdout", None, {"held": 25, "open": 975})
    told = text_of(browser.get("/campaigns/holdouts/"))
    assert "2.5 % with the next publish" in told and "Nobody does without yet" in told


@pytest.mark.parametrize("typed", ["0", "50.1", "0.05", "", "many"])
def test_a_share_that_cannot_be_is_told_at_its_field(browser, site, typed):
    answer = browser.post("/campaigns/holdouts/", {"held": typed})

    assert answer.status_code == 200 and 'id="id_held_error1"' in text_of(answer)
    assert not Treatment.objects.exists()


def test_a_published_holdout_says_since_when(browser, site, autumn, publisher, django_capture_on_commit_callbacks):
    browser.post("/campaigns/c/autumn/holdout/", {"held": "10"})
    with django_capture_on_commit_callbacks(execute=True):
        publish(site, publisher)

    held = holdout_of(site, autumn)
    assert (held.live_percent, held.is_unpublished) == (pytest.approx(10), False)
    assert held.since == Phase.objects.get().begun_at
    assert "10 % of the visitors do without this campaign" in text_of(browser.get("/campaigns/c/autumn/traffic/"))
    assert "Autumn" in text_of(browser.get("/campaigns/holdouts/"))


def test_dealing_anew_takes_another_seed_and_says_so(browser, site):
    browser.post("/campaigns/holdouts/", {"held": "5"})
    before = Treatment.objects.get()
    Phase.objects.create(
        treatment=before, number=1, begun_at=datetime(2026, 1, 1, tzinfo=UTC), coverage=100, arms=[], seed=before.seed
    )

    browser.post("/campaigns/holdouts/", {"held": "5", "anew": "on"})

    now = Treatment.objects.get()
    assert (now.seed != before.seed, now.generation, now.phase) == (True, 1, 2)


def test_a_holdout_is_removed_and_its_page_is_found_by_its_id(browser, site, autumn):
    browser.post("/campaigns/c/autumn/holdout/", {"held": "10"})
    row = Treatment.objects.get()
    led = browser.get(f"/treatments/{row.pk}/", follow=True).redirect_chain
    assert led[-1][0].endswith("/campaigns/c/autumn/holdout/")

    browser.post(f"/campaigns/holdouts/{row.pk}/remove")

    assert not Treatment.objects.exists()


def test_groups_are_made_renamed_and_deleted_when_nobody_is_in_them(browser, site):
    browser.post("/campaigns/groups/new/", {"name": "Hero"})
    group = ExclusionGroup.objects.get()
    member = Treatment.objects.create(site=site, key="t", name="Words", group=group, group_from=20, group_to=60)
    browser.post(f"/campaigns/groups/{group.pk}/", {"name": "Heroes", "key": "other"})
    group.refresh_from_db()
    assert (group.name, group.key) == ("Heroes", "hero")

    told = text_of(browser.get(f"/campaigns/groups/{group.pk}/"))
    assert "60 % of the visitors are free" in told and "Take them out first" in told
    browser.post(f"/campaigns/groups/{group.pk}/delete")
    assert ExclusionGroup.objects.exists()
    member.delete()
    browser.post(f"/campaigns/groups/{group.pk}/delete")
    assert not ExclusionGroup.objects.exists()


def test_a_bandit_that_chooses_a_group_gets_what_is_free(browser, site):
    group = ExclusionGroup.objects.create(site=site, key="hero", name="Hero")
    Treatment.objects.create(site=site, key="t", name="Words", group=group, group_from=20, group_to=50)
    arms = [AdVariant.objects.create(site=site, key=key, name=key, headline=key).pk for key in "ab"]
    typed = {"name": "Offers", "reward": "click", "policy": "thompson", "batch": "3600000", "arm-variant": arms}
    typed |= {"arm-key": ["", ""], "group": group.pk}

    answer = browser.post("/bandits/new/", typed)
    assert answer.status_code == 302, answer.context["form"].errors
    row = Treatment.objects.get(key="offers")
    assert (row.group_from, row.group_to) == (50, 100)

    refused = browser.post("/bandits/new/", typed | {"name": "More", "group_from": "10", "group_to": "30"})
    assert "parts must not overlap" in text_of(refused)


bounds = st.tuples(st.integers(0, 99), st.integers(1, 100)).filter(lambda pair: pair[0] < pair[1])


@given(st.lists(bounds, max_size=6))
def test_the_free_part_is_free_and_none_is_larger(taken):
    free = next_free(taken)

    covered = {step for low, high in taken for step in range(low, high)}
    if free is None:
        assert len(covered) == 100
    else:
        assert not covered & set(range(*free))
        assert free[0] < free[1] <= 100


def test_parts_cover_the_whole(site):
    group = ExclusionGroup(site=site, name="Hero")
    members = [Treatment(group_from=low, group_to=high) for low, high in ((60, 80), (0, 20))]

    shared = shared_by(group, members)

    assert [(part.low, part.high, bool(part.member)) for part in shared.parts] == [
        (0, 20, True), (20, 60, False), (60, 80, True), (80, 100, False)
    ]  # fmt: skip
    assert shared.free_percent == 60
