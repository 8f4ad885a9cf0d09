"""Which values can an attribute have where several comparisons of it must hold? Pure.

Candidates, not all: so many of them that where none is left, there is no value.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, floor, inf
from typing import Any, NamedTuple

from msgspec.structs import replace

from segments import domains
from segments.attributes import TRAIT, attribute_of
from segments.conditions.evaluate import TESTS
from segments.conditions.event_rows import COUNT
from segments.conditions.saved import NO_GROUPS
from segments.conditions.tree import Node
from segments.conditions.values import number_of
from segments.domains import Domain
from segments.relations import RELATIONS, Same

ORDERS = frozenset(("$lt", "$lte", "$gt", "$gte"))
_EQUAL = frozenset(("$eq", "$ne", "$in", "$nin", "$exists"))
# What is asked of candidates that stand for others: what else there is, is taken to hold.
_OF_NUMBERS = ORDERS | _EQUAL
_OF_TEXT = _EQUAL | {"$ini", "$nini"}
_OF_LISTS = frozenset(("$in", "$nin", "$exists"))
_OF_TRAITS = ORDERS | {"$exists"}
_ALL = frozenset(TESTS) - {"$inGroup", "$notInGroup"}
LARGEST = 10**15  # beyond it floats leave numbers out
MOST_WORK = 100_000  # candidates times values named; beyond that nothing is found
_FIRST_NAMES = {relation.other: relation.one for relation in RELATIONS if isinstance(relation, Same)}


class Asked(NamedTuple):
    """A comparison that must hold, or `denied`: must not."""

    node: Node
    denied: bool = False

    def holds(self, value: Any) -> bool:
        return bool(TESTS[self.node.operator](value, self.node.argument, NO_GROUPS)) is not self.denied

    @property
    def asserts(self) -> str:
        """The operator; "" where it is denied."""
        return "" if self.denied else self.node.operator


class Window(NamedTuple):
    """`days`: infinite for ever, and where it is the session in progress."""

    days: float
    is_session: bool

    def is_within(self, other: "Window") -> bool:
        if other == Window(inf, is_session=False):
            return True
        return self == other or (not self.is_session and not other.is_session and self.days <= other.days)


class _Tried(NamedTuple):
    values: list[Any]
    operators: frozenset[str]  # those that may be asked of them
    stands_for_more: bool = True  # there may be values beyond them


def key_of(node: Node) -> str:
    """What tells one value from another: its attribute, by one of its names; of an event row what it counts, however
    many of those are remembered."""
    if node.question:
        return replace(node.question.row, keep=0).name
    return first_name(node.attribute)


def first_name(attribute: str) -> str:
    return _FIRST_NAMES.get(attribute, attribute)


def window_of(node: Node) -> tuple[str, Window] | None:
    """Of a row that counts events: what it counts, and in which window. None of anything else."""
    if node.question is None or node.question.row.measure != COUNT or node.question.row.then:
        return None
    row = node.question.row
    what = replace(row, keep=0, days=0, session=False).name
    return what, Window(row.days or inf, row.session)


def possible(asked: Sequence[Asked]) -> bool:
    """False where no value fulfils all of them, which are of one attribute."""
    left = _left(asked, _tried(asked))
    return left is None or bool(left)


def least(asked: Sequence[Asked]) -> float | None:
    """Below which no value is; None where that is not known, or where nothing may be known of it."""
    left = _numbers_left(asked)
    return min(left) if left else None


def most(asked: Sequence[Asked]) -> float | None:
    """Above which no value is; None too where there is no end."""
    left, tried = _numbers_left(asked), _tried(asked)
    if not left or tried is None or None in (_left(asked, tried) or ()):
        return None
    is_open = tried.stands_for_more and _domain_of(asked[0].node).high is None
    return None if is_open and max(left) == max(filter(_is_number, tried.values)) else max(left)


def _numbers_left(asked: Sequence[Asked]) -> list[float]:
    """Of an attribute of whole numbers that is known for sure; none of another."""
    left = _left(asked, _tried(asked)) if _domain_of(asked[0].node).is_whole else None
    return left if left and all(map(_is_number, left)) else []


def _left(asked: Sequence[Asked], tried: _Tried | None) -> list[Any] | None:
    """The candidates that fulfil what can be asked of them; None where there are no candidates to go by."""
    if tried is None:
        return None
    domain, asking = _domain_of(asked[0].node), [one for one in asked if one.node.operator in tried.operators]
    return [value for value in tried.values if domain.contains(value) and all(one.holds(value) for one in asking)]


def _tried(asked: Sequence[Asked]) -> _Tried | None:
    tried = _pinned(asked) or _spread(asked)
    named = sum(len(_named(one)) for one in asked)
    return tried if tried and len(tried.values) * named <= MOST_WORK else None


def _pinned(asked: Sequence[Asked]) -> _Tried | None:
    """Where a value has to be one of those that are named: anything may be asked of these."""
    is_single = _kind_of(asked[0].node) not in ("list", "any")
    for one in asked:
        if one.asserts == "$eq":
            return _Tried([one.node.argument], _ALL, stands_for_more=False)
        if one.node.operator == "$exists" and one.node.argument is one.denied:
            return _Tried([None], _ALL)
        if one.asserts in ("$in", "$ini") and not one.node.argument:
            return _Tried([], _ALL)
        if one.asserts == "$in" and is_single:
            return _Tried(list(one.node.argument), _ALL, stands_for_more=False)
    return None


def _spread(asked: Sequence[Asked]) -> _Tried | None:
    node = asked[0].node
    kind, named = _kind_of(node), [value for one in asked for value in _named(one)]
    unnamed = "?" * (1 + max((len(value) for value in named if isinstance(value, str)), default=0))
    if kind == "boolean":
        return _Tried([True, False, None], _ALL)
    if choices := _domain_of(node).choices:
        return _Tried([*choices, None], _ALL)
    if kind == "text":
        return _Tried([*(value for value in named if isinstance(value, str)), unnamed, None], _OF_TEXT)
    if kind == "list":
        refused = [one for one in asked if one.node.operator in ("$in", "$nin") and one.asserts != "$in"]
        return _Tried([[value for value in named if all(one.holds([value]) for one in refused)], []], _OF_LISTS)
    ordered = [value for one in asked if one.node.operator in ORDERS for value in _named(one)]
    if kind == "any":
        numbers = None if any(isinstance(value, str) for value in ordered) else _numbers(ordered, domains.ANY)
        return _Tried([*numbers, unnamed, None], _OF_TRAITS) if numbers else None
    numbers = _numbers(named, _domain_of(node))
    return _Tried([*numbers, None], _OF_NUMBERS) if numbers else None


def _named(one: Asked) -> list[Any]:
    argument = one.node.argument
    return list(argument) if isinstance(argument, (list, tuple)) else [argument]


def _kind_of(node: Node) -> str:
    """number text boolean list, or any: of a trait, of which nobody promises anything."""
    known = None if node.attribute.startswith(TRAIT) else attribute_of(node.attribute)
    if node.question:
        return "number"
    return known.type if known else "any"


def _domain_of(node: Node) -> Domain:
    if node.question:
        return domains.COUNT if node.question.row.measure == COUNT else Domain(is_nullable=False)
    known = attribute_of(node.attribute)
    return known.domain if known else domains.ANY


def _numbers(named: Iterable[Any], domain: Domain) -> list[float] | None:
    """Those that are named, and one of each kind between and beyond them; None where they are too large to tell."""
    told = [number_of(value) for value in (*named, domain.low, domain.high) if value is not None]
    bounds = sorted({number for number in told if number is not None} | {0})
    if abs(bounds[0]) > LARGEST or abs(bounds[-1]) > LARGEST:
        return None
    if domain.is_whole:
        return sorted({floor(one) + step for one in bounds for step in (-1, 0, 1)} | {ceil(one) + 1 for one in bounds})
    between = [(one + other) / 2 for one, other in pairwise(bounds)]
    return sorted([bounds[0] - 1, *bounds, *between, bounds[-1] + 1])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
