"""What is told to hold for nobody holds for nobody; and the usual slips are found."""

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from campaigns.release import FrozenSegment
from segments.conditions import matches
from segments.conditions.event_rows import read
from segments.conditions.saved import saved_groups
from segments.contradictions import contradictions
from segments.possible_values import possible

VIEWED = {"event": "Product Viewed"}


def viewed(**asked):
    return {"$did": VIEWED | asked}


NOBODY = [
    {"$and": [{"visitor.orders": {"$gte": 3}}, {"visitor.orders": {"$lt": 2}}]},
    {"visitor.orders": {"$gte": 3, "$lte": 2}},
    {"visitor.orders": {"$gt": 2, "$lt": 3}},  # whole numbers
    {"visitor.orders": {"$lt": 0}},
    {"visitor.orders": 2.5},
    {"visitor.orders": "3"},
    {"$and": [{"visitor.orders": 1}, {"visitor.orders": 2}]},
    {"$and": [{"visitor.orders": {"$gte": 3}}, {"feature.orders_total": {"$lte": 2}}]},  # two names of one value
    {
        "$and": [
            {"feature.orders_30d": {"$gte": 3}},
            {"visitor.orders": {"$lte": 2}, "feature.orders_total": {"$lte": 2}},
        ]
    },
    {"feature.cart_value": {"$gt": 5000, "$lt": 5001}},  # cents
    {"feature.average_order_value": {"$gt": 5000, "$lt": 5000}},
    {"$and": [{"context.country": "DE"}, {"context.country": "FR"}]},
    {"$and": [{"context.country": {"$in": ["DE", "AT"]}}, {"context.country": {"$in": ["FR"]}}]},
    {"$and": [{"context.country": "DE"}, {"context.country": {"$ne": "DE"}}]},
    {"$and": [{"context.country": "DE"}, {"context.country": {"$regex": "^F"}}]},
    {"$and": [{"context.country": {"$exists": False}}, {"context.country": "DE"}]},
    {"context.country": {"$in": []}},
    {"session.categories": {"$in": []}},
    {"$and": [{"session.categories": {"$in": ["a"]}}, {"session.categories": {"$nin": ["a", "b"]}}]},
    {"$and": [{"visitor.new": True}, {"visitor.new": False}]},
    {"visitor.new": {"$nin": [True, False]}},
    {"context.device": "toaster"},
    {"context.device": "mobile", "$nor": [{"context.device": "mobile"}]},
    {"$nor": [{"visitor.orders": {"$lt": 3}}, {"visitor.orders": {"$gte": 2}}]},
    {"$not": {"visitor.orders": {"$gte": 0}}},
    {"visitor.trait.plan": "pro", "$and": [{"visitor.trait.plan": "free"}]},
    {"visitor.trait.age": {"$gte": 30, "$lt": 20}},
    {"$and": [{"visitor.orders": {"$gte": 3}}, {"$or": [{"visitor.orders": 1}, {"visitor.orders": 2}]}]},
    {"$and": [viewed(count={"$gte": 3}), viewed(count={"$lte": 2})]},
    {"$and": [viewed(count={"$gte": 3}), viewed(count={"$lte": 1}), {"visitor.new": True}]},
    {"$and": [viewed(count={"$gte": 30}), viewed(count={"$eq": 0})]},  # of which more are remembered
    {"$and": [viewed(count={"$gte": 3}, **{"in": "session"}), viewed(count={"$eq": 0})]},
    {"$and": [viewed(count={"$gte": 3}, **{"in": {"days": 7}}), viewed(count={"$lte": 2}, **{"in": {"days": 30}})]},
    {"$and": [{"$savedGroup": "many"}, {"visitor.orders": 0}]},
]
SOMEBODY = [
    {},
    {"visitor.orders": {"$gte": 2, "$lt": 3}},
    {"visitor.orders": {"$gte": 0}},
    {"feature.average_order_value": {"$gt": 5000, "$lt": 5001}},
    {"feature.scroll_percent": {"$gt": 99.5}},
    {"feature.average_order_value": {"$lt": 1}},  # nothing known counts as 0
    {"$and": [{"context.country": {"$ne": "DE"}}, {"context.country": {"$ne": "FR"}}]},
    {"$and": [{"session.categories": {"$in": ["a"]}}, {"session.categories": {"$in": ["b"]}}]},
    {"$and": [{"visitor.trait.plan": {"$in": ["pro"]}}, {"visitor.trait.plan": {"$in": ["free"]}}]},  # a list of both
    {"$nor": [{"visitor.trait.age": {"$gte": 30}}, {"visitor.trait.age": {"$lt": 30}}]},  # no number
    {"$or": [{"visitor.orders": 1}, {"visitor.orders": 2}]},
    {"$or": []},
    {"$nor": [{"visitor.orders": {"$gte": 3}}, {"visitor.orders": {"$lt": 2}}]},
    {"$and": [viewed(count={"$gte": 3}), viewed(count={"$lte": 2}, **{"in": "session"})]},
    {"$and": [viewed(count={"$gte": 3}, **{"in": {"days": 30}}), viewed(count={"$lte": 2}, **{"in": {"days": 7}})]},
    {"$and": [viewed(count={"$gte": 3}, **{"in": "session"}), viewed(count={"$eq": 0}, **{"in": {"days": 1}})]},
    {"$and": [viewed(count={"$gte": 3}), {"$did": {"event": "Order Completed", "count": {"$eq": 0}}}]},
    {"context.country": {"$regex": "^F", "$notRegex": "^F"}},  # nobody, but a pattern is not looked into
]
GROUPS = saved_groups([FrozenSegment("many", "Many", {"visitor.orders": {"$gte": 3}})])


