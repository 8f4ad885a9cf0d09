"""A draft to publish, and a way to let the worker work."""

import pytest

from campaigns.models import AdVariant, Campaign, Placement, Release, Rule
from segments.models import Segment
from tests.goals import make_goal


@pytest.fixture
def drafted(site):
    """One live campaign with two rules on the hero."""
    default = AdVariant.objects.create(site=site, key="default", name="Default", headline="Welcome")
    offer = AdVariant.objects.create(site=site, key="offer", name="Offer", headline="Just for you")
    hero = Placement.objects.create(site=site, key="home-hero", name="Hero", default_variant=default)
    buyers = Segment.objects.create(
        site=site, key="buyers", name="Buyers", condition={"feature.orders_total": {"$gt": 1}}
    )
    campaign = Campaign.objects.create(site=site, key="spring", name="Spring", status="live", goal=make_goal(site))
    Rule.objects.create(
        campaign=campaign,
        placement=hero,
        name="Coupon",
        segment=buyers,
        condition={"context.device": "mobile"},
        variant=offer,
        priority=500,
    )
    Rule.objects.create(campaign=campaign, placement=hero, name="Banner", variant=default, priority=600)
    return site


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Publishes and lets the worker work, as at the end of a request."""

    def run(call, *args, **kwargs) -> Release:
        with django_capture_on_commit_callbacks(execute=True):
            release = call(*args, **kwargs)
        release.refresh_from_db()
        return release

    return run
