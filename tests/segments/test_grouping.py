"""Groups of rows and conditions say the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.builder import Row, as_stored
from segments.conditions import matches, validate
from segments.grouping import ALL, ANY, NONE, Group, Groups, condition_of_groups, groups_of
from segments.shipped import SHIPPED
from segments.typed_values import Fields

FIELDS = Fields({"n": "number", "m": "number", "t": "text"}.get, "EUR")
rows = st.builds(
    Row, st.sampled_from("nm"), st.sampled_from(("$eq", "$gt", "$lte")), st.integers(-2, 2).map(str)
) | st.builds(Row, st.just("t"), st.sampled_from(("$eq", "$ne")), st.sampled_from(("red", "blue")))
groups = st.builds(Group, st.sampled_from((ALL, ANY, NONE)), st.lists(rows, min_size=1, max_size=3).map(tuple))
typed_groups = st.builds(Groups, st.sampled_from((ALL, ANY)), st.lists(groups, min_size=1, max_size=4).map(tuple))
values = st.fixed_dictionaries(
    {"n": st.integers(-3, 3), "m": st.integers(-3, 3), "t": st.sampled_from(("red", "green"))}
)


def condition_of(typed: Groups) -> dict:
    return condition_of_groups(typed, FIELDS)


def holds(typed: Groups, attributes: dict) -> bool:
    """What the words on the page promise."""
    told = {ALL: all, ANY: any, NONE: lambda each: not any(each)}
    each = [
        told[group.quantifier](
            [matches(condition_of(Groups(ALL, (Group(ALL, (row,)),))), attributes) for row in group.rows]
        )
        for group in typed.groups
    ]
    return told[typed.join](each)


@given(typed_groups, values)
def test_a_condition_holds_when_its_groups_say_so(typed, attributes):
    assert matches(condition_of(typed), attributes) == holds(typed, attributes)


@given(typed_groups)
def test_every_condition_of_groups_is_valid_and_comes_back_as_groups_that_say_the_same(typed):
    condition = condition_of(typed)
    again = groups_of(condition, FIELDS)

    assert validate(condition) == []
    assert again is not None
    assert condition_of(again) == condition


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.key)
def test_every_shipped_segment_can_be_edited_in_groups(shipped):
    numbers = Fields(lambda name: "number", "EUR")
    again = groups_of(as_stored(shipped.condition), numbers)

    assert again is not None
    assert condition_of_groups(again, numbers) == shipped.condition


def test_neighbours_of_one_row_are_one_group():
    found = groups_of({"$or": [{"n": 1}, {"m": 2}, {"n": 3, "m": 4}]}, FIELDS)

    assert found == Groups(
        ANY,
        (
            Group(ANY, (Row("n", "$eq", "1"), Row("m", "$eq", "2"))),
            Group(ALL, (Row("n", "$eq", "3"), Row("m", "$eq", "4"))),
        ),
    )


def test_and_or_and_not_stand_beside_each_other():
    found = groups_of({"n": 1, "$or": [{"m": 1}, {"m": 2}], "$not": {"t": "red"}}, FIELDS)

    assert found is not None
    assert [group.quantifier for group in found.groups] == [ALL, ANY, NONE]
    assert condition_of(found) == {"n": 1, "$or": [{"m": 1}, {"m": 2}], "$nor": [{"t": "red"}]}


@pytest.mark.parametrize(
    "condition",
    [
        {"$or": [{"n": 1, "$or": [{"m": 1}, {"m": 2}]}, {"m": 3}]},
        {"$not": {"n": 1, "m": 2}},
        {"$or": "n"},
        {"$and": "n"},
        {"$nor": [{"n": 1, "m": 2}]},
        {"n": {"$elemMatch": {"$eq": 1}}},
        {"$or": [{"$nor": [{"n": 1, "m": 1}]}, {"n": 1, "m": 1}]},
    ],
)
def test_what_is_nested_deeper_stays_json(condition):
    assert groups_of(condition, FIELDS) is None


def test_what_was_added_and_not_filled_in_is_not_meant():
    typed = Groups(ANY, (Group(ALL, (Row("n", "$gt", "1"), Row())), Group(NONE, (Row(),))))

    assert condition_of(typed.drop_empty()) == {"n": {"$gt": 1}}
