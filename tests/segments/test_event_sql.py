"""Event rows in SQL. That they say what the fold says, and what rows mean: `test_event_row_ways`."""

from datetime import date

import pytest
from django.db import connection

from segments import audience
from segments.conditions.event_rows import read
from segments.event_sql import Asked, numbers
from segments.models import Segment
from sites.times import DAY_MS, moment_of
from tests import events as made
from tests.events import START, copied, event
from tracking import event_table, partitions
from tracking.event import Entry, Event
from tracking.log.base import encode_entry
from tracking.models import Visitor

pytestmark = pytest.mark.usefixtures("transactional_db")


def store(site, histories: dict[str, list[Event]]) -> None:
    partitions.ensure(
        {date(2025, month, 1) for month in (9, 10, 11, 12)} | {date(2026, month, 1) for month in range(1, 8)}
    )
    entries = []
    for visitor, events in histories.items():
        Visitor.objects.create(id=visitor, site=site, first_seen_at=moment_of(START), last_seen_at=moment_of(START))
        kept = copied(events)
        if kept:
            entries.append(event_table.decode_entry(encode_entry(Entry(site.pk, visitor, kept))))
    with connection.cursor() as cursor:
        event_table.copy(cursor, entries)


@pytest.mark.parametrize("hostile", ["'; DROP TABLE x; --", "%s", "{}", '"quoted"', "back\\slash", "ü“”"])
def test_hostile_names_are_words(site, hostile):
    told = Event("m1", "track", hostile, START, START, properties={hostile: hostile, "list": [{hostile: hostile}]})
    store(site, {"1" * 32: [told]})

    for where in ({hostile: hostile}, {f"list.{hostile.replace('.', '')}": hostile}, {hostile: {"$contains": hostile}}):
        row = read({"event": hostile, "where": where}).row
        assert numbers(row, [Asked("1" * 32, 0), Asked("2" * 32, 0)]) == [1, 0]


def test_an_estimate_asks_stored_events_for_what_nobody_counts_yet(site, keep):
    coffee = {"event": "Product Viewed", "where": {"category": "coffee"}, "count": {"$gte": 2}, "in": "session"}
    views = [
        event("Product Viewed", START + n * 1000, message_id=f"a{n}", properties={"category": "coffee"})
        for n in range(2)
    ]
    old = event("Product Viewed", START - DAY_MS, message_id="b0", properties={"category": "coffee"})
    one = event("Product Viewed", START, message_id="b1", properties={"category": "coffee"})
    histories = {"a" * 32: views, "b" * 32: [old, one], "c" * 32: [event("", START, "page", message_id="c0")]}
    for visitor, events in histories.items():
        keep(visitor, made.folded(*copied(events)))
    Visitor.objects.all().delete()
    store(site, histories)

    assert audience.estimate_of(site, {"$did": coffee}) == (1, 3, 3)
    assert audience.estimate_of(site, {"$not": {"$did": coffee}}) == (2, 3, 3)
    Segment.objects.create(site=site, key="coffee", name="Coffee", condition={"$did": coffee})
    assert audience.estimate_of(site, {"$savedGroup": "coffee"})[:2] == (1, 3)
