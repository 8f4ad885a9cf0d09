"""Of what parts is a condition made? One reading of its JSON for all who are not in a hurry: what it speaks of, how it
reads, why it holds, how a form shows it.

The evaluators, `validate` and `campaigns.index.atoms` walk the JSON themselves: they run for every visitor or every
release, and each must say of a malformed part what nobody else needs to know. Tests hold them to the same meaning.

A tree is regular where the language is not. What an attribute has to equal is a `$eq`; `$not` is NONE of one part, be
it around conditions or behind an attribute; an empty `$or`, which holds, is an EVERY without parts, which holds too.
What holds always is that EVERY; SOME without parts does not occur. EVERY stands in no other EVERY, but for that of
several comparisons of one attribute, and has two parts or none; nor has SOME a single one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar

import msgspec

from segments.conditions import event_rows, saved
from segments.conditions.evaluate import is_operators
from segments.conditions.operators import OPERATORS
from segments.conditions.shapes import SavedGroups
from segments.conditions.validate import ATTRIBUTES_LIKE_OPERATORS, MAX_DEPTH

T = TypeVar("T")


class Kind(StrEnum):
    EVERY = "every"  # holds when all parts do
    SOME = "some"  # when one does
    NONE = "none"  # when none does
    COMPARISON = "comparison"  # of one attribute
    GROUP = "group"  # a saved group; its condition is the only part, if it was to be followed
    UNKNOWN = "unknown"  # what is no condition: then the whole never matches


class Node(msgspec.Struct, frozen=True):
    """A part of a condition. `path` leads to it, as the path of a `Fault`; `place` to its attribute."""

    kind: Kind
    path: str
    parts: "tuple[Node, ...]" = ()
    attribute: str = ""  # of a comparison, or of all parts; below `elements` "" is the element itself
    place: str = ""
    operator: str = ""
    argument: Any = None  # of a comparison; the reference of a group; what stands where nothing known does
    question: event_rows.Question | None = None  # of an event row, whose number is the attribute
    elements: "tuple[Node, ...]" = ()  # what `$elemMatch`, `$all` and `$alli` ask of entries, `$size` of their number


def read(condition: Any, groups: SavedGroups | None = None, path: str = "") -> Node:
    """Of any JSON, which stands at `path`. With `groups`, saved groups are followed. Nothing deeper than a condition
    may be is read, so circles of groups end."""
    return _Reader(groups).condition(condition, path, 0)


def fold(node: Node, answer: Callable[[Node, list[T]], T]) -> T:
    """Asks `answer` of each node, with what it answered for the parts; the last answer is that of `node`."""
    return answer(node, [fold(part, answer) for part in node.parts])


def nodes(node: Node) -> Iterator[Node]:
    """The node and all parts, however deep, in the order in which they are written; not elements."""
    yield node
    for part in node.parts:
        yield from nodes(part)


def comparisons(node: Node) -> Iterator[Node]:
    """The comparisons among all parts."""
    return (part for part in nodes(node) if part.kind is Kind.COMPARISON)


def conjuncts(node: Node) -> tuple[Node, ...]:
    """The parts that must all hold; one that is no EVERY is the only one."""
    return node.parts if node.kind is Kind.EVERY and not node.attribute else (node,)


class _Reader:
    """Reads one condition."""

    def __init__(self, groups: SavedGroups | None):
        self.groups = groups

    def condition(self, condition: Any, path: str, depth: int) -> Node:
        if not isinstance(condition, Mapping) or depth > MAX_DEPTH:
            return Node(Kind.UNKNOWN, path, argument=condition)
        return _every(path, [self.entry(str(key), value, path, depth + 1) for key, value in condition.items()])

    def entry(self, key: str, value: Any, path: str, depth: int) -> Node:
        path = f"{path}.{key}" if path else key
        if key in ("$and", "$or", "$nor", "$savedGroups"):
            return self.members(key, value, path, depth)
        if key == "$not":
            return Node(Kind.NONE, path, (self.condition(value, path, depth),))
        if key == event_rows.KEY:
            return self.event_row(value, path)
        if key == "$savedGroup":
            return self.group(value, path, depth)
        if key[:1] == "$" and key not in ATTRIBUTES_LIKE_OPERATORS:
            return Node(Kind.UNKNOWN, path, argument={key: value})
        return self.value(key, value, path, path, depth)

    def members(self, key: str, value: Any, path: str, depth: int) -> Node:
        if not isinstance(value, (list, tuple)):
            return Node(Kind.UNKNOWN, path, argument={key: value})
        read_part = self.group if key == "$savedGroups" else self.condition
        parts = [read_part(part, f"{path}[{i}]", depth + 1) for i, part in enumerate(value)]
        if key in ("$and", "$savedGroups"):
            return _every(path, parts)
        some = _some(path, parts)
        if key == "$or":
            return some
        return Node(Kind.NONE, path, tuple(parts) or (some,))

    def group(self, reference: Any, path: str, depth: int) -> Node:
        condition = None if self.groups is None else saved.condition_of(self.groups, reference)
        parts = () if condition is None else (self.condition(condition, path, depth),)
        return Node(Kind.GROUP, path, parts, argument=reference)

    def event_row(self, row: Any, path: str) -> Node:
        if any(event_rows.faults_of(row)):
            return Node(Kind.UNKNOWN, path, argument={event_rows.KEY: row})
        asked = event_rows.read(row)
        return Node(Kind.COMPARISON, path, (), asked.attribute, path, asked.operator, asked.number, question=asked)

    def value(self, attribute: str, value: Any, path: str, place: str, depth: int) -> Node:
        """What stands behind an attribute: operators, or what it has to equal."""
        if not is_operators(value):
            is_mixed = isinstance(value, Mapping) and any(str(key)[:1] == "$" for key in value)
            if is_mixed or depth > MAX_DEPTH:
                return Node(Kind.UNKNOWN, path, attribute=attribute, place=place, argument=value)
            return Node(Kind.COMPARISON, path, (), attribute, place, "$eq", value)
        if depth > MAX_DEPTH:
            return Node(Kind.UNKNOWN, path, attribute=attribute, place=place, argument=value)
        parts = tuple(
            self.operator(attribute, name, argument, f"{path}.{name}" if path else name, place, depth + 1)
            for name, argument in value.items()
        )
        return parts[0] if len(parts) == 1 else Node(Kind.EVERY, path, parts, attribute, place)

    def operator(self, attribute: str, name: str, argument: Any, path: str, place: str, depth: int) -> Node:
        if name == "$not":
            return Node(Kind.NONE, path, (self.value(attribute, argument, path, place, depth),), attribute, place)
        if name not in OPERATORS:
            return Node(Kind.UNKNOWN, path, (), attribute, place, argument={name: argument})
        elements = self.elements(name, argument, path, depth)
        return Node(Kind.COMPARISON, path, (), attribute, place, name, argument, elements=elements)

    def elements(self, name: str, argument: Any, path: str, depth: int) -> tuple[Node, ...]:
        if name == "$elemMatch" and not is_operators(argument):
            return (self.condition(argument, path, depth),)
        if name in ("$elemMatch", "$size"):
            return (self.value("", argument, path, path, depth),)
        if name not in ("$all", "$alli") or not isinstance(argument, (list, tuple)):
            return ()
        places = [f"{path}[{i}]" for i in range(len(argument))]
        return tuple(self.value("", part, place, place, depth) for part, place in zip(argument, places, strict=True))


def _every(path: str, parts: Iterable[Node]) -> Node:
    joint = tuple(conjunct for part in parts for conjunct in conjuncts(part))
    return joint[0] if len(joint) == 1 else Node(Kind.EVERY, path, joint)


def _some(path: str, parts: list[Node]) -> Node:
    if not parts:  # GrowthBook's rule: nothing to choose from is no obstacle
        return Node(Kind.EVERY, path)
    return parts[0] if len(parts) == 1 else Node(Kind.SOME, path, tuple(parts))
