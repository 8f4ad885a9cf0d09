"""What may stand in braces in a creative, and where? Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from campaigns.escaping import URL_HOLES, is_safe_url
from campaigns.slots import SLOTS
from campaigns.slots.base import ITEM_FIELDS


@dataclass(frozen=True)
class Hole:
    sentence: str
    example: str  # for previews
    is_settled: bool = False  # from the creative itself, when a release is compiled; else a slot fills it


HOLES = {
    "item.name": Hole("Name of the item that the slot found.", "Trail Runner 2"),
    "item.price": Hole("Its price with currency.", "€49.90"),
    "item.old_price": Hole("What it cost before, reduced or without the discount; empty where nothing is.", "€49.90"),
    "item.reduced_price": Hole("Its price less the creative's discount.", "€42.40"),
    "item.saving": Hole("What is taken off what it cost before; empty where nothing is.", "−15%"),
    "item.url": Hole("Address of its page.", "/p/trail-runner-2"),
    "item.image_url": Hole("Address of its picture.", "/static/img/example.svg"),
    "category.name": Hole("Name of the category, or of the item's category.", "Shoes"),
    "category.url": Hole("Address of that category.", "/c/shoes"),
    "category.image_url": Hole("Picture of one of its items.", "/static/img/example.svg"),
    "cart.count": Hole("Number of items in the cart.", "2"),
    "cart.value": Hole("Value of the cart with currency.", "€99.80"),
    "coupon": Hole("The creative's coupon.", "SAVE10", is_settled=True),
    "discount": Hole("The creative's discount, such as 20%.", "20%", is_settled=True),
}

BASE = "segue.url"  # the hole for the address of this installation, where uploaded pictures lie
# What fills holes in a preview; with those that no marketer writes, because a template sets them itself.
EXAMPLES = {
    **{name: hole.example for name, hole in HOLES.items()},
    **{f"{also}.{name}": HOLES[f"item.{name}"].example for also in ("item2", "item3") for name in ITEM_FIELDS},
    "countdown.left": "188047",  # seconds
    BASE: "",  # a preview stands where the pictures are
}

_HOLE = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)?)\}")
# Scheme and host, or the slash of a path, must be spelled out before the first hole: no value may choose where a link
# leads.
_FIXED_START = re.compile(r"(?:https?://[^/?#\s\\{}]+[/?#]|/(?![/\\])|[?#]|mailto:)", re.IGNORECASE)


@dataclass(frozen=True)
class Gap:
    """Where the value of a hole goes, and how it is escaped there."""

    hole: str
    form: str  # key of escaping.FORMS


Text = list["str | Gap"]


def holes_in(text: str) -> list[str]:
    return _HOLE.findall(text)


def fill(text: str, value_of: Callable[[str], "str | Gap"], literal: Callable[[str], str] = str) -> Text:
    """The text with each literal passed through `literal`, and each hole replaced by what `value_of` makes of it."""
    return [value_of(part) if i % 2 else literal(part) for i, part in enumerate(_HOLE.split(text))]


def hole_faults(text: str, slot: str) -> Iterator[str]:
    """Holes that nobody knows, or that this slot cannot fill."""
    for name in dict.fromkeys(holes_in(text)):
        hole = HOLES.get(name)
        if hole is None:
            yield f"{{{name}}} is unknown. Known are: " + ", ".join(f"{{{known}}}" for known in HOLES) + "."
        elif not hole.is_settled and (slot not in SLOTS or name not in SLOTS[slot].holes):
            able = [known.name for known in SLOTS.values() if name in known.holes]
            yield f"{{{name}}} needs a slot that fills it: " + ", ".join(sorted(able)) + "."


def address_fault(text: str) -> str:
    """Why an address with holes cannot be used, or "" when it can."""
    parts = _HOLE.split(text)
    names = parts[1::2]
    starts_with_address = parts[0] == "" and bool(names) and names[0] in URL_HOLES
    for name in names[starts_with_address:]:
        if name in URL_HOLES:
            return f"{{{name}}} is a whole address: it can only stand at the start."
    # An empty value must not let the rest become an address of its own.
    if starts_with_address and not parts[2].startswith(("?", "#")) and parts[2:] != [""]:
        return f"After {{{names[0]}}} only ? or # can follow."
    rest = text
    if names:
        first = "/x" if starts_with_address else "x"
        rest = first.join([parts[0], "x".join(parts[2::2])])
    if not is_safe_url(rest):
        return (
            "Use an address that begins with https://, http://, mailto: or /, without spaces, quotes, angle brackets or"
            " backslashes."
        )
    if names and not starts_with_address and not _FIXED_START.match(parts[0]):
        return "Write the host, or the first / of the path, before the first value in braces."
    return ""
