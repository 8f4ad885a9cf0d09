"""What the checklist finds, point by point, through the page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import AdVariant, Campaign, Placement, Rule
from personalization.campaign_page.check import GOOD, LOOK, OPEN, WRONG
from personalization.campaign_page.overview import overview_of
from segments.models import Segment, SegmentSize
from tests.items import make_item
from tracking.models import EventRollup

pytestmark = pytest.mark.django_db


def checks(spring) -> dict[str, tuple[str, str, str]]:
    """By title: state, words and where it is mended."""
    spring.refresh_from_db()
    rules = list(spring.rules.select_related("campaign", "placement", "segment", "variant", "treatment"))
    found = overview_of(spring.site, spring, [(rule, None) for rule in rules])["checks"]
    return {check.title: (check.state, check.words, check.link) for check in found}


@pytest.fixture
def ready(spring):
    """Nothing is left to look at."""
    now = timezone.now()
    Placement.objects.update(width=960, min_height=320)
    Rule.objects.filter(name="Banner").delete()
    Rule.objects.update(cap_per_day=3)
    SegmentSize.objects.create(segment=Segment.objects.get(), at=now, visitors=700, active=2000)
    EventRollup.objects.create(
        site=spring.site, grain="hour", at=now - timedelta(hours=2), name="Order Completed", events=5
    )
    return spring


def test_all_is_in_order(ready):
    found = checks(ready)

    assert {title: state for title, (state, _, _) in found.items()} == dict.fromkeys(found, GOOD)
    assert len(found) == 10
    assert found["Goal"][1].endswith("counts Order Completed, seen 5 times in 30 days.")
    assert found["Audience"][1].startswith("700 in “Buyers”")


def fill(**fields):
    return lambda: AdVariant.objects.filter(key="offer").update(**fields)


def rule(**fields):
    return lambda: Rule.objects.update(**fields)


@pytest.mark.parametrize(
    ("spoil", "title", "state", "words", "link"),
    [
        (rule(enabled=False), "Rules", WRONG, "None of its rules is switched on.", "/campaigns/rules/"),
        (fill(background="red"), "Creatives", WRONG, "Offer: ", "/campaigns/variants/offer/"),
        (fill(picture_fault="There is no picture.", image_url="https://x.example/a.png", image_alt="A"), "Pictures",
         LOOK, "There is no picture.", "/campaigns/variants/offer/"),
        (lambda: Placement.objects.update(width=100), "Fit", LOOK, "does not fit", "/campaigns/rules/"),
        (lambda: Placement.objects.update(width=0), "Fit", OPEN, "Nobody has said how wide Hero is", "/placements/"),
        (lambda: Placement.objects.update(enabled=False), "Placements", LOOK, "switched off", "/campaigns/rules/"),
        (lambda: Placement.objects.update(default_variant=None), "Placements", LOOK, "stays empty when no rule wins",
         "/placements/p/home-hero/"),
        (lambda: SegmentSize.objects.update(visitors=0), "Audience", LOOK, "Nobody was in “Buyers”", "/segments/s/buyers/"),
        (lambda: SegmentSize.objects.update(visitors=99), "Audience", LOOK,
         "“Buyers”: Only 99 visitors of the last 30 days are in it: below 100 a result cannot be told from chance.",
         "/segments/s/buyers/"),
        (rule(condition={"visitor.orders": {"$gte": 3, "$lt": 2}}), "Audience", LOOK,
         "Coupon: Nobody can ever fit: “Orders ever is less than 2 orders” contradicts", "/campaigns/rules/"),
        (lambda: SegmentSize.objects.all().delete(), "Audience", OPEN, "“Buyers” is not counted yet.",
         "/campaigns/c/spring/audience/"),
        (rule(condition={"no.such": 1}), "Audience", WRONG, "Coupon: ", "/campaigns/rules/"),
        (lambda: Campaign.objects.update(ends_at="2020-01-01T00:00Z"), "Schedule", LOOK, "It has ended",
         "/campaigns/c/spring/traffic/"),
        (rule(cap_per_day=None), "Limits", LOOK, "“Coupon” may be seen by one visitor on every page",
         "/campaigns/c/spring/traffic/"),
        (lambda: Campaign.objects.update(goal=None), "Goal", LOOK, "It has none", "/campaigns/c/spring/traffic/"),
        (lambda: EventRollup.objects.all().delete(), "Goal", LOOK, "No event “Order Completed” was seen",
         "/campaigns/goals/g/order-completed/"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_where_it_is_mended(ready, spoil, title, state, words, link):
    spoil()

    found = checks(ready)[title]

    assert found[0] == state and words in found[1] and found[2].startswith(link)


def test_a_limit_of_the_campaign_is_one_for_each_of_its_rules(ready):
    Rule.objects.update(cap_per_day=None)
    Campaign.objects.update(cap_per_session=2)

    assert checks(ready)["Limits"][:2] == (GOOD, "All its rules together are seen by one visitor at most 2 a session.")


def test_a_campaign_with_a_limit_gives_way_to_another_but_not_to_itself(ready):
    loud = make_higher(ready)
    loud.campaign.cap_per_session = 1
    loud.campaign.save()
    assert checks(ready)["Priority"][:2] == (GOOD, "1 rule may win first.")

    Rule.objects.filter(pk=loud.pk).update(campaign=ready)
    Campaign.objects.update(cap_per_session=1)

    assert checks(ready)["Priority"][0] == WRONG


def make_higher(spring, **fields) -> Rule:
    other = Campaign.objects.create(site=spring.site, key="other", name="Other", status="live")
    usual = {"placement": Placement.objects.get(), "variant": AdVariant.objects.get(key="default"), "priority": 900}
    return Rule.objects.create(campaign=other, name="Loud", **usual | fields)


def test_a_rule_that_leaves_nothing_is_named(ready):
    make_higher(ready)

    state, words, link = checks(ready)["Priority"]

    assert (state, words) == (WRONG, "“Loud” of Other always wins over “Coupon” in Hero.")
    assert link == "/campaigns/?placement=home-hero"


@pytest.mark.parametrize(
    "fields",
    [
        {"condition": {"context.device": "mobile"}},
        {"cap_total": 1},
        {"cap_per_session": 1},
        {"hours": "mon-fri 9-18"},
        {"ends_at": "2040-01-01T00:00Z"},
        {"starts_at": "2040-01-01T00:00Z"},
    ],
)
def test_a_rule_that_gives_way_sometimes_is_only_counted(ready, fields):
    make_higher(ready, **fields)

    assert checks(ready)["Priority"][:2] == (GOOD, "1 rule may win first.")


@pytest.mark.parametrize("fields", [{"enabled": False}, {"priority": 1}, {"ends_at": "2020-01-01T00:00Z"}])
def test_a_rule_that_never_comes_first_is_not_counted(ready, fields):
    make_higher(ready, **fields)

    assert checks(ready)["Priority"][1] == "No rule of another campaign stands before it."


def test_a_slot_is_no_fault_where_there_is_a_catalogue(ready):
    AdVariant.objects.filter(key="offer").update(slot="viewed", headline="Still {item.name}?", link="{item.url}")
    told = "The catalogue is empty"
    assert told in checks(ready)["Creatives"][1]
    make_item(ready.site)

    assert told not in checks(ready)["Creatives"][1]
