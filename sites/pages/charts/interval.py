"""How sure is one value, beside others on the same scale? A small picture for a cell of a table."""

from typing import NamedTuple


class Whisker(NamedTuple):
    """In per cent of the width."""

    left: float
    width: float
    at: float


def scaled(value: float, low: float, high: float, top: float) -> Whisker:
    """`top` is what the whole width stands for; what is beyond is cut off."""

    def place(number: float) -> float:
        return round(100 * max(min(number / top, 1), 0), 2) if top > 0 else 0.0

    return Whisker(place(low), round(place(high) - place(low), 2), place(value))