@pytest.mark.parametrize("condition", NOBODY, ids=str)
def test_finds_what_holds_for_nobody(condition):
    found = contradictions(condition, GROUPS)

    assert found.holds_for_nobody and found.clashes
    assert all(clash.sentence("EUR") and clash.whole_sentence("EUR") for clash in found.clashes)


@pytest.mark.parametrize("condition", SOMEBODY, ids=str)
def test_says_nothing_of_what_may_hold(condition):
    assert contradictions(condition) == (False, [])


def test_names_both_sides():
    (clash,) = contradictions({"$and": [{"visitor.orders": {"$gte": 3}}, {"visitor.orders": {"$lt": 2}}]}).clashes

    assert clash.path == "$and[1].visitor.orders.$lt"
    assert clash.sentence("EUR") == "It contradicts “Orders ever is at least 3 orders”: nobody can be both."
    assert clash.whole_sentence("EUR") == (
        "Nobody can ever fit: “Orders ever is less than 2 orders” contradicts “Orders ever is at least 3 orders”."
    )


def test_one_way_of_several_that_is_closed_is_told_and_the_whole_may_hold():
    closed = {"$and": [{"visitor.orders": {"$gte": 3}}, {"visitor.orders": {"$lt": 2}}]}

    found = contradictions({"$or": [{"visitor.new": True}, closed]})

    assert not found.holds_for_nobody
    assert [clash.path for clash in found.clashes] == ["$or[1].$and[1].visitor.orders.$lt"]


