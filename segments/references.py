"""Which segments does a condition name, and who names this one? By key, so a key that others name may neither change
nor go. Pure but for `users_of`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from segments.conditions.groups import id_of

# Other rooms keep conditions too, which this one may not import: each provider gives those of a site.
_PROVIDERS: list[Callable[[Any], Iterable["User"]]] = []
_MANY = {"$and", "$or", "$nor"}
_VALUES = {
    "$eq",
    "$ne",
    "$in",
    "$nin",
    "$ini",
    "$nini",
    "$all",
    "$alli",
    "$not",
    "$elemMatch",
}  # operators behind which keys of segments stand


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


def segments_in(condition: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, key) of each segment that a well-formed condition names, however deep."""
    for name, value in condition.items() if isinstance(condition, Mapping) else ():
        here = f"{path}.{name}" if path else name
        if name in _MANY:
            for i, part in enumerate(value if isinstance(value, list) else ()):
                yield from segments_in(part, f"{here}[{i}]")
        elif name == "$not":
            yield from segments_in(value, here)
        elif name == "$savedGroup":
            yield from _key(id_of(value), here)
        elif name == "$savedGroups":
            for i, reference in enumerate(value if isinstance(value, list) else ()):
                yield from _key(id_of(reference), f"{here}[{i}]")
        elif name == "segment":
            yield from _keys(value, here)


def _keys(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for i, part in enumerate(value):
            yield from _keys(part, f"{path}[{i}]")
    elif isinstance(value, Mapping):
        for operator, operand in value.items():
            if operator in _VALUES:
                yield from (
                    (place, key.lower() if operator in ("$ini", "$nini") else key)
                    for place, key in _keys(operand, f"{path}.{operator}")
                )
    else:
        yield from _key(value, path)


def _key(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
