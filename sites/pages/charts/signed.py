"""A change over days, above zero or below, with a band around it of how sure it is; drawn as a trend is."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from sites.pages.charts.scale import ticks, top_of
from sites.pages.charts.trend import HEIGHT, WIDTH, Label, Mark, Point, Trend, columns, stretches

USUAL = 0.75  # of all points: the days of hardly any data must not flatten the others


class Spread(NamedTuple):
    """Of a change, in per cent of the width of a picture whose middle is zero."""

    left: float
    width: float
    at: float


def spread(value: float, low: float, high: float, top: float) -> Spread:
    """`top` is what half of the width stands for; what is beyond is cut off."""

    def place(number: float) -> float:
        return round(50 + 50 * max(min(number / top, 1), -1), 2) if top > 0 else 50.0

    return Spread(place(low), round(place(high) - place(low), 2), place(value))


def signed_trend(title: str, unit: str, points: Sequence[Point], write: Callable[[float], str]) -> Trend:
    """Zero is in the middle. Bands are cut off at the ends of the scale."""
    top = _top(points)
    step = WIDTH / max(len(points), 1)
    parts = stretches(points)
    return Trend(
        title,
        unit,
        [_mark(i, point, step, top, write) for i, point in enumerate(points)],
        [" ".join(f"{_x(i, step)},{_y(points[i].value or 0, top)}" for i in part) for part in parts],
        [_band(part, points, step, top) for part in parts],
        [Label(write(sign * top), at) for sign, at in ((1, 0.0), (0.5, 25.0), (0, 50.0), (-0.5, 75.0), (-1, 100.0))],
        columns(points),
        has_band=True,
        has_zero=True,
    )


def _top(points: Sequence[Point]) -> float:
    known = [point for point in points if point.value is not None]
    if not known:
        return 1.0
    reaches = sorted(max(abs(point.low), abs(point.high)) for point in known)
    largest = max(abs(point.value or 0) for point in known)
    return top_of(ticks(max(largest, reaches[int(USUAL * (len(reaches) - 1))]), 2))


def _mark(i: int, point: Point, step: float, top: float, write: Callable[[float], str]) -> Mark:
    value = point.value
    left, width = round(i * step, 2), round(step, 2)
    if value is None:
        return Mark(_x(i, step), left, width, None, point.label, "–", "–", "–", point.note)
    told = (write(value), write(point.low), write(point.high))
    return Mark(_x(i, step), left, width, _y(value, top), point.label, *told, point.note)


def _band(part: Sequence[int], points: Sequence[Point], step: float, top: float) -> str:
    above = [f"{_x(i, step)},{_y(points[i].high, top)}" for i in part]
    below = [f"{_x(i, step)},{_y(points[i].low, top)}" for i in reversed(part)]
    return " ".join(above + below)


def _x(i: int, step: float) -> float:
    return round((i + 0.5) * step, 2)


def _y(value: float, top: float) -> float:
    return round(HEIGHT / 2 * (1 - max(min(value / top, 1), -1)), 2)
