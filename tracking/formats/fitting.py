"""What of a body is of the kind that its place asks for?

Clients write numbers where text is meant, empty arrays where an object is, and worse. What is only decoration must not cost an order:
an optional part of the wrong kind is left out and counted, and everything else is kept. What a message cannot do without stays as it is,
for the decoder to refuse with its name.
"""

from functools import lru_cache
from hashlib import blake2b
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec import Struct

from tracking.identity import is_placeholder

# A choice that cannot be read is no choice for us: silence may mean yes, a refusal that we misread may not.
REFUSAL = {"categoryPreferences": {"analytics": False}}


class Fitting:
    """The parts of objects that fit structs. `properties` is the type of free objects, of which single entries may be left out, and those
    beyond `entries`; `needed` are names that are never left out. `lost` counts what was."""

    def __init__(self, properties: Any, entries: int, needed: frozenset[str]) -> None:
        self.properties, self.entries, self.needed = properties, entries, needed
        self.lost = 0

    def fit(self, value: dict, kind: type[Struct]) -> dict:
        fitted = dict(value)
        for name, wanted in _fields(kind):
            if name in value and not _is(value[name], wanted):
                self._mend(fitted, name, wanted)
        return fitted

    def _mend(self, values: dict, name: str, wanted: Any) -> None:
        value, struct = values[name], _struct_in(wanted)
        if value == [] and (struct or self._is_free(wanted)):
            values[name] = {}  # PHP's empty object
        elif name == "messageId" and _tells_apart(value):
            values[name] = blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).hexdigest()  # a repeat is known by it as well
        elif name in self.needed:
            return
        elif isinstance(value, dict) and struct:
            values[name] = self.fit(value, struct)
            if name == "consent" and values[name] != value:
                values[name] = REFUSAL
        elif isinstance(value, dict) and self._is_free(wanted):
            values[name] = self._entries(value)
        elif isinstance(value, int | float) and not isinstance(value, bool) and _is(str(value), wanted):
            values[name] = str(value)
        else:
            self.lost += 1
            del values[name]
            if name == "consent":
                values[name] = REFUSAL

    def _is_free(self, wanted: Any) -> bool:
        return self.properties in get_args(wanted)

    def _entries(self, value: dict) -> dict:
        kept: dict = {}
        for name, item in value.items():
            if len(kept) < self.entries and _is({name: item}, self.properties):
                kept[name] = item
            else:
                self.lost += 1
        return kept


def _tells_apart(value: Any) -> bool:
    """Whether a program may have meant a value as an id. `{}`, which is what becomes of a promise, is the same for every message."""
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


def _is(value: Any, wanted: Any) -> bool:
    try:
        _decoder(wanted).decode(msgspec.json.encode(value))
    except (msgspec.ValidationError, RecursionError):
        return False
    return True


@lru_cache
def _decoder(wanted: Any) -> msgspec.json.Decoder:
    """Made once: for nested types that takes a hundred times as long as decoding, and `msgspec.convert` would do it each time."""
    return msgspec.json.Decoder(wanted)


@lru_cache
def _fields(kind: type[Struct]) -> tuple[tuple[str, Any], ...]:
    return tuple((field.encode_name, field.type) for field in msgspec.structs.fields(kind))


def _struct_in(wanted: Any) -> type[Struct] | None:
    """The struct that a field may hold: `Page` of `Page | None`."""
    options = get_args(wanted) if get_origin(wanted) in (Union, UnionType) else (wanted,)
    return next((option for option in options if isinstance(option, type) and issubclass(option, Struct)), None)
