"""Which events, properties and values were seen, for pickers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from segments import seen
from segments.seen import Seen
from sites.times import ms_of
from tracking import event_table, partitions
from tracking.event import Entry, Event
from tracking.log.base import encode_entry
from tracking.models import EventRollup

pytestmark = pytest.mark.usefixtures("transactional_db")
NOW = datetime.now(UTC)


@pytest.fixture
def told(site):
    at = ms_of(NOW - timedelta(minutes=5))
    partitions.ensure({date(NOW.year, NOW.month, 1), (NOW - timedelta(days=40)).date().replace(day=1)})
    properties = [
        {"category": "coffee", "price": 5, "products": [{"sku": "A"}, {"sku": "B"}]},
        {"category": "coffee", "price": 5, "sale": True, "products": [{"sku": "A"}]},
        {"category": "tea", "tags": ["new", "hot"], "deep": {"x": 1}, "none": None},
    ]
    events = [
        Event(f"m{n}", "track", "Product Viewed", at + n, at + n, properties=one) for n, one in enumerate(properties)
    ]
    events.append(Event("p1", "page", "Kettle", at, at, properties={"category": "page"}))
    entry = event_table.decode_entry(encode_entry(Entry(site.pk, "1" * 32, events)))
    with connection.cursor() as cursor:
        event_table.copy(cursor, [entry])
    for name, count in (("Product Viewed", 3), ("page", 1), ("(others)", 9)):
        EventRollup.objects.create(site=site, grain="hour", at=NOW - timedelta(hours=1), name=name, events=count)
    EventRollup.objects.create(site=site, grain="hour", at=NOW - timedelta(days=60), name="Old", events=5)
    return site


def test_names_of_the_last_days_with_the_most_frequent_first(told):
    assert seen.events(told) == [Seen("Product Viewed", 3), Seen("page", 1)]
    assert seen.was_seen(told, "Old") and not seen.was_seen(told, "Never")


def test_properties_and_those_of_products(told):
    found = seen.properties(told, "Product Viewed")

    assert found.events == 3
    assert found.seen[0] == Seen("category", 3)
    assert Seen("products.sku", 2) in found.seen and Seen("sale", 1) in found.seen
    assert seen.properties(told, "page").seen == [Seen("category", 1)]


def test_values_count_the_events_that_have_them(told):
    assert seen.values(told, "Product Viewed", "category").seen == [Seen("coffee", 2), Seen("tea", 1)]
    assert seen.values(told, "Product Viewed", "price").seen == [Seen(5, 2)]
    assert seen.values(told, "Product Viewed", "products.sku").seen == [Seen("A", 2), Seen("B", 1)]
    assert {one.value for one in seen.values(told, "Product Viewed", "tags").seen} == {"new", "hot"}


@pytest.mark.parametrize("name", ['a"b', "%s", "x'; --", "a.b.c", "never"])
def test_odd_names_find_nothing(told, name):
    assert seen.values(told, name, name).seen == seen.values(told, "Product Viewed", name).seen == []


def test_ten_thousand_values_are_cut(told, monkeypatch):
    monkeypatch.setattr(seen, "MOST_VALUES", 1)

    assert seen.values(told, "Product Viewed", "category").seen == [Seen("coffee", 2)]


def test_what_a_condition_asks_for_and_nobody_did(told):
    condition = {"$or": [{"$did": {"event": "Never"}}, {"$did": {"event": "page"}}]}

    assert seen.unseen_in(told, condition) == ["Never"]
