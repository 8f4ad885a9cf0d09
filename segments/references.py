"""Which segments does a condition name? By key, so a key that others name may neither change nor go
(`segments.users`)."""

from collections.abc import Iterator
from typing import Any

from segments.conditions.operators import OPERATORS, Argument
from segments.conditions.saved import id_of
from segments.conditions.tree import Kind, Node, comparisons, nodes, read


def segments_in(condition: Any) -> Iterator[tuple[str, str]]:
    """(path, key) of each segment that a condition names, however deep."""
    for node in nodes(read(condition)):
        if node.kind is Kind.GROUP:
            key = id_of(node.argument)
            if isinstance(key, str):
                yield node.path, key
        elif node.kind is Kind.COMPARISON and node.attribute == "segment":
            yield from _keys(node)


def names(condition: Any, key: str) -> bool:
    return any(named == key for _, named in segments_in(condition))


def _keys(node: Node) -> Iterator[tuple[str, str]]:
    """Those that a comparison of `segment` names, or of an entry of it."""
    for element in node.elements:
        for comparison in comparisons(element):
            if not comparison.attribute:  # the entry itself, not a part of it
                yield from _keys(comparison)
    if OPERATORS[node.operator].argument in (Argument.LITERAL, Argument.LITERALS):
        for path, key in _values(node):
            if isinstance(key, str):
                yield path, key.lower() if node.operator in ("$ini", "$nini") else key


def _values(node: Node) -> list[tuple[str, Any]]:
    if not isinstance(node.argument, list):
        return [(node.path, node.argument)]
    return [(f"{node.path}[{i}]", value) for i, value in enumerate(node.argument)]
