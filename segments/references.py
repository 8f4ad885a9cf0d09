"""Which segments does a condition name, and who names this one? By key, so a key that others name may neither change
nor go. Pure but for `users_of`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from segments.conditions.groups import id_of
from segments.conditions.operators import OPERATORS, Argument
from segments.conditions.tree import Kind, Node, comparisons, nodes, read

# Other rooms keep conditions too, which this one may not import: each provider gives those of a site.
_PROVIDERS: list[Callable[[Any], Iterable["User"]]] = []


class User(NamedTuple):
    """A row with a condition."""

    row: Any  # the model's row; its text names it
    condition: Any


def register_users(provider: Callable[[Any], Iterable[User]]) -> None:
    """Names who else keeps conditions: site -> users. Called once, when the apps are ready."""
    _PROVIDERS.append(provider)


def users_of(segment: Any, key: str) -> list[Any]:
    """The rows of its site whose condition names the key, the segment itself left out. One query, and one for each
    provider."""
    others = (
        User(row, row.condition) for row in type(segment).objects.filter(site=segment.site_id).exclude(pk=segment.pk)
    )
    named = [user for provider in _PROVIDERS for user in provider(segment.site_id)]
    return [user.row for user in (*named, *others) if key in {named for _, named in segments_in(user.condition)}]


def segments_in(condition: Any) -> Iterator[tuple[str, str]]:
    """(path, key) of each segment that a condition names, however deep."""
    for node in nodes(read(condition)):
        if node.kind is Kind.GROUP:
            key = id_of(node.argument)
            if isinstance(key, str):
                yield node.path, key
        elif node.kind is Kind.COMPARISON and node.attribute == "segment":
            yield from _keys(node)


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