NUMBERS = st.sampled_from([-1, 0, 1, 1.5, 2, 3, "2", None, True])
TEXTS = st.sampled_from(["DE", "FR", "x", "", None])
NAMES = {
    "visitor.orders": (NUMBERS, st.integers(0, 4)),
    "feature.cart_value": (NUMBERS, st.integers(0, 4)),
    "feature.average_order_value": (NUMBERS, st.sampled_from([None, 0, 0.5, 1, 1.75, 2, 3, 4])),
    "visitor.trait.t": (
        NUMBERS | TEXTS,
        st.sampled_from([None, 0, 1, 1.5, 2, 9, "2", "DE", "zz", True, [], ["DE"], [2]]),
    ),
    "context.country": (TEXTS, st.sampled_from([None, "DE", "FR", "x", "zz"])),
    "context.device": (st.sampled_from(["mobile", "tablet", "x"]), st.sampled_from([None, "mobile", "desktop"])),
    "visitor.new": (st.sampled_from([True, False, 1, None]), st.booleans()),
    "session.categories": (TEXTS, st.lists(st.sampled_from(["DE", "FR", "x", "zz"]), max_size=3)),
}
SINGLE, SEVERAL, ORDER = ("$eq", "$ne"), ("$in", "$nin"), ("$lt", "$lte", "$gt", "$gte")


@st.composite
def comparison(draw):
    name = draw(st.sampled_from(sorted(NAMES)))
    values = NAMES[name][0]
    operator = draw(st.sampled_from((*SINGLE, *SEVERAL, *ORDER, "$exists", "$not")))
    if operator == "$exists":
        return {name: {operator: draw(st.booleans())}}
    if operator in SEVERAL:
        return {name: {operator: draw(st.lists(values, max_size=3))}}
    if operator == "$not":
        return {name: {operator: {"$gte": draw(st.integers(0, 3))}}}
    if operator in ORDER:
        return {name: {operator: draw(values.filter(lambda value: value.__class__ in (int, float, str)))}}
    return {name: {operator: draw(values)}}


CONDITIONS = st.recursive(
    comparison(),
    lambda parts: st.builds(
        lambda join, several: {join: several}, st.sampled_from(["$and", "$or", "$nor"]), st.lists(parts, max_size=4)
    ),
    max_leaves=8,
)
VISITORS = st.fixed_dictionaries({name: values for name, (_, values) in NAMES.items()})


@limits(max_examples=400, deadline=None)
@given(CONDITIONS, st.lists(VISITORS, min_size=8, max_size=8))
def test_nobody_fits_what_is_told_to_hold_for_nobody(condition, visitors):
    if contradictions(condition).holds_for_nobody:
        assert not any(matches(condition, visitor) for visitor in visitors)


COUNTS = st.lists(
    st.tuples(st.sampled_from(["$gte", "$lte", "$eq"]), st.integers(0, 20), st.sampled_from(["ever", 7, 30])),
    min_size=1,
    max_size=4,
)


@limits(max_examples=200, deadline=None)
@given(COUNTS, st.integers(0, 22), st.integers(0, 22), st.integers(0, 22))
def test_no_history_fits_event_rows_that_are_told_to_hold_for_nobody(rows, week, rest_of_month, before):
    asked = [
        viewed(count={how: n}, **({} if window == "ever" else {"in": {"days": window}})) for how, n, window in rows
    ]
    condition = {"$and": asked}
    attributes = {}
    for row, (_, _, window) in zip(asked, rows, strict=True):
        told = {7: week, 30: week + rest_of_month, "ever": week + rest_of_month + before}[window]
        question = read(row["$did"])
        attributes[question.attribute] = min(told, question.row.keep)

    is_closed = contradictions(condition).holds_for_nobody

    assert not (is_closed and matches(condition, attributes))


def test_comparisons_that_fit_are_looked_at_together_and_once(monkeypatch):
    """One after the other, 200 of one attribute took seconds, at each key that was pressed."""
    looks = []
    monkeypatch.setattr("segments.contradictions.possible", lambda asked: looks.append(len(asked)) or possible(asked))
    others = [{"visitor.orders": {"$ne": number}} for number in range(150)]

    assert not contradictions({"$and": others}).holds_for_nobody
    assert looks == [150]

    (clash,) = contradictions({"$and": [*others, {"visitor.orders": 7}]}).clashes
    assert (clash.part.node.operator, clash.other.node.argument) == ("$eq", 7)
