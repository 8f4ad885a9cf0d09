"""What is wrong with a condition, and where? Both evaluators ask this first and then trust the form."""

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from segments.conditions import event_rows, patterns, saved, values
from segments.conditions.operators import OPERATORS, Argument
from segments.conditions.shapes import Condition, SavedGroups
from sites.storable import is_storable, make_storable

MAX_DEPTH = 24
MAX_PATTERNS = 10  # in a condition
MAX_PATTERN_WORK = 1_000  # instructions of all of them together: at most some millisecond a look, whatever text comes
SMALLEST, LARGEST = -(2**63), 2**64 - 1  # whole numbers that a compiled release carries
_UNSTORABLE = "holds a character that cannot be stored (NUL or half of a surrogate pair)"
# An attribute of this name stands in the specification's own cases; no other name may begin with $.
ATTRIBUTES_LIKE_OPERATORS = {"$groups"}


class Fault(msgspec.Struct, frozen=True):
    """`path` leads to the fault: `$or[1].feature.cart_value.$gt`; "" is the condition itself."""

    path: str
    message: str

    def __str__(self) -> str:
        """The sentence for whoever wrote the condition."""
        return f"{self.path or 'The condition'}: {self.message}"


class _Place(msgspec.Struct, frozen=True):
    """Where the check stands: the path so far, the saved groups being resolved on this branch, the sizes of all
    patterns outside of those, whether it is about an element of a list, and the event rows outside of groups."""

    groups: SavedGroups | None
    path: str = ""
    depth: int = 0
    visited: tuple[str, ...] = ()
    sizes: list[int] = []
    rows: list[str] = []
    is_element: bool = False

    def key(self, key: str) -> "_Place":
        name = make_storable(key)
        return self.at(f"{self.path}.{name}" if self.path else name)

    def index(self, i: int) -> "_Place":
        return self.at(f"{self.path}[{i}]")

    def at(self, path: str) -> "_Place":
        return _Place(self.groups, path, self.depth + 1, self.visited, self.sizes, self.rows, self.is_element)

    def group(self, key: str) -> "_Place":
        visited = (*self.visited, key)
        return _Place(self.groups, self.path, self.depth + 1, visited, self.sizes, self.rows, self.is_element)

    def element(self) -> "_Place":
        return _Place(self.groups, self.path, self.depth, self.visited, self.sizes, self.rows, True)

    def fault(self, message: str) -> Iterator[Fault]:
        yield Fault(self.path, message)


def validate(condition: Any, groups: SavedGroups | None = None) -> list[Fault]:
    """All faults, in reading order; [] for a good condition. With `groups`, saved groups are followed: an unknown or
    circular one is a fault."""
    place = _Place(groups)
    if faults := list(_condition(condition, place)):
        return faults
    if len(place.rows) > event_rows.MAX_ROWS:
        return [Fault("", f"has more than {event_rows.MAX_ROWS} event rows")]
    if len(place.sizes) > MAX_PATTERNS:
        return [Fault("", f"has more than {MAX_PATTERNS} patterns")]
    return [Fault("", "has patterns that are too much work together")] if sum(place.sizes) > MAX_PATTERN_WORK else []


def pattern_work(condition: Condition) -> int:
    """Instructions of all patterns in a condition, those of the groups that it names not counted."""
    place = _Place(None)
    list(_condition(condition, place))
    return sum(place.sizes)


def _condition(condition: Any, place: _Place) -> Iterator[Fault]:
    if not isinstance(condition, dict):
        return place.fault("must be an object")
    if place.depth > MAX_DEPTH:
        return place.fault(f"is nested deeper than {MAX_DEPTH} levels")
    return _each(_entry(key, value, place) for key, value in condition.items())


def _entry(key: Any, value: Any, place: _Place) -> Iterator[Fault]:
    if not isinstance(key, str):
        return place.fault(f"has a name that is not text: {key!r:.50}")
    place = place.key(key)
    if not is_storable(key):
        return place.fault(_UNSTORABLE)
    if key in _LOGIC:
        return _LOGIC[key](value, place)
    if key[:1] == "$" and key not in ATTRIBUTES_LIKE_OPERATORS:
        return place.fault("unknown operator")
    return _value(value, place)


def _conditions(value: Any, place: _Place) -> Iterator[Fault]:
    return _list(value, place, _condition)


def _saved_group(reference: Any, place: _Place) -> Iterator[Fault]:
    key = saved.id_of(reference)
    if not isinstance(key, str):
        return place.fault("must name a saved group")
    if not is_storable(key):
        return place.fault(_UNSTORABLE)
    if place.groups is None:
        return iter(())
    if key in place.visited:
        return place.fault(f"the saved group {key!r} contains itself")
    condition = saved.condition_of(place.groups, reference)
    if condition is None:
        return place.fault(f"there is no saved group {key!r} with a condition")
    return _condition(condition, place.group(key))


def _event_row(row: Any, place: _Place) -> Iterator[Fault]:
    if place.is_element:
        yield from place.fault("is asked of a visitor, not of an entry of a list")
    if not place.visited:
        place.rows.append(place.path)
    for path, message in event_rows.faults_of(row):
        yield Fault(f"{place.path}.{make_storable(path)}" if path else place.path, message)


