"""The reference evaluator: reads the condition anew each time, as plainly as the specification says it.

It is what everything else is compared with, so it shares no code with `segments.conditions.tree`.
"""

import operator
from collections.abc import Callable
from typing import Any

from segments.conditions import event_rows, patterns, saved, values
from segments.conditions.shapes import Condition, SavedGroups, Values
from segments.conditions.validate import validate


def matches(condition: Condition, attributes: Values, groups: SavedGroups = saved.NO_GROUPS) -> bool:
    """Never raises for what is in a condition or an attribute; a condition with a fault is false, also below a
    `$not`, and so is one with an event row that is not counted yet for this visitor."""
    if validate(condition, groups):
        return False
    questions = event_rows.questions_in(condition, groups)
    are_counted = all(values.look_up(attributes, question.attribute) is not None for question in questions)
    return are_counted and _holds(condition, attributes, groups)


def _holds(condition: Condition, attributes: Any, groups: SavedGroups) -> bool:
    return all(_entry_holds(key, expected, attributes, groups) for key, expected in condition.items())


def _entry_holds(key: str, expected: Any, attributes: Any, groups: SavedGroups) -> bool:
    if key == "$and":
        return all(_holds(part, attributes, groups) for part in expected)
    if key == "$or":
        return not expected or any(_holds(part, attributes, groups) for part in expected)
    if key == "$nor":
        return not _entry_holds("$or", expected, attributes, groups)
    if key == "$not":
        return not _holds(expected, attributes, groups)
    if key == event_rows.KEY:
        question = event_rows.read(expected)
        actual = values.look_up(attributes, question.attribute)
        return TESTS[question.operator](actual, question.number, groups)
    if key == "$savedGroup":
        return _holds(saved.condition_of(groups, expected) or {}, attributes, groups)
    if key == "$savedGroups":
        return all(_entry_holds("$savedGroup", reference, attributes, groups) for reference in expected)
    return _value_holds(expected, values.look_up(attributes, key), groups)


def _value_holds(expected: Any, actual: Any, groups: SavedGroups) -> bool:
    if not is_operators(expected):
        return values.equal(expected, actual)
    return all(TESTS[name](actual, argument, groups) for name, argument in expected.items())


def is_operators(expected: Any) -> bool:
    return isinstance(expected, dict) and bool(expected) and all(key[:1] == "$" for key in expected)


def _order(compare: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    def test(actual: Any, expected: Any, groups: SavedGroups) -> bool:
        pair = values.pair_of(actual, expected)
        return pair is not None and compare(*pair)

    return test


def _versions(compare: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    return lambda actual, expected, groups: compare(values.version_of(actual), values.version_of(expected))


def _is_element_matched(actual: Any, expected: dict[str, Any], groups: SavedGroups) -> bool:
    if not isinstance(actual, (list, tuple)):
        return False
    test = _value_holds if is_operators(expected) else _holds
    return any(test(expected, element, groups) for element in actual if element is not None)


def _holds_all(actual: Any, expected: list[Any], groups: SavedGroups) -> bool:
    return isinstance(actual, (list, tuple)) and all(
        any(_value_holds(part, element, groups) for element in actual) for part in expected
    )


def _holds_all_lowered(actual: Any, expected: list[Any], groups: SavedGroups) -> bool:
    return isinstance(actual, (list, tuple)) and _holds_all(
        values.lower_each(actual), values.lower_each(expected), groups
    )


def _has_size(actual: Any, expected: Any, groups: SavedGroups) -> bool:
    return isinstance(actual, (list, tuple)) and _value_holds(expected, len(actual), groups)


# Takes (actual, expected, groups), of which `validate` has checked the form of `expected`. Keep in step with the table
# `segments.conditions.operators`: one for each. `tests/segments/test_operators.py` holds all maps of operators to it.
TESTS: dict[str, Callable[[Any, Any, SavedGroups], bool]] = {
    "$eq": lambda actual, expected, groups: values.equal(expected, actual),
    "$ne": lambda actual, expected, groups: not values.equal(expected, actual),
    "$lt": _order(operator.lt),
    "$lte": _order(operator.le),
    "$gt": _order(operator.gt),
    "$gte": _order(operator.ge),
    "$in": lambda actual, expected, groups: values.is_in(actual, expected),
    "$nin": lambda actual, expected, groups: not values.is_in(actual, expected),
    "$ini": lambda actual, expected, groups: values.is_in(values.lower_each(actual), values.lower_each(expected)),
    "$nini": lambda actual, expected, groups: not values.is_in(values.lower_each(actual), values.lower_each(expected)),
    "$all": _holds_all,
    "$alli": _holds_all_lowered,
    "$elemMatch": _is_element_matched,
    "$size": _has_size,
    "$exists": lambda actual, expected, groups: (actual is not None) == expected,
    "$type": lambda actual, expected, groups: values.kind_of(actual) == expected,
    "$not": lambda actual, expected, groups: not _value_holds(expected, actual, groups),
    "$regex": lambda actual, expected, groups: patterns.finder(expected)(actual),
    "$regexi": lambda actual, expected, groups: patterns.finder(expected, True)(actual),
    "$notRegex": lambda actual, expected, groups: not patterns.finder(expected)(actual),
    "$notRegexi": lambda actual, expected, groups: not patterns.finder(expected, True)(actual),
    "$inGroup": lambda actual, expected, groups: values.is_in(actual, saved.values_of(groups, expected)),
    "$notInGroup": lambda actual, expected, groups: not values.is_in(actual, saved.values_of(groups, expected)),
    "$veq": _versions(operator.eq),
    "$vne": _versions(operator.ne),
    "$vlt": _versions(operator.lt),
    "$vlte": _versions(operator.le),
    "$vgt": _versions(operator.gt),
    "$vgte": _versions(operator.ge),
}
