"""Which values of an event are personal, and what stands in their place?

Personal is what stands under a name that the site lists, at any depth; a text that is an e-mail address, under any name; and a text equal to one
of the request's own ids (of six characters or more: shorter ones are equal to prices and positions by chance).
"""

import re
from functools import lru_cache

import msgspec

from tracking.pseudonyms import pseudonym

SHORTEST_ID = 6
_EMAIL = re.compile(r"[^@\s/]{1,64}@[^@\s/]+\.[^@\s/]+")


_CONTAINERS = frozenset((dict, list))


def may_be_personal(values: dict, names: frozenset[str]) -> bool:
    """A quick look, which spares most events the walk: False where no name is personal and nothing is nested."""
    return not names.isdisjoint(values) or not _CONTAINERS.isdisjoint(map(type, values.values()))


def hide(values: dict, names: frozenset[str], ids: set[str], salt: str) -> dict:
    """A copy in which personal values are pseudonyms; equal values get equal pseudonyms, whatever their name."""
    return {name: _hashed(value, salt) if name in names else _hide(value, names, ids, salt) for name, value in values.items()}


def _hide(value, names: frozenset[str], ids: set[str], salt: str):
    kind = value.__class__
    if kind is str:
        return pseudonym(salt, value) if _is_personal(value, ids) else value
    if kind is dict:
        return hide(value, names, ids, salt)
    if kind is list:
        return [_hide(item, names, ids, salt) for item in value]
    return value


def _is_personal(text: str, ids: set[str]) -> bool:
    return (len(text) >= SHORTEST_ID and text in ids) or ("@" in text and _EMAIL.fullmatch(text) is not None)


def _hashed(value, salt: str):
    """Empty values stay: they say that there is nothing. An object or list is hashed as one."""
    if value is None or value == "" or value.__class__ is bool:
        return value
    return pseudonym(salt, value if value.__class__ is str else msgspec.json.encode(value, order="sorted").decode())


@lru_cache(maxsize=16_384)
def hide_in_path(path: str, salt: str) -> str:
    """A path whose segments that are e-mail addresses are pseudonyms."""
    if "@" not in path and "%40" not in path:
        return path
    return "/".join(pseudonym(salt, part) if _EMAIL.fullmatch(part.replace("%40", "@")) else part for part in path.split("/"))
