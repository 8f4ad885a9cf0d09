"""Which round numbers stand at an axis? From zero to a little above the largest value."""

from collections.abc import Iterable
from math import ceil, floor, log10
from typing import NamedTuple

_STEPS = (1, 2, 2.5, 5, 10)


class Tick(NamedTuple):
    value: float
    top: float  # per cent of the plot's height, from above


def ticks(largest: float, wanted: int = 4, *, whole: bool = False) -> list[Tick]:
    """From zero up, the last at or above `largest`; with `whole`, no fractions."""
    largest = largest if largest > 0 else 1
    raw = largest / wanted
    power = 10.0 ** floor(log10(raw))
    step = next(each * power for each in _STEPS if each * power >= raw * (1 - 1e-9))
    if whole:
        step = max(ceil(step), 1)
    number = max(ceil(largest / step - 1e-9), 1)
    return [Tick(round(i * step, 12), round(100 - 100 * i / number, 3)) for i in range(number + 1)]


def top_of(marks: Iterable[Tick]) -> float:
    """What the height of the plot stands for."""
    return max(tick.value for tick in marks)
