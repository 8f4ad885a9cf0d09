"""Rows and conditions say the same."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.builder import BadRow, Row, condition_of, faults_of, rows_of
from segments.conditions import matches, validate
from segments.money import Money, in_major
from segments.wording import describe
from sites.money import major, written

EURO = Money("EUR")
KINDS = {"n": "number", "t": "text", "b": "boolean", "l": "list"}
words = st.text("abcXYZ 9", min_size=1, max_size=6).map(str.strip).filter(bool)
numbers = st.integers(-1000, 1000).map(str)


def rows_for(attribute: str, values, operators: tuple[str, ...]):
    single = st.builds(Row, st.just(attribute), st.sampled_from(operators), values)
    several = st.builds(
        lambda operator, parts: Row(attribute, operator, ", ".join(parts)),
        st.sampled_from(("$in", "$nin")),
        st.lists(values, min_size=1, max_size=3),
    )
    known = st.builds(Row, st.just(attribute), st.sampled_from(("known", "unknown")))
    return single | several | known


rows = st.lists(
    rows_for("n", numbers, ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte"))
    | rows_for("t", words, ("$eq", "$ne"))
    | st.builds(Row, st.just("b"), st.sampled_from(("$eq", "$ne")), st.sampled_from(("yes", "no"))),
    max_size=6,
)


@given(rows)
def test_every_list_of_rows_is_a_valid_condition_that_comes_back_the_same(typed):
    condition = condition_of(typed, KINDS.__getitem__)

    assert validate(condition) == []
    again = rows_of(condition)
    assert again is not None
    assert condition_of(again, KINDS.__getitem__) == condition
    assert sorted(again, key=repr) == sorted(typed, key=repr)


@given(rows, st.integers(-3, 3), words)
def test_a_condition_holds_when_each_of_its_rows_holds(typed, number, word):
    attributes = {"n": number, "t": word, "b": True}

    together = matches(condition_of(typed, KINDS.__getitem__), attributes)

    assert together == all(matches(condition_of([row], KINDS.__getitem__), attributes) for row in typed)


@pytest.mark.parametrize(
    "condition",
    [
        {"$or": [{"a": 1}]},
        {"a": {"$elemMatch": {"$eq": 1}}},
        {"a": {"$not": {"$eq": 1}}},
        {"a": None},
        {"a": [1]},
        {"a": {"$in": ["x,y"]}},
    ],
)
def test_what_rows_cannot_say_stays_json(condition):
    assert rows_of(condition) is None


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (Row("n", "$gt", "much"), "“much” is not a number."),
        (Row("n", "$gt", "inf"), "“inf” is not a number that can be compared."),
        (Row("n", "$gt", ""), "Give a value."),
        (Row("b", "$eq", "perhaps"), "Write yes or no."),
        (Row("t", "$in", " , "), "Give one or more values, with commas between."),
        (Row("", "$eq", "x"), "Choose an attribute."),
        (Row("t", "$where", "x"), "Choose a comparison."),
    ],
)
def test_a_row_that_does_not_fit_says_why(row, fault):
    assert faults_of([row], KINDS.get)[0].fault == fault


def test_bad_rows_are_refused():
    with pytest.raises(BadRow):
        condition_of([Row("n", "$gt", "x")], KINDS.__getitem__)


def test_is_means_contains_for_a_list():
    condition = condition_of([Row("l", "$eq", "buyers")], KINDS.__getitem__)

    assert matches(condition, {"l": ["browsers", "buyers"]})


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({}, "everybody"),
        ({"cart": {"$gt": 50, "$lte": 90.5}}, "cart is more than 50 and is at most 90.5"),
        ({"country": {"$in": ["DE", "AT"]}, "new": True}, "country is DE or AT and new is yes"),
        ({"$or": [{"a": 1}, {"b": 2, "c": 3}]}, "a is 1 or (b is 2 and c is 3)"),
        ({"$or": [{"a": 1}, {"b": {"$gt": 2, "$lt": 9}}]}, "a is 1 or (b is more than 2 and is less than 9)"),
        ({"$not": {"a": 1}}, "not (a is 1)"),
        ({"$or": [{"a": 1}, {"b": 2}], "c": 3}, "c is 3 and (a is 1 or b is 2)"),
        ({"$nor": [{"a": 1}]}, "not (a is 1)"),
        ({"$nor": [{"a": 1}, {"b": 2}], "c": 3}, "c is 3 and none of (a is 1 or b is 2)"),
        ({"a": {"$exists": False}}, "a is not known"),
        ({"a": {"$future": 1}}, "a $future 1"),
    ],
)
def test_a_condition_reads_in_plain_words(condition, words):
    assert describe(condition) == words


def test_money_is_typed_and_shown_in_whole_currency():
    plain = partial(major, currency="EUR")
    condition = condition_of([Row("m", "$lt", "49.90"), Row("m", "$gt", "0")], {"m": EURO}.__getitem__)

    assert condition == {"m": {"$lt": 4990, "$gt": 0}}
    assert rows_of(in_major(condition, "m".__eq__, plain)) == [Row("m", "$lt", "49.90"), Row("m", "$gt", "0.00")]
    assert describe(in_major({"$or": [{"m": 5000}, {"n": 5000}]}, "m".__eq__, plain)) == "m is 50.00 or n is 5000"
    assert (
        describe(in_major({"$or": [{"m": {"$gt": 123456}}, {"n": 5000}]}, "m".__eq__, partial(written, currency="EUR")))
        == "m is more than 1,234.56 EUR or n is 5000"
    )


def test_what_is_no_amount_is_told():
    assert (
        faults_of([Row("m", "$gt", "many")], {"m": EURO}.get)[0].fault
        == "“many” is not an amount. Write it like 1234.50."
    )


def test_numbers_carry_their_unit():
    condition = {"pages": {"$gte": 1}, "seconds": {"$in": [30, 60.5]}, "page": "1"}

    words = describe(condition, unit_of={"pages": "pages", "seconds": "s", "page": "pages"}.__getitem__)

    assert words == "pages is at least 1 page and seconds is 30 s or 60.5 s and page is 1"
