"""Which patterns say no more than "contains this" or "begins with this"? Pure.

Rows and sentences speak of words, conditions of patterns: `$regexi` of `coffee|tea` is "contains “coffee” or “tea”".
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

_SIGNS = frozenset(r"\.+*?()|[]{}^$")
_PARTS = re.compile(r"\\(.)|(\|)|([^\\.+*?()|\[\]{}^$])", re.DOTALL)


class Plain(NamedTuple):
    """One of the words is in the text, or the text begins with one."""

    words: tuple[str, ...]
    begins: bool = False


def pattern_of(plain: Plain) -> str:
    """To be found whatever the capitals."""
    escaped = "|".join("".join(f"\\{sign}" if sign in _SIGNS else sign for sign in word) for word in plain.words)
    if not plain.begins:
        return escaped
    return f"^(?:{escaped})" if len(plain.words) > 1 else f"^{escaped}"


def plain_of(pattern: object) -> Plain | None:
    """None for a pattern that says more, or nothing."""
    if not isinstance(pattern, str):
        return None
    begins, body = pattern.startswith("^"), pattern.removeprefix("^")
    if begins and body.startswith("(?:") and body.endswith(")"):
        body = body[3:-1]
    words = _words(body)
    plain = Plain(words, begins) if words and all(words) else None
    return plain if plain and pattern_of(plain) == pattern else None


def _words(body: str) -> tuple[str, ...] | None:
    words, place = [""], 0
    while place < len(body):
        part = _PARTS.match(body, place)
        if part is None or (part[1] and part[1] not in _SIGNS):
            return None
        if part[2]:
            words.append("")
        else:
            words[-1] += part[1] or part[3]
        place = part.end()
    return tuple(words)


def in_words(plain: Plain, words: Iterable[str], *, denied: bool = False, asks: bool = False) -> str:
    """ "contains “coffee”", "does not begin with “/sale”"; behind "must": "contain “coffee”". `words` are the plain's,
    as they are to be written."""
    verb = "begin with" if plain.begins else "contain"
    if denied:
        start = "not" if asks else "does not"
        return f"{start} {verb} {' or '.join(words)}"
    if asks:
        return f"{verb} {' or '.join(words)}"
    return f"{verb.replace('begin', 'begins').replace('contain', 'contains')} {' or '.join(words)}"
