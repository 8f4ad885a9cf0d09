"""Which values of an event are personal, and what stands in their place?

Personal is what stands under a name that the site lists, at any depth; an e-mail address, alone or inside a text; and
one of the request's own
ids (of six characters or more: shorter ones are equal to prices and positions by chance), alone, inside an address, or
as a word among others
(a title, what somebody typed). A longer code that an id is part of, such as an order's number, stays as it is.
"""

import re
from collections.abc import Collection, Set
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from sites.pseudonyms import pseudonym
from sites.remembering import remember
from sites.storable import make_storable

SHORTEST_ID = 6
LONGEST_PATH = 1024  # characters
_EMAIL = re.compile(r"[^@\s/]{1,64}@[^@\s/]+\.[^@\s/]+")
# Inside a text, where "%40" is how addresses of pages carry the "@". Nothing in it can be tried twice: its cost is
# linear, whoever wrote the text.
_EMAIL_INSIDE = re.compile(r"(?<![\w.+-])[\w.+-]++(?:@|%40)[\w-]++(?:\.[\w-]++)++")

_CONTAINERS = frozenset((dict, list))


def may_be_personal(values: dict[str, Any], names: frozenset[str]) -> bool:
    """A quick look, which spares most events the walk: False where no name is personal and nothing is nested."""
    return not names.isdisjoint(values) or not _CONTAINERS.isdisjoint(map(type, values.values()))


def hide(
    values: dict[str, Any], names: Set[str], ids: Collection[str], salt: str, others: Set[str] = frozenset()
) -> dict[str, Any]:
    """A copy in which personal values are pseudonyms; equal values get equal pseudonyms, whatever their name. `ids` are
    looked for inside texts too, `others` are ids that count as personal only where they are the whole text."""
    return {
        name: _hash(value, salt) if name in names else _hide(value, names, ids, salt, others)
        for name, value in values.items()
    }


def _hide(value: Any, names: Set[str], ids: Collection[str], salt: str, others: Set[str]) -> Any:
    kind = value.__class__
    if kind is str:
        if _is_personal(value, ids, others):
            return pseudonym(salt, value)
        return hide_in_text(value, ids if "/" in value or " " in value else (), salt)
    if kind is dict:
        return hide(value, names, ids, salt, others)
    if kind is list:
        return [_hide(item, names, ids, salt, others) for item in value]
    return value


def _is_personal(text: str, ids: Collection[str], others: Set[str]) -> bool:
    return (len(text) >= SHORTEST_ID and (text in ids or text in others)) or (
        "@" in text and _EMAIL.fullmatch(text) is not None
    )


def hide_in_text(text: str, ids: Collection[str], salt: str) -> str:
    """The text with pseudonyms for the e-mail addresses and the `ids` inside it: for addresses of pages, titles, and
    what people type."""
    if "@" in text or "%40" in text:
        text = _EMAIL_INSIDE.sub(lambda found: pseudonym(salt, found[0].replace("%40", "@")), text)
    for identity in ids:
        if len(identity) < SHORTEST_ID:
            continue
        if identity in text:
            text = _replace_word(text, identity, pseudonym(salt, identity))
        if "%" in text and (written := quote(identity, safe="")) in text:
            text = _replace_word(text, written, pseudonym(salt, identity))
    return text


def _replace_word(text: str, word: str, instead: str) -> str:
    """Longer words, of which it is a part, stay whole."""
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", instead, text)


def _hash(value: Any, salt: str) -> Any:
    """Empty values stay: they say that there is nothing. An object or list is hashed as one."""
    if value is None or value == "" or value.__class__ is bool:
        return value
    return pseudonym(salt, value if value.__class__ is str else msgspec.json.encode(value, order="sorted").decode())


def kept_path(path: str, ids: Collection[str], salt: str) -> str:
    """A page's path as it is kept, compared and shown: as people read it, with pseudonyms for what is personal, at most
    `LONGEST_PATH` characters."""
    path = _make_readable(path, salt)
    if ids:
        path = hide_in_text(path, ids, salt)
    return path[:LONGEST_PATH]


def _make_readable(path: str, salt: str) -> str:
    if "%" in path:
        path = _decode_path(path)
    return hide_in_text(path, (), salt) if "@" in path or "%40" in path else path


@remember(4096, LONGEST_PATH)
def _decode_path(path: str) -> str:
    return "/".join(map(_decode, path.split("/")))


def _decode(part: str) -> str:
    """One part of a path without percent-encoding; as it came where that is no UTF-8 or would change where the path
    divides."""
    try:
        text = unquote(part, errors="strict")
    except UnicodeDecodeError:
        return part
    return make_storable(text) if not {"/", "?", "#"} & set(text) else part
