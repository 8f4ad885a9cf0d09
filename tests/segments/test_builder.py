"""Rows and conditions say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.builder import LABELS, Row, as_stored, condition_of, faults_of, rows_of
from segments.conditions import matches, validate
from segments.conditions.tree import read
from segments.typed_values import BadRow, Fields

KINDS = {
    "n": "number", "t": "text", "b": "boolean", "l": "list", "m": "money", "w": "weekday", "c": "choice", "f": "flag", "u": "untyped",
}  # fmt: skip
FIELDS = Fields(KINDS.get, "EUR", choices_of=lambda name: ("car", "bus") if name == "c" else ())
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
    condition = condition_of(typed, FIELDS)

    assert validate(condition) == []
    again = rows_of(read(condition), FIELDS)
    assert again is not None
    assert condition_of(again, FIELDS) == condition
    assert [row.attribute for row in again] == [row.attribute for row in typed]


@given(rows, st.integers(-3, 3), words)
def test_a_condition_holds_when_each_of_its_rows_holds(typed, number, word):
    attributes = {"n": number, "t": word, "b": True}

    together = matches(condition_of(typed, FIELDS), attributes)

    assert together == all(matches(condition_of([row], FIELDS), attributes) for row in typed)


@pytest.mark.parametrize(
    "condition",
    [
        {"$or": [{"a": 1}, {"b": 1}]},
        {"a": {"$elemMatch": {"$eq": 1}}},
        {"a": {"$not": {"$eq": 1}}},
        {"a": None},
        {"a": [1]},
        {"a": {"$in": ['x",y']}},
    ],
)
def test_what_rows_cannot_say_stays_json(condition):
    assert rows_of(read(condition), FIELDS) is None


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (Row("n", "$gt", "much"), "“much” is not a number."),
        (Row("n", "$gt", "inf"), "“inf” is not a number that can be compared."),
        (Row("n", "$gt", ""), "Give a value."),
        (Row("b", "$eq", "perhaps"), "Choose yes or no."),
        (Row("t", "$in", " , "), "Give a value."),
        (Row("", "$eq", "x"), "Choose an attribute."),
        (Row("t", "$where", "x"), "Choose a comparison."),
        (Row("t", "contains", " "), "Give a word or a part of one."),
        (Row("w", "$eq", "Someday"), "“Someday” is no weekday. Write it like Friday."),
        (Row("c", "$eq", "sale, car"), "“sale” is none of: car, bus."),
    ],
)
def test_a_row_that_does_not_fit_says_why(row, fault):
    assert faults_of([row], FIELDS)[0].fault == fault


def test_bad_rows_are_refused():
    with pytest.raises(BadRow):
        condition_of([Row("n", "$gt", "x")], FIELDS)


def test_is_means_contains_for_a_list():
    condition = condition_of([Row("l", "$eq", "buyers")], FIELDS)

    assert matches(condition, {"l": ["browsers", "buyers"]})


def test_money_is_typed_and_shown_in_whole_currency():
    condition = condition_of([Row("m", "$lt", "49.90"), Row("m", "$gt", "0")], FIELDS)

    assert condition == {"m": {"$lt": 4990, "$gt": 0}}
    assert rows_of(read(condition), FIELDS) == [Row("m", "$lt", "49.90"), Row("m", "$gt", "0.00")]


def test_money_of_a_currency_without_decimals_is_whole():
    yen = Fields(FIELDS.kind_of, "JPY")

    assert condition_of([Row("m", "$gt", "1200")], yen) == {"m": {"$gt": 1200}}
    assert rows_of(read({"m": {"$gt": 1200}}), yen) == [Row("m", "$gt", "1200")]
    assert "1.50" in faults_of([Row("m", "$gt", "1.50")], yen)[0].fault


def test_what_is_no_amount_is_told():
    fault = faults_of([Row("m", "$gt", "many")], FIELDS)[0].fault

    assert "many" in fault
    assert "1234.50" in fault


def test_comparisons_read_as_in_sentences():
    assert LABELS["$in"] == "is one of"
    assert LABELS["$lte"] == "is at most"
    assert LABELS["unknown"] == "is not known"
    assert len(set(LABELS.values())) == len(LABELS)


@pytest.mark.parametrize(
    ("row", "condition"),
    [
        (Row("t", "$eq", "Google or Instagram"), {"t": {"$in": ["Google", "Instagram"]}}),
        (Row("t", "$eq", "Google, Instagram , Google"), {"t": {"$in": ["Google", "Instagram"]}}),
        (Row("t", "$ne", '"Salt, or pepper", Oregano'), {"t": {"$nin": ["Salt, or pepper", "Oregano"]}}),
        (Row("t", "$eq", "Oregano"), {"t": "Oregano"}),
        (Row("t", "contains", "coffee or tea"), {"t": {"$regexi": "coffee|tea"}}),
        (Row("t", "begins", "/sale.html"), {"t": {"$regexi": "^/sale\\.html"}}),
        (Row("l", "contains", "coffee"), {"l": {"$elemMatch": {"$regexi": "coffee"}}}),
        (Row("l", "lacks", "coffee"), {"l": {"$not": {"$elemMatch": {"$regexi": "coffee"}}}}),
        (Row("l", "$ne", "a, b"), {"l": {"$nin": ["a", "b"]}}),
        (Row("w", "$eq", "Friday, sat"), {"w": {"$in": [5, 6]}}),
        (Row("c", "$eq", "Car"), {"c": "car"}),
        (Row("f", "$eq", "yes"), {"f": 1}),
        (Row("b", "$eq", "no"), {"b": False}),
        (Row("u", "$eq", 'gold, 3, "3", true'), {"u": {"$in": ["gold", 3, "3", True]}}),
        (Row("u", "$vgte", "2.10"), {"u": {"$vgte": "2.10"}}),
        (Row("u", "$lt", "2026-01-01"), {"u": {"$lt": "2026-01-01"}}),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_typed_says(row, condition):
    assert faults_of([row], FIELDS)[0].fault == ""
    assert condition_of([row], FIELDS) == condition
    again = rows_of(read(condition), FIELDS)
    assert condition_of(again, FIELDS) == condition
    assert again[0].operator == row.operator


@pytest.mark.parametrize(
    ("name", "operator"), [("t", "$gte"), ("b", "contains"), ("n", "contains"), ("w", "$gt"), ("l", "$regex")]
)
def test_a_comparison_that_does_not_fit_says_which_do(name, operator):
    fault = faults_of([Row(name, operator, "1")], FIELDS)[0].fault

    assert "does not fit" in fault
    assert "“is" in fault or "“has" in fault


@given(
    st.lists(
        words | st.sampled_from(["x, y", "this or that", '27"', 'say "hi"', "or"]), min_size=1, max_size=4, unique=True
    )
)
def test_words_of_all_kinds_come_back_or_stay_json(texts):
    condition = {"t": texts[0] if len(texts) == 1 else {"$in": texts}}

    again = rows_of(read(condition), FIELDS)

    assert again is None or condition_of(again, FIELDS) == condition


@given(rows)
def test_rows_keep_their_order_in_postgres(typed):
    stored = as_stored(condition_of(typed, FIELDS))

    again = rows_of(read(stored), FIELDS)

    assert [row.attribute for row in again] == [row.attribute for row in typed]
    assert condition_of(again, FIELDS) == stored


def test_rows_about_one_attribute_stay_where_they_were_typed():
    typed = [Row("n", "$gte", "1"), Row("t", "$eq", "x"), Row("n", "$lt", "5")]

    assert rows_of(read(condition_of(typed, FIELDS)), FIELDS) == typed
