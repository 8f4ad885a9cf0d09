"""Event rows in SQL, beside the fold and what rows mean: one number, by whichever way."""

import random
from datetime import date
from uuid import UUID

import pytest
from django.db import connection

from segments import audience
from segments.conditions.event_rows import PREFIX, read
from segments.event_sql import Asked, numbers
from segments.models import Segment
from segments.profile import Profile, fold, merge
from segments.tallies import Rows, number
from sites.times import DAY_MS, moment_of
from tests import events as made
from tests.event_histories import make_history, make_row, meaning
from tests.events import START, copied, event
from tracking import event_table, partitions
from tracking.event import Entry, Event
from tracking.log.base import encode_entry
from tracking.models import Visitor

pytestmark = pytest.mark.usefixtures("transactional_db")

ROWS, VISITORS = 340, 8  # every row is asked of every history


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


def test_sql_and_the_fold_and_the_meaning_agree(site):
    rng = random.Random(7)
    histories = {f"{n:032x}": make_history(rng, rng.randint(0, 40), f"v{n}-") for n in range(1, VISITORS + 1)}
    # The second became part of the first, and the third of the second.
    Visitor.objects.all().delete()
    store(site, histories)
    first, second, third, *_ = histories
    Visitor.objects.filter(pk=UUID(second)).update(merged_into=UUID(first))
    Visitor.objects.filter(pk=UUID(third)).update(merged_into=UUID(second))
    whole = {first: [*histories[first], *histories[second], *histories[third]]}
    whole |= {visitor: histories[visitor] for visitor in list(histories)[3:]}

    distinct = set()
    for _ in range(ROWS):
        argument = make_row(rng)
        row = read(argument).row
        since = [rng.choice([0, START + rng.randint(-1, 20) * DAY_MS]) for _ in whole]
        asked = [Asked(visitor, moment) for visitor, moment in zip(whole, since, strict=True)]

        found = numbers(row, asked)

        assert found == [
            meaning(argument, events, moment) for events, moment in zip(whole.values(), since, strict=True)
        ]
        for (visitor, events), answer, moment in zip(whole.items(), found, since, strict=True):
            distinct.add(answer)
            if not row.session and not row.days and not moment:
                assert folded(histories, visitor, events, row, argument) == answer
    assert len(distinct) > 20


def folded(histories, visitor, events, row, argument) -> float | None:
    """By the fold, in the sequence of arrival, the others taken in."""
    rows, profile = Rows([row]), Profile()
    for one in copied(histories[visitor]):
        fold(profile, one, rows)
    others = events[len(histories[visitor]) :]
    if others:
        absorbed = Profile()
        for one in copied(others):
            fold(absorbed, one, rows)
        merge(profile, absorbed, rows)
    return number(profile, read(argument).attribute.removeprefix(PREFIX), START)


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
