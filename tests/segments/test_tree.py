"""The tree of a condition means what the condition means."""

import pytest
from hypothesis import given
from hypothesis import settings as limits

from segments.conditions import matches, validate
from segments.conditions.evaluate import TESTS
from segments.conditions.tree import Kind, Node, comparisons, fold, nodes, read
from segments.conditions.values import look_up
from tests.conditions import ATTRIBUTES, CONDITIONS, GROUPS, HOSTILE, MALFORMED


def holds(node: Node, attributes) -> bool:
    """As plainly as the kinds say it."""

    def answer(node: Node, parts: list[bool]) -> bool:
        if node.kind is Kind.COMPARISON:
            return TESTS[node.operator](look_up(attributes, node.attribute), node.argument, GROUPS)
        return {Kind.EVERY: all, Kind.GROUP: all, Kind.SOME: any, Kind.NONE: lambda parts: not any(parts)}[node.kind](
            parts
        )

    return fold(node, answer)


@limits(max_examples=200, deadline=None)
@given(CONDITIONS, ATTRIBUTES)
def test_a_tree_holds_when_its_condition_does(condition, attributes):
    if not validate(condition, GROUPS):
        assert holds(read(condition, GROUPS), attributes) is matches(condition, attributes, GROUPS)


@limits(max_examples=150, deadline=None)
@given(CONDITIONS | MALFORMED | HOSTILE)
def test_reads_anything_and_tells_what_is_no_condition(condition):
    kinds = [node.kind for node in nodes(read(condition))]

    if not validate(condition):
        assert Kind.UNKNOWN not in kinds


@limits(max_examples=200, deadline=None)
@given(CONDITIONS)
def test_is_regular(condition):
    for node in nodes(read(condition)):
        if node.kind is Kind.EVERY and not node.attribute:
            assert len(node.parts) != 1
            assert not [part for part in node.parts if part.kind is Kind.EVERY and not part.attribute]
        if node.kind is Kind.SOME:
            assert len(node.parts) > 1
        if node.kind is Kind.NONE:
            assert node.parts


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"$or": []}, True),
        ({"$nor": []}, False),
        ({"$and": []}, True),
        ({"$nor": [{"$or": []}]}, False),
        ({"$not": {}}, False),
    ],
)
def test_lists_without_conditions_mean_what_they_mean_to_the_evaluators(condition, expected):
    assert matches(condition, {}) is expected
    assert holds(read(condition), {}) is expected


def test_each_part_knows_the_way_to_it():
    condition = {"$or": [{"a": 1}, {"b": {"$gt": 2, "$not": {"$in": [3]}}}], "$nor": [{"$savedGroup": "g"}]}

    found = [(node.path, node.place, node.attribute, node.operator) for node in comparisons(read(condition))]

    assert found == [
        ("$or[0].a", "$or[0].a", "a", "$eq"),
        ("$or[1].b.$gt", "$or[1].b", "b", "$gt"),
        ("$or[1].b.$not.$in", "$or[1].b", "b", "$in"),
    ]
    assert [node.path for node in nodes(read(condition)) if node.kind is Kind.GROUP] == ["$nor[0].$savedGroup"]


def test_what_is_asked_of_the_elements_of_a_list_stands_apart():
    (some,) = comparisons(read({"orders": {"$elemMatch": {"total": {"$gt": 5}}}}))
    (size,) = comparisons(read({"orders": {"$size": {"$lt": 3}}}))
    (every,) = comparisons(read({"tags": {"$all": ["a", {"$regex": "^b"}]}}))

    assert [(node.attribute, node.operator, node.argument) for node in some.elements] == [("total", "$gt", 5)]
    assert [(node.attribute, node.operator, node.argument) for node in size.elements] == [("", "$lt", 3)]
    assert [node.operator for node in every.elements] == ["$eq", "$regex"]


def test_groups_that_hold_each_other_end():
    groups = {"a": {"type": "condition", "condition": {"$savedGroup": "a", "n": 1}}}

    assert {node.attribute for node in comparisons(read({"$savedGroup": "a"}, groups))} == {"n"}
