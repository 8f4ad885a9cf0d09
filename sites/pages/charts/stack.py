"""What do whole amounts consist of? Bars of parts, on one scale."""

from collections.abc import Sequence
from typing import NamedTuple


class Part(NamedTuple):
    name: str
    style: str  # of `.s-part`: a colour and a pattern
    number: int
    width: float  # per cent of the widest bar
    share: float | None  # of its own bar, 0 to 1


class Stack(NamedTuple):
    name: str
    context: str
    link: str
    total: int
    parts: list[Part]


def stack(name: str, parts: Sequence[tuple[str, str, int]], widest: int, context: str = "", link: str = "") -> Stack:
    """`parts` are name, style and number; `widest` the largest total of all bars beside it."""
    total = sum(number for _, _, number in parts)
    made = [
        Part(part, style, number, round(100 * number / widest, 3) if widest else 0.0, number / total if total else None)
        for part, style, number in parts
    ]
    return Stack(name, context, link, total, made)
