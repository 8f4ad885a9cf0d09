"""A value over days, with a band around it of how sure it is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import NamedTuple

from sites.pages.charts.scale import ticks, top_of

WIDTH, HEIGHT = 1000, 100  # of the view box; the plot stretches


class Point(NamedTuple):
    """`value` is None where there was nothing, which leaves a gap; a value without an interval has low = high."""

    label: str
    value: float | None
    low: float = 0.0
    high: float = 0.0
    note: str = ""  # what stands beside the figure: "12 of 340"


@dataclass(frozen=True)
class Mark:
    x: float
    left: float  # of the strip that tells it
    width: float
    y: float | None
    label: str
    text: str
    low: str
    high: str
    note: str


@dataclass(frozen=True)
class Label:
    text: str
    at: float  # per cent: from the left, or from above


@dataclass(frozen=True)
class Trend:
    title: str
    unit: str
    marks: list[Mark]
    lines: list[str]  # `points` of polylines, one for each stretch without a gap
    bands: list[str]  # `points` of polygons
    rows: list[Label]  # of the vertical axis
    columns: list[Label]  # of the horizontal axis
    has_band: bool
    open_line: str = ""  # `points` of the line to a last day that is not over
    has_zero: bool = False  # the middle is zero: changes, up and down


def trend(
    title: str,
    unit: str,
    points: Sequence[Point],
    write: Callable[[float], str],
    *,
    write_axis: Callable[[float], str] | None = None,
    whole: bool = False,
    is_open: bool = False,
) -> Trend:
    """`write` makes text of a value, `write_axis` of one at the axis. `whole`: counts, which have no fractions.
    `is_open`: the last day is not over, so that its count is still too low to be compared."""
    # One day with hardly any data must not flatten all others: its band is cut off at twice the highest value.
    largest = max((point.value for point in points if point.value is not None), default=0)
    reach = max((min(point.high, 2 * largest) for point in points if point.value is not None), default=0)
    marks = ticks(max(largest, reach), whole=whole)
    top, step = top_of(marks), WIDTH / max(len(points), 1)
    placed = [_mark(i, point, step, top, write) for i, point in enumerate(points)]
    parts = stretches(points)
    lines = [[f"{_x(i, step)},{_y(points[i].value or 0, top)}" for i in part] for part in parts]
    open_line = ""
    if is_open and lines and parts[-1][-1] == len(points) - 1:
        open_line = " ".join(lines[-1][-2:])
        lines[-1] = lines[-1][:-1]
        placed[-1] = replace(placed[-1], label=f"{placed[-1].label}, so far")
    return Trend(
        title,
        unit,
        placed,
        [" ".join(line) for line in lines],
        [_band(part, points, step, top) for part in parts],
        [Label((write_axis or write)(tick.value), tick.top) for tick in marks],
        columns(points),
        any(point.value is not None and point.high > point.low for point in points),
        open_line,
    )


def _mark(i: int, point: Point, step: float, top: float, write: Callable[[float], str]) -> Mark:
    known = point.value is not None
    return Mark(
        _x(i, step),
        round(i * step, 2),
        round(step, 2),
        _y(point.value or 0, top) if known else None,
        point.label,
        write(point.value or 0) if known else "–",
        write(point.low) if known else "–",
        write(point.high) if known else "–",
        point.note,
    )


def stretches(points: Sequence[Point]) -> list[list[int]]:
    """Places of values without a gap between them."""
    found: list[list[int]] = [[]]
    for i, point in enumerate(points):
        if point.value is None:
            found.append([])
        else:
            found[-1].append(i)
    return [part for part in found if part]


def _band(part: Sequence[int], points: Sequence[Point], step: float, top: float) -> str:
    above = [f"{_x(i, step)},{_y(points[i].high, top)}" for i in part]
    below = [f"{_x(i, step)},{_y(points[i].low, top)}" for i in reversed(part)]
    return " ".join(above + below)


def columns(points: Sequence[Point]) -> list[Label]:
    """At most four labels, which a phone has room for, at one distance, and the last among them."""
    last = len(points) - 1
    places = range(last, -1, -max(1, ceil(last / 3)))
    return [Label(points[i].label, round(100 * (i + 0.5) / len(points), 2)) for i in reversed(places)]


def _x(i: int, step: float) -> float:
    return round((i + 0.5) * step, 2)


def _y(value: float, top: float) -> float:
    return round(HEIGHT - HEIGHT * max(min(value / top, 1), 0), 2)
