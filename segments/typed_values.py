"""How is a value typed, and what does it mean? By the kind of its attribute: a number, an amount, yes or no, a weekday,
words. Pure.

Several words stand with commas or "or" between them; one that contains such stands in double quotes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

from sites import money
from sites.units import WEEKDAYS

BREAKS = set("\r\n\0")  # which a browser's field drops
NUMBER, MONEY, TRUTH, LIST, TEXT = "number", "money", "boolean", "list", "text"
FLAG = "flag"  # a number that is 0 or 1, typed as no or yes
CHOICE = "choice"  # text from a closed list
WEEKDAY = "weekday"  # a number from 1, typed by its name
UNTYPED = "untyped"  # no registry knows it: what is typed says what it is
WORDS = (TEXT, CHOICE, WEEKDAY, LIST, UNTYPED)  # kinds of which several may be meant
# A comma or an "or" outside of double quotes.
_BETWEEN = re.compile(r'\s*(?:,|(?<=\s)or(?=\s))\s*(?=(?:[^"]*"[^"]*")*[^"]*$)', re.IGNORECASE)


class BadRow(ValueError):
    """What somebody typed does not fit the attribute. The message is for them."""


@dataclass(frozen=True)
class Fields:
    """How values are typed: the kind of an attribute by its name, None for an unknown one; the currency of amounts,
    which people type in major units; the words of a CHOICE; and how an attribute is called in a fault."""

    kind_of: Callable[[str], str | None]
    currency: str
    unnamed: str = "Choose an attribute."  # what is told of a row whose attribute is unknown
    choices_of: Callable[[str], tuple[str, ...]] = lambda attribute: ()
    title_of: Callable[[str], str] = str
    has_events: bool = False  # whether rows may ask what visitors did

    def read(self, attribute: str, text: str) -> str | float | bool:
        """What somebody typed as the value that it means. Raises BadRow."""
        kind = self.kind_of(attribute)
        if not text:
            raise BadRow("Give a value.")
        if kind in (TRUTH, FLAG):
            return _truth(text) if kind == TRUTH else int(_truth(text))
        if kind == MONEY:
            try:
                return money.to_minor(text, self.currency)
            except ValueError as error:
                raise BadRow(str(error)) from None
        if kind == UNTYPED:
            return _as_it_looks(text)
        if kind == WEEKDAY:
            return _weekday(text)
        if kind == CHOICE:
            return self._choice(attribute, _unquoted(text))
        return number_of(text) if kind == NUMBER else _unquoted(text)

    def read_several(self, attribute: str, text: str) -> list[str | float | bool]:
        """Each once. Raises BadRow; also where nothing is typed."""
        found: dict[str, str | float | bool] = {}
        for part in split(text):
            value = self.read(attribute, part)
            found.setdefault(repr(value), value)
        if not found:
            raise BadRow("Give a value.")
        return list(found.values())

    def write(self, attribute: str, value: object) -> str | None:
        """The value as somebody would type it; None where nobody could."""
        kind = self.kind_of(attribute)
        if isinstance(value, bool):
            if kind == FLAG:
                return None
            yes, no = ("true", "false") if kind == UNTYPED else ("yes", "no")
            return yes if value else no
        if isinstance(value, int | float):
            return self._write_number(kind, value)
        if not isinstance(value, str) or not value or value.strip() != value or BREAKS & set(value):
            return None
        return quote(value, always=kind == UNTYPED and _as_it_looks(value) != value)

    def _write_number(self, kind: str | None, value: float) -> str | None:
        if kind == MONEY:
            return money.major(value, self.currency)
        if kind == FLAG:
            return ("no", "yes")[int(value)] if value in (0, 1) else None
        if kind == WEEKDAY:
            return WEEKDAYS[int(value) - 1] if value in range(1, 8) else None
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)

    def _choice(self, attribute: str, text: str) -> str:
        words = self.choices_of(attribute)
        if text.lower() not in words:
            raise BadRow(f"“{text}” is none of: {', '.join(words)}.")
        return text.lower()


def split(text: str) -> list[str]:
    """ "Google or Instagram, letter" -> three parts, those in quotes with their quotes."""
    return [part for part in (part.strip() for part in _BETWEEN.split(text)) if part]


def quote(text: str, *, always: bool = False) -> str | None:
    """As one of several; None for text that would be read as something else."""
    if '"' in text:
        return None
    return f'"{text}"' if always or split(text) != [text] else text


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == '"' else text


def _as_it_looks(text: str) -> str | float | bool:
    """true, false and numbers are what they look like, unless they stand in double quotes; all else is text."""
    if text in ("true", "false"):
        return text == "true"
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]
    try:
        return number_of(text)
    except BadRow:
        return text


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false", "yes", "no"):
        raise BadRow("Choose yes or no.")
    return text.lower() in ("true", "yes")


def _weekday(text: str) -> int:
    """By its name, three letters of it, or its number."""
    names = [name.lower() for name in WEEKDAYS]
    for number, name in enumerate(names, 1):
        if text.lower() in (name, name[:3], str(number)):
            return number
    raise BadRow(f"“{text}” is no weekday. Write it like Friday.")


def number_of(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadRow(f"“{text}” is not a number.") from None
    if not isfinite(number):
        raise BadRow(f"“{text}” is not a number that can be compared.")
    return int(number) if number.is_integer() else number
