"""Live events as they are stored: what those without scripts see, and what the page begins with."""

import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from campaigns.models import AdVariant, Placement
from personalization import live_events
from personalization.edge.feed_rows import Wanted
from personalization.live_events import Second
from sites.times import ms_of
from tests import factories
from tests.results import HERO, decided, event, order, reaction, store, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(site):
    """A look, a click and an order of a visitor just now, after a decision."""
    AdVariant.objects.create(site=site, key="offer", name="Offer of the week", headline="For you")
    Placement.objects.create(site=site, key="home-hero", name="Hero")
    now = ms_of(timezone.now()) - 5_000
    made = decided(site, visitor(1), now, HERO)
    told = [reaction("Impression", made), reaction("Click", made), event(visitor(1), "Product Viewed", now)]
    store(site, [made], [*told, order(visitor(1), now + 2000)])
    return made


def test_what_arrived_stands_with_what_it_did_by_the_names_of_today(see, shop):
    page = see("/live/")

    assert "“Offer of the week” in Hero, spring" in page
    assert f"/visitors/{visitor(1)}/decisions/" in page
    assert all(name in page for name in ("Impression", "Click", "Product Viewed", "Order Completed", "Decision"))
    assert "Refresh" in page


@pytest.mark.parametrize(
    ("query", "there", "missing"),
    [
        ({"kind": "decision"}, ["Decision"], ["Click", "Product Viewed"]),
        ({"kind": "track"}, ["Product Viewed", "Order Completed"], ["Click", "Decision"]),
        ({"name": "ORDER"}, ["Order Completed"], ["Click", "Product Viewed", "Decision"]),
        ({"kind": "weather"}, ["Decision", "Click"], []),
        ({"name": "%"}, ["Nothing of this kind"], ["Click"]),
        ({"name": "a\0b"}, ["Nothing of this kind"], []),
    ],
)
def test_lines_are_narrowed_by_kind_and_name(see, shop, query, there, missing):
    rows = see("/live/", **query).split('id="live-rows"')[1].split("</table>")[0]

    assert [name for name in there if f"{name}" not in rows] == []
    assert [name for name in missing if f'"row">{name}' in rows] == []


def test_nothing_is_told_of_another_site(site, shop):
    other = factories.make_site(name="Other", write_key="wk_other")
    now = timezone.now()

    assert live_events.latest(other, now, Wanted("all")) == []
    assert live_events.seconds(other, now) == []
    assert sum(second.decisions for second in live_events.seconds(site, now)) == 1
    assert sum(second.events for second in live_events.seconds(site, now)) == 4


def test_half_minutes_are_averages():
    now = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
    end = int(now.timestamp())

    told = live_events.halves([Second(end, 15, 0), Second(end - 29, 15, 3), Second(end - 30, 30, 0)], now)

    assert [(half.events, half.decisions) for half in told[:2]] == [(1, 0.1), (1, 0)]
    assert (len(told), told[0].at) == (10, now - timedelta(seconds=30))


def test_strangers_see_nothing(client, shop):
    assert client.get("/live/").status_code == 302


def test_what_others_wrote_is_what_they_published():
    told = (settings.BASE_DIR / "static/vendor/README.md").read_text()
    found = dict(re.findall(r"^\| `(\S+)` .*`([0-9a-f]{64})` \|$", told, re.MULTILINE))
    files = {path.relative_to(settings.BASE_DIR / "static/vendor").as_posix(): path for path in
             (settings.BASE_DIR / "static/vendor").rglob("*.min.*")}  # fmt: skip

    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == found
