"""The fast evaluator: reads a condition once and leaves a closure that only looks at attributes.

It walks the JSON itself, beside `segments.conditions.tree`: a release compiles thousands of conditions when it loads.
"""

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

from segments.conditions import event_rows, patterns, saved, values
from segments.conditions.evaluate import TESTS, is_operators
from segments.conditions.shapes import Condition, SavedGroups, Values
from segments.conditions.validate import validate

Test = Callable[[Any], bool]  # of one value, or of all attributes


def compile_condition(condition: Condition, groups: SavedGroups = saved.NO_GROUPS) -> Callable[[Values], bool]:
    """What the closure answers is what `matches` answers, a few microseconds sooner. A condition with a fault gives one
    that is always false."""
    if validate(condition, groups):
        return _never
    questions = event_rows.questions_in(condition, groups)
    test = _condition(condition, groups)
    return _all_of([*map(_is_counted, {question.attribute for question in questions}), test]) if questions else test


def _is_counted(attribute: str) -> Test:
    return _attribute(attribute, lambda number: number is not None)


def _never(attributes: Any) -> bool:
    return False


def _always(attributes: Any) -> bool:
    return True


def _condition(condition: Condition, groups: SavedGroups) -> Test:
    return _all_of([_entry(key, expected, groups) for key, expected in condition.items()])


def _entry(key: str, expected: Any, groups: SavedGroups) -> Test:
    if key == "$and":
        return _all_of([_condition(part, groups) for part in expected])
    if key == "$or":
        return _any_of([_condition(part, groups) for part in expected])
    if key == "$nor":
        return _not(_any_of([_condition(part, groups) for part in expected]))
    if key == "$not":
        return _not(_condition(expected, groups))
    if key == event_rows.KEY:
        question = event_rows.read(expected)
        return _attribute(question.attribute, _operator(question.operator, question.number, groups))
    if key == "$savedGroup":
        return _condition(saved.condition_of(groups, expected) or {}, groups)
    if key == "$savedGroups":
        return _all_of([_entry("$savedGroup", reference, groups) for reference in expected])
    return _attribute(key, _value(expected, groups))


def _all_of(tests: list[Test]) -> Test:
    if len(tests) < 2:
        return tests[0] if tests else _always

    def holds(attributes: Any) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs as much as two tests
            if not test(attributes):
                return False
        return True

    return holds


def _any_of(tests: list[Test]) -> Test:
    if len(tests) < 2:
        return tests[0] if tests else _always

    def holds(attributes: Any) -> bool:
        for test in tests:  # noqa: SIM110
            if test(attributes):
                return True
        return False

    return holds


def _not(test: Test) -> Test:
    return lambda attributes: not test(attributes)


def _attribute(path: str, test: Test) -> Test:
    fallback = partial(values.walk, path=path) if "." in path else lambda attributes: None

    def holds(attributes: Any) -> bool:
        try:
            value = attributes[path]
        except (KeyError, TypeError, IndexError, AttributeError):
            value = fallback(attributes)
        return test(value)

    return holds


def _value(expected: Any, groups: SavedGroups) -> Test:
    if not is_operators(expected):
        return _equal(expected, groups)
    return _all_of([_operator(name, argument, groups) for name, argument in expected.items()])


def _operator(name: str, argument: Any, groups: SavedGroups) -> Test:
    if name in PREPARED:
        return PREPARED[name](argument, groups)
    test = TESTS[name]
    return lambda actual: test(actual, argument, groups)


def _equal(expected: Any, groups: SavedGroups) -> Test:
    if isinstance(expected, str):
        return lambda actual: isinstance(actual, str) and actual == expected
    if expected is None:
        return lambda actual: actual is None
    return lambda actual: values.equal(expected, actual)


