"""What profiles remember for event rows: the same number by whatever way the events came. That it is what the row means, and what
all others say: `test_event_row_ways`."""

import random

import msgspec
from hypothesis import given, settings

from campaigns.index import Index
from segments.attributes import Attributes
from segments.conditions import compile_condition, matches
from segments.conditions.event_rows import PREFIX, SIZES, read
from segments.profile import Profile, decode, encode, fold, merge
from segments.tallies import BETWEEN, Rows, number, recount
from sites.times import DAY_MS
from tests.event_histories import asked, make_history, make_row
from tests.events import START, event
from tracking.event import Event

COFFEE = {"event": "Product Viewed", "where": {"category": "coffee"}, "count": {"$gte": 3}, "in": "session"}
NO_ORDER = {"event": "Order Completed", "count": {"$eq": 0}, "in": {"days": 30}}


def folded(events, *arguments, profile=None):
    rows = Rows(read(argument).row for argument in arguments)
    profile = profile or Profile()
    for one in events:
        fold(profile, one, rows)
    return profile


def number_of(profile, argument, now):
    return number(profile, read(argument).attribute.removeprefix(PREFIX), now)


@settings(max_examples=300)
@given(asked())
def test_the_sequence_of_events_does_not_matter(given):
    argument, history, _, rng = given
    shuffled = rng.sample(history, len(history))

    assert folded(history, argument).tallies == folded(shuffled, argument).tallies


@settings(max_examples=300)
@given(asked(most=12))
def test_two_histories_that_are_one_have_what_both_have(given):
    argument, one, other, _ = given
    rows = Rows([read(argument).row])
    profile = folded(one, argument)
    merge(profile, folded(other, argument), rows)

    together = Profile()
    recount(together, rows, [*one, *other])
    if one and other:
        assert (profile.counted, profile.tallies) == (together.counted, together.tallies)


@settings(max_examples=300)
@given(asked())
def test_a_recount_is_what_was_counted_all_along(given):
    argument, history, _, rng = given
    rows = Rows([read(argument).row])
    live = folded(history, argument)
    late = folded(history)
    recount(late, rows, rng.sample(history, len(history)))

    if history:
        assert encode(late) == encode(live)


@settings(max_examples=300)
@given(asked())
def test_evaluators_and_the_index_agree(given):
    argument, history, _, rng = given
    others = [make_row(rng) for _ in range(3)]
    conditions = [
        {"$did": argument},
        {"$not": {"$did": argument}},
        {"$or": [{"$did": argument}, {"visitor.events": {"$gt": 5}}]},
        {"$nor": [{"$did": other} for other in others]},
        {"$savedGroup": "saved", "$not": {"$and": [{"$did": other} for other in others]}},
    ]
    groups = {"saved": {"type": "condition", "condition": {"$did": others[0], "visitor.events": {"$lt": 30}}}}
    known = [argument, *rng.sample(others, rng.randint(0, 3))]  # the others are not counted yet
    profile = folded(history, *known)
    now = max([one.at for one in history], default=START)

    expected = [matches(condition, Attributes(profile, now), groups) for condition in conditions]

    assert [compile_condition(condition, groups)(Attributes(profile, now)) for condition in conditions] == expected
    found = Index.from_bytes(Index.build(conditions, groups).to_bytes()).match(Attributes(profile, now))
    assert [bool(found >> position & 1) for position in range(len(conditions))] == expected


def test_a_row_that_is_not_counted_holds_for_nobody_also_when_denied():
    profile = folded([event("Order Completed")])

    for condition in (
        {"$did": NO_ORDER},
        {"$not": {"$did": COFFEE}},
        {"$or": [{"$did": COFFEE}, {"visitor.events": 1}]},
    ):
        assert not matches(condition, Attributes(profile, START))
        assert not compile_condition(condition)(Attributes(profile, START))
        assert not Index.build([condition]).match(Attributes(profile, START))


def test_rows_that_differ_in_their_windows_alone_share_what_is_remembered():
    week = NO_ORDER | {"in": {"days": 7}}

    profile = folded([event("Order Completed")], NO_ORDER, week)

    assert len(profile.tallies) == 1 and BETWEEN not in profile.counted
    assert (number_of(profile, NO_ORDER, START + 8 * DAY_MS), number_of(profile, week, START + 8 * DAY_MS)) == (1, 0)


def test_what_is_no_longer_counted_goes_and_what_is_new_waits():
    profile = folded([event("Order Completed", START), event("Product Viewed", START + 1)], NO_ORDER)

    folded([event("Order Completed", START + 2)], COFFEE, profile=profile)

    assert (profile.counted, profile.tallies) == ("", {})
    assert number_of(profile, COFFEE, START + 2) is None


def test_a_process_that_does_not_know_a_row_yet_leaves_it_to_a_recount():
    """It cannot count what it does not know, and what it left out would be missing for good."""
    profile = folded([event("Order Completed", START)], NO_ORDER, COFFEE)

    folded([event("Order Completed", START + 1)], COFFEE, profile=profile)
    folded([event("Order Completed", START + 2)], NO_ORDER, COFFEE, profile=profile)

    assert number_of(profile, NO_ORDER, START + 2) is None
    assert number_of(profile, COFFEE, START + 2) == 0


def test_joining_with_a_history_that_has_not_counted_a_row_asks_for_a_recount():
    rows = Rows([read(NO_ORDER).row])
    profile = folded([event("Order Completed", START)], NO_ORDER)

    merge(profile, folded([event("Order Completed", START + 1)]), rows)

    assert number_of(profile, NO_ORDER, START + 1) is None


def test_a_flood_of_events_is_bounded():
    rows = [COFFEE, {"event": "Product Viewed", "worth": {"$gte": 1}, "of": "price"}]
    flood = [
        Event(f"m{n}", "track", "Product Viewed", START + n, START, properties={"category": "coffee", "price": 1})
        for n in range(1000)
    ]

    profile = folded(flood, *rows)

    assert sorted(map(len, profile.tallies.values())) == [SIZES[0], SIZES[-1]]


def test_profiles_of_before_are_read():
    before = Profile()
    fold(before, event("Order Completed"))
    fields = [getattr(before, name) for name in Profile.__struct_fields__]

    old = decode(msgspec.msgpack.encode(fields[:-2]))

    assert (old.counted, old.tallies, old.orders) == ("", {}, 1)


def test_each_value_of_a_list_finds_its_rows_once():
    argument = COFFEE | {"where": {"category": {"$in": ["coffee", "tea"]}}}

    profile = folded([event("Product Viewed", properties={"category": ["tea", "coffee", 7]})], argument)

    assert number_of(profile, argument, START) == 1


def test_histories_at_random_say_something():
    """That the properties above are not true of nothing."""
    rng = random.Random(1)
    found = [
        number_of(folded(make_history(rng, 30), argument), argument, START + 20 * DAY_MS)
        for argument in (make_row(rng) for _ in range(200))
    ]

    assert len(set(found)) > 10
