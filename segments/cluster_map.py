"""How is the map of clusters drawn? Circles as large as the clusters, on a plane of a fixed size. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

WIDTH, HEIGHT = 360, 220
LARGEST, SMALLEST = 46, 7  # radius of a cluster that holds everybody would be LARGEST / sqrt(0.5)
MARGIN = 52


@dataclass(frozen=True)
class Circle:
    """`number` counts from 1, as the table does; `label_y` is where the number stands: inside, or above a small one."""

    number: int
    name: str
    share: float
    x: float
    y: float
    radius: float
    label_y: float


@dataclass(frozen=True)
class Drawing:
    circles: list[Circle]  # the largest first, so that none hides a smaller one
    kept: float
    nearest: list[str]  # per cluster the name of the one that is most like it; empty where there is one alone


def drawn(named: Sequence[Any], stored: Mapping[str, Any] | None) -> Drawing | None:
    """`named`: clusters with `name` and `share`; `stored`: a `MapRow`. None where the training kept none that fits."""
    if not stored or len(stored["points"]) != len(named) or not named:
        return None
    places = _placed(stored["points"])
    circles = [
        _circle(number, cluster.name, cluster.share, *place)
        for number, (cluster, place) in enumerate(zip(named, places, strict=True), 1)
    ]
    nearest = [named[position].name for position in stored["nearest"]]
    return Drawing(sorted(circles, key=lambda circle: -circle.radius), stored["kept"], nearest)


def _circle(number: int, name: str, share: float, x: float, y: float) -> Circle:
    radius = max(SMALLEST, min(LARGEST, LARGEST * sqrt(share / 0.5)))  # areas are compared, not widths
    label_y = y if radius >= 12 else y - radius - 8
    return Circle(number, name, share, round(x, 1), round(y, 1), round(radius, 1), round(label_y, 1))


def _placed(points: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """One scale for both directions: distances are to be compared."""
    lows, highs = [min(axis) for axis in zip(*points, strict=True)], [max(axis) for axis in zip(*points, strict=True)]
    room = (WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN)
    scales = [space / (high - low) for low, high, space in zip(lows, highs, room, strict=True) if high > low]
    scale = min(scales, default=0.0)
    middles = [(low + high) / 2 for low, high in zip(lows, highs, strict=True)]
    return [(WIDTH / 2 + (x - middles[0]) * scale, HEIGHT / 2 - (y - middles[1]) * scale) for x, y in points]
