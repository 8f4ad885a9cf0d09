"""How does a condition read as alternatives (OR) of conjunctions (AND) of simple predicates on one attribute?

What cannot be said so (patterns, versions, elements with attributes of their own, too many alternatives) is taken for
true and the whole is marked inexact: then a match is a candidate, which `segments.conditions` has to confirm. So
nothing here needs to know what a malformed condition means. That, and thousands of conditions a release, is why this
walks the JSON itself instead of asking `segments.conditions.tree`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from segments.conditions import event_rows
from segments.conditions.saved import condition_of, values_of
from segments.conditions.shapes import SavedGroups

MAX_ALTERNATIVES = 8
_MAX_DEPTH = 6
_MAX_NUMBER = 2**53


class Member(msgspec.Struct, frozen=True, gc=False):
    """The value is one of the literals (`scalar`), or is a list that contains one (`array`); or, `negated`, not so."""

    path: str
    literals: tuple[Any, ...]
    scalar: bool
    array: bool
    negated: bool


class Bound(msgspec.Struct, frozen=True, gc=False):
    """The value is a number on one side of `limit`."""

    path: str
    limit: float
    is_lower: bool
    is_open: bool


Atom = Member | Bound
Alternatives = list[list[Atom]]


class Normal(msgspec.Struct, frozen=True, gc=False):
    alternatives: Alternatives  # [] is never true, [[]] always
    exact: bool


def normalise(condition: Any, groups: Mapping[str, Any]) -> Normal:
    reader = _Reader(groups)
    alternatives = reader.condition(condition, False, 0)
    if reader.rows:  # one that is not counted yet speaks against the whole
        counted: list[Atom] = [Member(name, (None,), True, False, True) for name in reader.rows]
        alternatives = [conjunction + counted for conjunction in alternatives]
    return Normal(alternatives, reader.exact)


def _is_scalar(value: Any) -> bool:
    kind = type(value)
    return (
        kind is str
        or kind is bool
        or value is None
        or ((kind is int or kind is float) and -_MAX_NUMBER <= value <= _MAX_NUMBER)
    )


def _are_scalars(values: Any) -> bool:
    return type(values) in (list, tuple) and all(map(_is_scalar, values))


class _Reader:
    """Reads one condition, pushing negations down to the predicates; `exact` turns False at the first thing it cannot
    express. `rows` are the attributes of the event rows met."""

    __slots__ = ("exact", "groups", "rows")

    def __init__(self, groups: Mapping[str, Any]):
        self.groups = groups
        self.exact = True
        self.rows: dict[str, None] = {}

    def give_up(self) -> Alternatives:
        self.exact = False
        return [[]]

    def all_of(self, parts: list[Alternatives]) -> Alternatives:
        product = parts[0] if parts else [[]]
        for part in parts[1:]:
            if len(product) * len(part) > MAX_ALTERNATIVES:
                self.exact = False
            elif len(product) == 1 and len(part) == 1:
                product = [product[0] + part[0]]
            else:
                product = [left + right for left in product for right in part]
        return product

    def any_of(self, parts: list[Alternatives]) -> Alternatives:
        union = [conjunction for part in parts for conjunction in part]
        return union if len(union) <= MAX_ALTERNATIVES else self.give_up()

    def join(self, parts: list[Alternatives], negated: bool) -> Alternatives:
        return self.any_of(parts) if negated else self.all_of(parts)

    def condition(self, condition: Any, negated: bool, depth: int) -> Alternatives:
        if type(condition) is not dict or depth > _MAX_DEPTH:
            return self.give_up()
        if negated:
            return self.any_of([self.entry(key, value, True, depth) for key, value in condition.items()])
        plain: list[Atom] = []
        parts = [[plain]]
        for key, value in condition.items():
            atoms = self.atoms(key, value)
            if atoms is None:
                parts.append(self.entry(key, value, False, depth))
            else:
                plain += atoms
        return self.all_of(parts) if len(parts) > 1 else parts[0]

    def atoms(self, path: Any, expected: Any) -> list[Atom] | None:
        """The usual entry, an attribute with simple operators, without going through alternatives; None: it is
        another."""
        if type(path) is not str or (path[:1] == "$" and path != "$groups"):
            return None
        if type(expected) is not dict:
            return [Member(path, (expected,), True, False, False)] if _is_scalar(expected) else None
        found: list[Atom] = []
        for name, argument in expected.items():
            read = READERS.get(name)
            atoms = read(path, argument, False, self.groups) if read else None
            if atoms is None:
                return None
            found += atoms
        return found or None

    def entry(self, key: Any, value: Any, negated: bool, depth: int) -> Alternatives:
        if type(key) is not str:
            return self.give_up()
        if key[:1] != "$" or key == "$groups":
            return self.value(key, value, negated, depth)
        if key == "$not":
            return self.condition(value, not negated, depth + 1)
        if key == event_rows.KEY:
            return self.event_row(value, negated)
        if key == "$savedGroup":
            return self.condition(condition_of(self.groups, value), negated, depth + 1)
        if key not in ("$and", "$or", "$nor") or type(value) is not list:
            return self.give_up()
        return self.logic(key, value, negated, depth)

    def logic(self, key: str, value: list[Any], negated: bool, depth: int) -> Alternatives:
        if not value:  # an empty $or holds
            return [] if negated is (key != "$nor") else [[]]
        negated = negated is not (key == "$nor")
        parts = [self.condition(part, negated, depth + 1) for part in value]
        return self.join(parts, negated is (key == "$and"))

    def event_row(self, row: Any, negated: bool) -> Alternatives:
        if any(event_rows.faults_of(row)):
            return self.give_up()
        question = event_rows.read(row)
        path = question.attribute
        self.rows[path] = None
        if question.operator == "$eq":
            return [[Member(path, (question.number,), True, False, negated)]]
        # What is counted is a number: here the contrary of a bound is a bound.
        return [[Bound(path, question.number, (question.operator == "$gte") is not negated, negated)]]

    def value(self, path: str, expected: Any, negated: bool, depth: int) -> Alternatives:
        if _is_scalar(expected):
            return [[Member(path, (expected,), True, False, negated)]]
        if type(expected) is not dict or not expected or depth > _MAX_DEPTH:
            return self.give_up()
        parts = [self.operator(path, name, argument, negated, depth) for name, argument in expected.items()]
        return parts[0] if len(parts) == 1 else self.join(parts, negated)

    def operator(self, path: str, name: Any, argument: Any, negated: bool, depth: int) -> Alternatives:
        if name == "$not":
            return self.value(path, argument, not negated, depth + 1)
        read = READERS.get(name)
        atoms = read(path, argument, negated, self.groups) if read else None
        if atoms is None:
            return self.give_up()
        return [[atom] for atom in atoms] if negated else [atoms]


# Each reads the argument of one operator (of those that are `in_bitmaps` in `segments.conditions.operators`) as
# predicates that must all hold, or, negated, of which one must hold; None: it cannot be said so.
def _equal(path: str, argument: Any, negated: bool, groups: SavedGroups) -> list[Atom] | None:
    return [Member(path, (argument,), True, False, negated)] if _is_scalar(argument) else None


def _is_in(path: str, argument: Any, negated: bool, groups: SavedGroups) -> list[Atom] | None:
    return [Member(path, tuple(argument), True, True, negated)] if _are_scalars(argument) else None


def _in_group(path: str, argument: Any, negated: bool, groups: SavedGroups) -> list[Atom] | None:
    return _is_in(path, values_of(groups, argument), negated, groups) if type(argument) is str else None


def _exists(path: str, argument: Any, negated: bool, groups: SavedGroups) -> list[Atom] | None:
    return [Member(path, (None,), True, False, argument is not negated)] if type(argument) is bool else None


def _element(path: str, argument: Any, negated: bool, groups: SavedGroups) -> list[Atom] | None:
    if type(argument) is not dict or len(argument) != 1:
        return None
    literals = argument["$in"] if "$in" in argument else [argument.get("$eq")]
    if not _are_scalars(literals) or None in literals:  # null elements are skipped
        return None
    return [Member(path, tuple(literals), False, True, negated)]


def _all(path: str, argument: Any, negated: bool, groups: SavedGroups) -> list[Atom] | None:
    if not _are_scalars(argument) or not argument:
        return None
    return [Member(path, (literal,), False, True, negated) for literal in argument]


def _read_bound(is_lower: bool, is_open: bool) -> Callable[..., list[Atom] | None]:
    def read(path: str, argument: Any, negated: bool, groups: SavedGroups) -> list[Atom] | None:
        # The contrary of "a number above 5" is not "a number up to 5": the value may be no number.
        if negated or type(argument) not in (int, float) or not abs(argument) <= _MAX_NUMBER:  # NaN compares as false
            return None
        return [Bound(path, argument, is_lower, is_open)]

    return read


def _negate(read: Callable[..., list[Atom] | None]) -> Callable[..., list[Atom] | None]:
    return lambda path, argument, negated, groups: read(path, argument, not negated, groups)


# How an operator reads as predicates. What is not here, or reads as None, is confirmed by the condition itself. Keep in
# step with the column `in_bitmaps` of `segments.conditions.operators`, which a test does.
READERS: dict[Any, Callable[..., list[Atom] | None]] = {
    "$eq": _equal,
    "$ne": _negate(_equal),
    "$in": _is_in,
    "$nin": _negate(_is_in),
    "$inGroup": _in_group,
    "$notInGroup": _negate(_in_group),
    "$exists": _exists,
    "$elemMatch": _element,
    "$all": _all,
    "$gt": _read_bound(True, True),
    "$gte": _read_bound(True, False),
    "$lt": _read_bound(False, True),
    "$lte": _read_bound(False, False),
}