def _value(value: Any, place: _Place) -> Iterator[Fault]:
    """What stands behind an attribute's name: operators, or a literal to equal."""
    operators = [isinstance(key, str) and key[:1] == "$" for key in value] if isinstance(value, dict) else []
    if not any(operators):
        return _literal(value, place)
    if not all(operators):
        return place.fault("mixes operators with plain names")
    if place.depth > MAX_DEPTH:
        return place.fault(f"is nested deeper than {MAX_DEPTH} levels")
    return _each(_operation(name, argument, place.key(name)) for name, argument in value.items())


def _operation(name: str, argument: Any, place: _Place) -> Iterator[Fault]:
    if name not in OPERATORS:
        return place.fault("unknown operator")
    return FORMS[OPERATORS[name].argument](argument, place)


def _literal(value: Any, place: _Place) -> Iterator[Fault]:
    kind = values.kind_of(value)
    if place.depth > MAX_DEPTH:
        return place.fault(f"is nested deeper than {MAX_DEPTH} levels")
    if kind == "unknown" or (kind == "number" and not math.isfinite(_as_float(value))):
        return place.fault("is not a JSON value")
    if isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        return place.fault("is a whole number beyond 64 bits; write it as text or with a decimal point")
    if isinstance(value, str) and not is_storable(value):
        return place.fault(_UNSTORABLE)
    if kind == "array":
        return _each(_literal(element, place.index(i)) for i, element in enumerate(value))
    if kind == "object":
        return _each(_named(str(key), element, place) for key, element in value.items())
    return iter(())


def _named(name: str, value: Any, place: _Place) -> Iterator[Fault]:
    return _literal(value, place.key(name)) if is_storable(name) else place.key(name).fault(_UNSTORABLE)


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _list(value: Any, place: _Place, check: Callable[[Any, _Place], Iterator[Fault]]) -> Iterator[Fault]:
    if not isinstance(value, (list, tuple)):
        return place.fault("must be a list")
    return _each(check(element, place.index(i)) for i, element in enumerate(value))


def _elements(value: Any, place: _Place) -> Iterator[Fault]:
    if not isinstance(value, dict):
        return place.fault("must be an object")
    is_value = bool(value) and all(isinstance(key, str) and key[:1] == "$" for key in value)
    return _value(value, place) if is_value else _condition(value, place.element())


def _bound(value: Any, place: _Place) -> Iterator[Fault]:
    if values.kind_of(value) in ("number", "string"):
        return _literal(value, place)
    return place.fault("must be a number or text")


def _size(value: Any, place: _Place) -> Iterator[Fault]:
    if values.kind_of(value) in ("number", "object"):
        return _value(value, place)
    return place.fault("must be a number or operators")


def _truth(value: Any, place: _Place) -> Iterator[Fault]:
    return iter(()) if isinstance(value, bool) else place.fault("must be true or false")


def _kind(value: Any, place: _Place) -> Iterator[Fault]:
    if isinstance(value, str) and value in values.KINDS:
        return iter(())
    return place.fault(f"must be one of {', '.join(values.KINDS)}")


def _pattern(value: Any, place: _Place) -> Iterator[Fault]:
    message = _UNSTORABLE if isinstance(value, str) and not is_storable(value) else patterns.fault_of(value)
    if message:
        return place.fault(message)
    if not place.visited:
        place.sizes.append(patterns.size_of(value))
    return iter(())


def _plain_group(value: Any, place: _Place) -> Iterator[Fault]:
    if not isinstance(value, str):
        return place.fault("must name a saved group")
    members = saved.values_of(place.groups or saved.NO_GROUPS, value)
    if isinstance(members, (list, tuple)):
        return iter(())
    return place.fault(f"the saved group {value!r} is not a list of values")


def _each(parts: Iterable[Iterator[Fault]]) -> Iterator[Fault]:
    for part in parts:
        yield from part


_LOGIC: dict[str, Callable[[Any, _Place], Iterator[Fault]]] = {
    "$and": _conditions,
    "$or": _conditions,
    "$nor": _conditions,
    "$not": _condition,
    event_rows.KEY: _event_row,
    "$savedGroup": _saved_group,
    "$savedGroups": lambda value, place: _list(value, place, _saved_group),
}
# The form of each kind of argument. Keep in step with `segments.conditions.operators.Argument`, which a test does.
FORMS: dict[Argument, Callable[[Any, _Place], Iterator[Fault]]] = {
    Argument.LITERAL: _literal,
    Argument.LITERALS: lambda value, place: _list(value, place, _literal),
    Argument.BOUND: _bound,
    Argument.TRUTH: _truth,
    Argument.KIND: _kind,
    Argument.PATTERN: _pattern,
    Argument.LIST: _plain_group,
    Argument.VALUE: _value,
    Argument.VALUES: lambda value, place: _list(value, place, _value),
    Argument.SIZE: _size,
    Argument.ELEMENT: _elements,
}