def _contains(members: list[Any]) -> Test:
    """Is a value one of the members? Scalars by their hash; True is kept apart from 1."""
    by_kind: dict[str, set[Any]] = {"string": set(), "number": set(), "boolean": set(), "null": set()}
    deep = [member for member in members if values.kind_of(member) not in by_kind]
    for member in members:
        if (kind := values.kind_of(member)) in by_kind and member == member:  # NaN equals nothing
            by_kind[kind].add(member)

    def holds(actual: Any) -> bool:
        scalars = by_kind.get(values.kind_of(actual))
        return any(values.equal(actual, member) for member in deep) if scalars is None else actual in scalars

    return holds


def _is_in(members: list[Any], groups: SavedGroups) -> Test:
    contains = _contains(members)

    def holds(actual: Any) -> bool:
        return any(map(contains, actual)) if isinstance(actual, (list, tuple)) else contains(actual)

    return holds


def _is_in_lowered(members: list[Any], groups: SavedGroups) -> Test:
    contains = _is_in(values.lower_each(members), groups)
    return lambda actual: contains(values.lower_each(actual))


def _order(compare: Callable[[Any, Any], bool], expected: Any, groups: SavedGroups) -> Test:
    is_numeric = values.kind_of(expected) == "number"

    def holds(actual: Any) -> bool:
        if is_numeric and (type(actual) is int or type(actual) is float):
            return compare(actual, expected)
        pair = values.pair_of(actual, expected)
        return pair is not None and compare(*pair)

    return holds


def _version(compare: Callable[[Any, Any], bool], expected: Any, groups: SavedGroups) -> Test:
    key = values.version_of(expected)
    return lambda actual: compare(values.version_of(actual), key)


def _elements(expected: dict[str, Any], groups: SavedGroups) -> Test:
    test = _value(expected, groups) if is_operators(expected) else _condition(expected, groups)
    return lambda actual: (
        isinstance(actual, (list, tuple)) and any(test(element) for element in actual if element is not None)
    )


def _all_elements(expected: list[Any], groups: SavedGroups) -> Test:
    tests = [_value(part, groups) for part in expected]
    return lambda actual: isinstance(actual, (list, tuple)) and all(any(map(test, actual)) for test in tests)


def _size(expected: Any, groups: SavedGroups) -> Test:
    test = _value(expected, groups)
    return lambda actual: isinstance(actual, (list, tuple)) and test(len(actual))


def _group(key: str, groups: SavedGroups) -> Test:
    return _is_in(saved.values_of(groups, key), groups)


def _negate(prepare: Callable[[Any, SavedGroups], Test]) -> Callable[[Any, SavedGroups], Test]:
    return lambda expected, groups: _not(prepare(expected, groups))


# What is worth preparing; every other operator asks the reference. Keep in step with `evaluate.TESTS`: properties of
# `tests/segments/test_conditions.py` hold both to the same answers.
PREPARED: dict[str, Callable[[Any, SavedGroups], Test]] = {
    "$eq": _equal,
    "$ne": _negate(_equal),
    "$lt": partial(_order, operator.lt),
    "$lte": partial(_order, operator.le),
    "$gt": partial(_order, operator.gt),
    "$gte": partial(_order, operator.ge),
    "$in": _is_in,
    "$nin": _negate(_is_in),
    "$ini": _is_in_lowered,
    "$nini": _negate(_is_in_lowered),
    "$inGroup": _group,
    "$notInGroup": _negate(_group),
    "$all": _all_elements,
    "$elemMatch": _elements,
    "$size": _size,
    "$not": _negate(_value),
    "$regex": lambda expected, groups: patterns.finder(expected),
    "$regexi": lambda expected, groups: patterns.finder(expected, True),
    "$notRegex": lambda expected, groups: _not(patterns.finder(expected)),
    "$notRegexi": lambda expected, groups: _not(patterns.finder(expected, True)),
    "$veq": partial(_version, operator.eq),
    "$vne": partial(_version, operator.ne),
    "$vlt": partial(_version, operator.lt),
    "$vlte": partial(_version, operator.le),
    "$vgt": partial(_version, operator.gt),
    "$vgte": partial(_version, operator.ge),
}
