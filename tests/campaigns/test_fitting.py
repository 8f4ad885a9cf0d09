"""A creative fits where there is room for its shape; a rule offers those first, and nothing is refused silently."""

import pytest

from campaigns.fitting import ROOMS, misfit
from campaigns.models import AdVariant, Campaign, Placement, Rule
from tests import factories
from tests.answers import text_of
from tests.drafts import review


@pytest.mark.parametrize(
    ("template", "width", "height", "words"),
    [
        ("hero", 260, 320, "needs 420 pixels of width"),
        ("hero", 1160, 64, "needs 160 pixels of height"),
        ("hero", 1160, 260, ""),
        ("card", 1160, 320, "at most 640 pixels of width"),
        ("card", 260, 320, ""),
        ("banner", 1160, 64, ""),
        ("banner", 1160, 260, "fills at most 150"),
        ("row", 300, 400, "needs 360"),
        ("message", 1160, 96, ""),
        ("countdown", 1160, 64, "needs 110"),
    ],
)
def test_a_template_needs_room_for_its_shape(template, width, height, words):
    fault = misfit(template, width, height)

    assert words in fault and bool(words) == bool(fault)


@pytest.mark.parametrize("template", [*ROOMS, "of another version"])
def test_nothing_is_said_of_a_place_whose_size_is_not_known(template):
    assert misfit(template, 0, 0) == ""


def test_every_template_has_a_room():
    assert set(ROOMS) == set(AdVariant.Template.values)


@pytest.fixture
def places(site, client):
    client.force_login(factories.make_user("editor"))
    hero, card = (
        AdVariant.objects.create(site=site, key=key, name=key.title(), headline="Hi", template=key)
        for key in ("hero", "card")
    )
    side = Placement.objects.create(site=site, key="side", name="Side", width=260, min_height=320, default_variant=card)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    Rule.objects.create(campaign=campaign, placement=side, name="First", variant=hero)
    return side


def test_a_rule_offers_what_fits_first_and_says_why_the_rest_does_not(client, places):
    page = text_of(client.get(f"/campaigns/rules/{Rule.objects.get().pk}/"))

    assert page.index('<optgroup label="Fit Side">') < page.index("Card · Card<") < page.index("Have another shape")
    assert "Hero · Hero: a hero needs 420 pixels of width, and there are 260" in page


def test_the_choices_follow_the_placement_that_is_chosen(client, places):
    hero = AdVariant.objects.get(key="hero")

    chosen = text_of(client.get(f"/creatives/choices?placement={places.pk}&variant={hero.pk}"))
    neutral = text_of(client.get("/creatives/choices?placement=x"))

    assert f'name="variant" value="{hero.pk}" checked' in chosen and "1 of another shape" in chosen
    assert "of another shape" not in neutral and f'value="{hero.pk}"' in neutral


def test_what_does_not_fit_is_saved_with_a_word_and_told_by_the_review(client, places):
    rule, hero = Rule.objects.get(), AdVariant.objects.get(key="hero")
    fields = {"name": "First", "placement": places.pk, "variant": hero.pk, "priority": 1, "condition-mode": "rows"}

    page = text_of(client.post(f"/campaigns/rules/{rule.pk}/", fields | {"enabled": "on"}, follow=True))

    rule.refresh_from_db()
    assert rule.priority == 1 and "“Hero” does not fit Side: a hero needs 420 pixels of width" in page
    (problem,) = [problem for problem in review(places.site).problems if "does not fit" in problem.message]
    assert (problem.kind, problem.name, problem.is_error) == ("rule", "First", False)
