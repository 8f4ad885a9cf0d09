"""What must an event's properties say, for an event row to count it? The operators, their tests and their words. Pure.

Stricter than conditions on attributes, so that Postgres can say the same of stored events (`segments.event_sql`): a
property that is not there fulfils nothing but `$ne`, `$nin` and `$exists: false`, and text is compared as it stands.
A property that is a list fulfils what any of its entries does. Dots lead into objects, and into all entries of a list:
`products.category`. `$path`, `$title` and `$host` are those of the page.
"""

import math
import re
from collections.abc import Callable, Iterator
from operator import ge, gt, le, lt
from typing import Any

from segments.conditions.operators import OPERATORS
from segments.conditions.values import equal
from sites.storable import is_storable
from sites.units import as_text

Test = tuple[str, str, Any]  # property, operator, argument
MAX_TESTS = 8
MAX_NAME = 100
MAX_TEXT = 200
MAX_VALUES = 50
MOST = 2**53
PAGE = {"$path": "path", "$title": "title", "$host": "host"}  # fields of an event that stand beside its properties
# A number as text; what is longer or written otherwise is a word.
DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)


def number_in(value: Any) -> float | None:
    if isinstance(value, str):
        return float(value) if DECIMAL.fullmatch(value) else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _of_any(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Of a list: whether it holds for one of its entries."""

    def test(value: Any, argument: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return any(holds(entry, argument) for entry in value)
        return holds(value, argument)

    return test


def _bound(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(value: Any, argument: Any) -> bool:
        number = number_in(value)
        return number is not None and holds(number, argument)

    return _of_any(test)


_is = _of_any(equal)
BOUNDS: dict[str, Callable[[Any, Any], bool]] = {"$gt": gt, "$gte": ge, "$lt": lt, "$lte": le}


# One for each operator, of the property's value (None: it is not there) and the argument.
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": _is,
    "$ne": lambda value, argument: not _is(value, argument),
    "$in": lambda value, argument: any(_is(value, member) for member in argument),
    "$nin": lambda value, argument: not any(_is(value, member) for member in argument),
    **{operator: _bound(holds) for operator, holds in BOUNDS.items()},
    "$exists": lambda value, argument: (value is not None) is argument,
    "$startsWith": _of_any(lambda value, argument: isinstance(value, str) and value.startswith(argument)),
    "$contains": _of_any(lambda value, argument: isinstance(value, str) and argument in value),
}
_WORDS = {"$startsWith": "begins with {}", "$contains": "contains {}"}


def value_of(event: Any, name: str) -> Any:
    """Of a `tracking.event.Event`. By dots: the list of all values there, None where there is none."""
    if name in PAGE:
        return getattr(event, PAGE[name]) or None
    if "." not in name:
        return event.properties.get(name)
    return _walk(event.properties, name.split("."))


def _walk(properties: Any, steps: list[str]) -> list[Any] | None:
    found = [properties]
    for step in steps:
        entries = [part for value in found for part in (value if isinstance(value, (list, tuple)) else [value])]
        found = [entry[step] for entry in entries if isinstance(entry, dict) and step in entry]
    return [value for value in found if value is not None] or None


def compile_tests(tests: tuple[Test, ...]) -> Callable[[Any], bool] | None:
    """A test of events; None where every event will do."""
    if not tests:
        return None
    prepared = [_prepare(*test) for test in tests]
    if len(prepared) == 1:
        return prepared[0]
    return lambda event: all(test(event) for test in prepared)


def _prepare(name: str, operator: str, argument: Any) -> Callable[[Any], bool]:
    test = TESTS[operator]
    if name in PAGE or "." in name:
        return lambda event: test(value_of(event, name), argument)
    if operator in BOUNDS:
        return _prepare_bound(name, BOUNDS[operator], test, argument)
    return lambda event: test(event.properties.get(name), argument)


def _prepare_bound(name: str, holds: Callable[[Any, Any], bool], test: Any, argument: Any) -> Callable[[Any], bool]:
    """The same, in one step for a number: the fold asks it of most events of a name."""

    def prepared(event: Any) -> bool:
        value = event.properties.get(name)
        if value.__class__ is float or value.__class__ is int:
            return holds(value, argument)
        found: bool = test(value, argument)
        return found

    return prepared


def faults_of(where: Any) -> Iterator[tuple[str, str]]:
    """(path, message) of each fault, the path beginning with a dot."""
    if not isinstance(where, dict):
        yield "", "must be an object of properties"
        return
    tests = 0
    for name, expected in where.items():
        if fault := name_fault(name):
            yield f".{name}" if isinstance(name, str) and is_storable(name) else "", fault
            continue
        operators = expected if _is_operators(expected) else {"$eq": expected}
        tests += len(operators)
        for operator, argument in operators.items():
            if fault := _argument_fault(operator, argument):
                yield (f".{name}.{operator}" if operators is expected else f".{name}"), fault
    if tests > MAX_TESTS:
        yield "", f"asks for more than {MAX_TESTS} things"


def name_fault(name: Any) -> str:
    if not isinstance(name, str) or not name.strip() or "" in name.split("."):
        return "must be the name of a property"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if not is_storable(name) or not name.isprintable():
        return "holds a character that no property's name has"
    if name[:1] == "$" and name not in PAGE:
        return f"unknown; beside the properties of an event there are {', '.join(PAGE)}"
    return ""


def _is_operators(expected: Any) -> bool:
    return isinstance(expected, dict) and bool(expected)


def _argument_fault(operator: Any, argument: Any) -> str:
    if operator not in TESTS:
        return f"unknown operator; properties of events know {', '.join(TESTS)}"
    if operator in ("$in", "$nin"):
        if not isinstance(argument, list) or not argument:
            return "must be a list of values"
        if len(argument) > MAX_VALUES:
            return f"has more than {MAX_VALUES} values"
        return next(filter(None, map(_value_fault, argument)), "")
    if operator == "$exists":
        return "" if isinstance(argument, bool) else "must be true or false"
    if operator in ("$startsWith", "$contains") and not isinstance(argument, str):
        return "must be text"
    is_number = isinstance(argument, (int, float)) and not isinstance(argument, bool)
    if operator in ("$gt", "$gte", "$lt", "$lte") and not is_number:
        return "must be a number"
    return _value_fault(argument)


def _value_fault(value: Any) -> str:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            return f"is longer than {MAX_TEXT} characters"
        return "" if is_storable(value) else "holds a character that cannot be stored"
    if isinstance(value, (int, float)) and math.isfinite(value) and abs(value) <= MOST:
        return ""
    return "must be text, a number, true or false"


def read(where: dict[str, Any]) -> tuple[Test, ...]:
    """In an order that does not depend on how it was written; numbers without a needless point, lists as sets."""
    tests = []
    for name, expected in where.items():
        operators = expected if _is_operators(expected) else {"$eq": expected}
        tests += [(name, operator, _plain(argument)) for operator, argument in operators.items()]
    return tuple(sorted(tests, key=lambda test: (test[0], test[1])))


def write(tests: tuple[Test, ...]) -> dict[str, Any]:
    where: dict[str, Any] = {}
    for name, operator, argument in tests:
        where.setdefault(name, {})[operator] = argument
    return {name: asked["$eq"] if list(asked) == ["$eq"] else asked for name, asked in where.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        unique = {repr(_plain(member)): _plain(member) for member in value}
        return [unique[key] for key in sorted(unique)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def describe(tests: tuple[Test, ...]) -> str:
    """ "category is “coffee” and price is more than 10"."""
    return " and ".join(_test_words(*test) for test in tests)


def _test_words(name: str, operator: str, argument: Any) -> str:
    title = name.removeprefix("$")
    words = " or ".join(
        as_text(value, quotes=True) for value in (argument if isinstance(argument, list) else [argument])
    )
    if operator in _WORDS:
        return f"{title} {_WORDS[operator].format(words)}"
    if operator == "$exists":
        return f"{title} {OPERATORS[operator].says('', denied=not argument)}"
    return f"{title} {OPERATORS[operator].says(words)}"
