"""Where do the marks of a bandit's pictures stand: its shares over time, and what it believes of each arm? For SVG
that templates draw."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from campaigns.bandits.winning import Beta, Normal

WIDTH, HEIGHT = 1000, 100  # of the view box; the plot stretches
STYLES = ("one", "two", "three", "four", "five")
PLACES = 160  # of a density


class Area(NamedTuple):
    arm: str
    style: str
    points: str  # of a polygon


class Moment(NamedTuple):
    """A batch: when it was made, and the share of each arm then, None for one that it did not know."""

    label: str
    shares: list[float | None]


class Allocation(NamedTuple):
    areas: list[Area]
    moments: list[Moment]  # the latest first
    begins: str
    ends: str


class Belief(NamedTuple):
    """Of one arm. In per cent of the width where nothing else is said."""

    style: str
    points: str  # of the density's polygon
    left: float
    width: float
    at: float
    value: str
    low: str
    high: str


class Beliefs(NamedTuple):
    rows: list[Belief]
    first: str  # what the left end of the scale stands for
    last: str


def style_of(place: int) -> str:
    """Of the arm at this place: five colours, then these again, paler."""
    return STYLES[place % len(STYLES)] + (" again" if place // len(STYLES) % 2 else "")


def allocation(arms: Sequence[str], times: Sequence[int], labels: Sequence[str], shares: Sequence[dict[str, float]],
               now: int) -> Allocation:  # fmt: skip
    """Steps: what a batch dealt holds until the next one, the last until `now`. `times` in milliseconds, rising; one
    dict of shares, by arm, for each."""
    first, span = times[0], max(now - times[0], 1)
    x = [WIDTH * (at - first) / span for at in (*times, max(now, times[-1]))]
    below = [0.0] * len(times)
    areas = []
    for place, arm in enumerate(arms):
        above = [low + of.get(arm, 0.0) for low, of in zip(below, shares, strict=True)]
        if any(high > low for high, low in zip(above, below, strict=True)):
            areas.append(Area(arm, style_of(place), " ".join([*_steps(x, above), *reversed(_steps(x, below))])))
        below = above
    moments = [Moment(label, [of.get(arm) for arm in arms]) for label, of in zip(labels, shares, strict=True)]
    return Allocation(areas, moments[::-1], labels[0], "now")


def _steps(x: Sequence[float], heights: Sequence[float]) -> list[str]:
    """Corners of a line that stands still from each place to the next."""
    found = []
    for at, height in enumerate(heights):
        y = round(HEIGHT * (1 - min(height, 1)), 2)
        found += [f"{x[at]:.2f},{y}", f"{x[at + 1]:.2f},{y}"]
    return found


def beliefs(believed: Beta | Normal, places: Sequence[int], share: float, write: Callable[[float], str]) -> Beliefs:
    """All arms on one scale; the height of a density says nothing but where it is highest. `places` are those of the
    arms among all of the bandit, for their colours."""
    low, high = (each[0] for each in believed.within(share))
    middle = _middle(believed)
    spread = (high - low) / 2
    first, last = float((low - spread).min()), float((high + spread).max())
    if isinstance(believed, Beta):
        first, last = max(first, 0.0), min(last, 1.0)
    last = last if last > first else first + 1
    x = np.linspace(first, last, PLACES)
    density = densities(believed, x)
    tops = np.maximum(density.max(axis=1), 1e-300)

    def place(value: float) -> float:
        return round(100 * min(max((value - first) / (last - first), 0), 1), 2)

    rows = []
    for at, of in enumerate(places):
        y = HEIGHT - HEIGHT * density[at] / tops[at]
        points = " ".join(f"{WIDTH * i / (PLACES - 1):.1f},{height:.1f}" for i, height in enumerate(y))
        left, right = place(low[at]), place(high[at])
        told = [write(float(value)) for value in (middle[at], low[at], high[at])]
        rows.append(Belief(style_of(of), f"0,{HEIGHT} {points} {WIDTH},{HEIGHT}", left, round(right - left, 2),
                           place(middle[at]), *told))  # fmt: skip
    return Beliefs(rows, write(first), write(last))


def densities(believed: Beta | Normal, x: np.ndarray) -> np.ndarray:
    """Of values, not of log odds: shape (n_arms, len(x))."""
    if not isinstance(believed, Beta):
        return believed.density(x[None, :])[0]
    inside = np.clip(x, 1e-9, 1 - 1e-9)
    odds = np.log(inside / (1 - inside))
    return believed.density(odds[None, :])[0] / (inside * (1 - inside))


def _middle(believed: Beta | Normal) -> np.ndarray:
    if isinstance(believed, Beta):
        return (believed.successes / (believed.successes + believed.failures))[0]
    return believed.middle[0]
