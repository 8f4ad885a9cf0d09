"""The list that marketers sort is the order in which a release decides."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as limits
from hypothesis import strategies as st

from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.priority import master_list
from segments.models import Segment
from tests.drafts import draft_source

FIRST = datetime(2026, 5, 1, tzinfo=UTC)
DATES = st.sampled_from([None, FIRST, FIRST + timedelta(microseconds=1), FIRST + timedelta(seconds=1)])
CONDITIONS = st.sampled_from([{}, {"context.device": "mobile"}])


@pytest.fixture
def campaign(site):
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    Segment.objects.create(site=site, key="everybody", name="Everybody", condition={})
    Segment.objects.create(site=site, key="buyers", name="Buyers", condition={"feature.orders_total": {"$gt": 0}})
    return Campaign.objects.create(site=site, key="spring", name="Spring", status="live")


def add_rule(campaign: Campaign, segment: str = "", **fields) -> Rule:
    return Rule.objects.create(
        campaign=campaign,
        placement=campaign.site.placements.get(),
        variant=campaign.site.variants.get(),
        segment=campaign.site.segments.get(key=segment) if segment else None,
        name="A rule",
        **fields,
    )


def orders_of(campaign: Campaign) -> tuple[list[int], list[int]]:
    """Ids of the rules: as the list shows them, and as a release decides."""
    frozen = draft_source(campaign.site).rules
    return [rule.pk for rule in master_list(campaign.site)], [rule.id for rule in frozen]


def test_a_rule_whose_segment_holds_everybody_is_not_targeted(campaign):
    everybody = add_rule(campaign, "everybody")
    buyers = add_rule(campaign, "buyers")

    shown, decided = orders_of(campaign)

    assert shown == decided == [buyers.pk, everybody.pk]


@limits(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 2), st.sampled_from(["", "everybody", "buyers"]), CONDITIONS, DATES),
        max_size=6,
    )
)
def test_the_master_list_is_in_the_order_of_the_release(campaign, rules):
    Rule.objects.all().delete()
    for priority, segment, condition, published in rules:
        add_rule(campaign, segment, priority=priority, condition=condition, first_published_at=published)

    shown, decided = orders_of(campaign)

    assert shown == decided
