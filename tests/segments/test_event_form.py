"""Fields of an event row and event rows say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.builder import Row, condition_of, event_row, rows_of
from segments.conditions import event_rows, validate
from segments.conditions.tree import read
from segments.event_form import EventRow, Where, argument_of, canonical, row_of
from segments.typed_values import BadRow, Fields

FIELDS = Fields({"n": "number"}.get, "EUR", has_events=True)
words = st.text("abc XYZ,or", min_size=1, max_size=6).map(str.strip).filter(bool)
tests = st.builds(Where, st.sampled_from(["category", "products.brand", "$path"]), st.sampled_from(["$eq", "$ne", "$contains", "$startsWith", "known", "unknown"]), words) | st.builds(
    Where, st.just("price"), st.sampled_from(["$gte", "$lt"]), st.integers(0, 99).map(str)
)  # fmt: skip
rows = st.builds(
    EventRow,
    did=st.sampled_from(["did", "not"]),
    event=words,
    where=st.lists(tests, max_size=3, unique_by=lambda test: (test.name, test.operator in ("known", "unknown") or test.operator)).map(tuple),
    operator=st.sampled_from(["$gte", "$lte"]),
    number=st.integers(1, 100).map(str),
    window=st.sampled_from(["session", "days", "ever"]),
    days=st.integers(1, 365).map(str),
    then=words,
    within=st.integers(1, 30).map(str),
    unit=st.sampled_from(["minutes", "hours", "days"]),
    has_then=st.booleans(),
) | st.builds(EventRow, event=words, measure=st.just("worth"), number=st.integers(1, 500).map(str), operator=st.sampled_from(["$gte", "$lte"]))  # fmt: skip


@given(rows)
def test_what_is_typed_comes_back_and_means_the_same(row):
    try:
        argument = argument_of(row, "EUR")
    except BadRow:
        return  # words of nothing but separators

    assert list(event_rows.faults_of(argument)) == []
    again = row_of(event_rows.read(argument), "EUR")
    assert again is not None
    assert argument_of(again, "EUR") == argument


@given(st.lists(rows, min_size=2, max_size=3))
def test_several_event_rows_stand_beside_each_other_in_order(typed):
    try:
        condition = condition_of([*map(event_row, typed), Row("n", "$gte", "1")], FIELDS)
    except BadRow:
        return

    assert validate(condition) == []
    again = rows_of(read(condition), FIELDS)
    assert [row.event.event if row.event else row.attribute for row in again] == [
        *(row.event.strip() for row in typed),
        "n",
    ]
    assert condition_of(again, FIELDS) == condition


def test_the_segment_of_the_issue_is_said():
    viewed = EventRow(
        event="Product Viewed", where=(Where("category", "$contains", "coffee"),), number="3", window="session"
    )
    bought = EventRow(did="not", event="Order Completed", window="days", days="30")

    assert argument_of(viewed, "EUR") == {
        "event": "Product Viewed",
        "where": {"category": {"$contains": "coffee"}},
        "count": {"$gte": 3},
        "in": "session",
    }
    assert argument_of(bought, "EUR") == {"event": "Order Completed", "count": {"$eq": 0}, "in": {"days": 30}}


def test_worth_is_typed_in_whole_currency():
    assert argument_of(EventRow(event="Order Completed", measure="worth", number="49.90"), "EUR")["worth"] == {
        "$gte": 4990
    }
    with pytest.raises(BadRow, match="is not an amount"):
        argument_of(EventRow(event="Order Completed", measure="worth", number="much"), "EUR")


@pytest.mark.parametrize(
    "argument",
    [
        {"event": "A", "then": {"event": "B", "where": {"x": 1}}, "within": {"days": 1}},
        {"event": "A", "where": {"x": {"$in": ["a"]}}},
        {"event": "A", "where": {"x": 'say "hi"'}},
    ],
)
def test_what_the_fields_cannot_say_stays_json(argument):
    assert row_of(event_rows.read(argument), "EUR") is None


def test_equal_rows_are_equal_json():
    short, long = {"$did": {"event": "A"}}, {"$did": {"event": "A", "count": {"$gte": 1}, "in": "ever"}}

    assert canonical({"$or": [short]}) == canonical({"$or": [long]})
    assert canonical({"$did": {"event": 5}}) == {"$did": {"event": 5}}
