"""Install says whether what campaigns need arrives, and what to do where it does not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Placement
from personalization.models import DecisionRollup
from personalization.reasons import UNKNOWN
from personalization.upkeep.arrivals import arrivals
from sites.times import ms_of
from tests.answers import text_of
from tests.results import event, store, visitor
from tracking.models import EventRollup

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(site):
    """Three orders today, one of them without a number; a placement asked for today, one long ago, one never."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0) - timedelta(minutes=2)
    told = [
        event(visitor(n), "Order Completed", ms_of(minute) + n, total=20, **({} if n == 2 else {"order_id": str(n)}))
        for n in range(3)
    ]
    store(site, events=told)
    for grain in EventRollup.Grain:
        EventRollup.objects.create(site=site, grain=grain, at=minute, name="Order Completed", events=3)
    for key in ("hero", "bar", "spare"):
        Placement.objects.create(site=site, key=key, name=key.capitalize())
    asked = {"hero": (0, 40), "bar": (2, 5), UNKNOWN: (0, 7)}
    for key, (days, times) in asked.items():
        DecisionRollup.objects.create(
            site=site, hour=now - timedelta(days=days), placement=key, decisions=times, impressions=times // 2
        )
    return site


def test_what_arrives_is_counted_and_what_is_missing_from_it_told(busy):
    found = arrivals(busy, timezone.now())

    viewed, _, orders = found.events
    assert (viewed.last_at, viewed.faults) == (None, [])
    assert (orders.today, orders.looked_at) == (3, 3)
    assert [number for words, number in orders.faults if "order_id" in words] == [1]
    assert {each.placement.key: (each.today, each.seen_today) for each in found.placements} == {
        "hero": (40, 20), "bar": (0, 0), "spare": (0, 0),
    }  # fmt: skip
    assert [each.placement.key for each in found.placements if each.last_at is None] == ["spare"]
    assert found.unknown == 7


def test_the_page_says_what_to_do(client, busy, viewer):
    client.force_login(viewer)

    page = text_of(client.get("/install/"))
    part = client.get("/install/", headers={"HX-Request": "true", "HX-Target": "arrivals"}).content.decode()

    assert 'segue.track("Product Viewed"' in page.replace("&quot;", '"')
    assert "1 with no order_id: the same order told twice counts twice" in page
    assert "No page asked for it in 30 days." in page
    assert "Pages asked 7 times in 24 hours for placements that there are none of" in page
    assert part.lstrip().startswith("<section") and "What campaigns need" in part


def test_a_site_without_placements_is_led_to_the_first(client, site, viewer):
    client.force_login(viewer)

    page = text_of(client.get("/install/"))

    assert "“home-hero” is an example: there is no placement yet." in page
    assert page.index("1. Put one tag") < page.index("What campaigns need")
