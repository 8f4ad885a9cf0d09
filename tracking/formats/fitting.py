"""What of a body is of the kind that its place asks for?

Clients write numbers where text is meant, empty arrays where an object is, and worse. What is only decoration must not
cost an order: an optional part of the wrong kind is left out and counted, and everything else is kept. What a message
cannot do without stays as it is, for the decoder to refuse with its name.
"""

from functools import lru_cache
from hashlib import blake2b
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from tracking.identity import is_placeholder

# A choice that cannot be read is no choice for us: silence may mean yes, a refusal that we misread may not.
REFUSAL = {"categoryPreferences": {"analytics": False}}


class Field(NamedTuple):
    """What a struct says of one of its fields."""

    name: str  # as it is on the wire
    decoder: msgspec.json.Decoder[Any]
    struct: type[Struct] | None  # `Page` of `Page | None`
    is_free: bool  # an object whose names are the sender's

    def fits(self, value: Any) -> bool:
        try:
            self.decoder.decode(msgspec.json.encode(value))
        except (msgspec.ValidationError, RecursionError):
            return False
        return True


class Fitting:
    """The parts of objects that fit structs. Of free objects single entries may be left out, and those beyond
    `entries`; `needed` are names that are never left out. `lost` counts what was."""

    def __init__(self, entries: int, needed: frozenset[str]) -> None:
        self.entries, self.needed = entries, needed
        self.lost = 0

    def fit(self, value: dict[str, Any], kind: type[Struct]) -> dict[str, Any]:
        fitted = dict(value)
        for field in _fields(kind):
            if field.name in value and not field.fits(value[field.name]):
                self._mend(fitted, field)
        return fitted

    def _mend(self, values: dict[str, Any], field: Field) -> None:
        name, value = field.name, values[field.name]
        if value == [] and (field.struct or field.is_free):
            values[name] = {}  # PHP's empty object
        elif name == "messageId" and _tells_apart(value):
            # A repeat is known by it as well.
            values[name] = blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).hexdigest()
        elif name in self.needed:
            return
        elif isinstance(value, dict) and field.struct:
            values[name] = self.fit(value, field.struct)
            if name == "consent" and values[name] != value:
                values[name] = REFUSAL
        elif isinstance(value, dict) and field.is_free and field.fits(entries := self._entries(value, field)):
            values[name] = entries
        elif isinstance(value, int | float) and not isinstance(value, bool) and field.fits(str(value)):
            values[name] = str(value)
        else:
            self.lost += 1
            del values[name]
            if name == "consent":
                values[name] = REFUSAL

    def _entries(self, value: dict[str, Any], field: Field) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, item in value.items():
            if len(kept) < self.entries and field.fits({name: item}):
                kept[name] = item
            else:
                self.lost += 1
        return kept


def _tells_apart(value: Any) -> bool:
    """Whether a program may have meant a value as an id. `{}`, which is what becomes of a promise, is the same for
    every message."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif isinstance(one, str):
            if not is_placeholder(one):
                return True
        elif one is not None and not isinstance(one, bool):
            return True
    return False


@lru_cache
def _fields(kind: type[Struct]) -> tuple[Field, ...]:
    """Made once: for nested types a decoder takes a hundred times as long to make as to use."""
    return tuple(
        Field(field.encode_name, msgspec.json.Decoder(field.type), *_kinds(field.type))
        for field in msgspec.structs.fields(kind)
    )


def _kinds(wanted: Any) -> tuple[type[Struct] | None, bool]:
    """The struct that a field may hold, and whether it may hold an object of the sender's own."""
    options = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)
    struct = next((option for option in options if isinstance(option, type) and issubclass(option, Struct)), None)
    bare = [get_args(option)[0] if get_origin(option) is Annotated else option for option in options]
    return struct, any(get_origin(option) is dict for option in bare)
