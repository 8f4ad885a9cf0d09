"""Does the effect fade, as what is new wears off, or grow, as people get used to it?

The difference among the visitors of each day of first exposure, and a straight line through these days, each weighed
by how surely it is known. A slope is spoken of at p < .01, as days are many and eyes find patterns. Pure.
"""

from collections.abc import Sequence
from enum import StrEnum
from math import sqrt

import msgspec

from campaigns.results.distributions import two_sided
from campaigns.results.wording import change

LEAST_DAYS = 5
CLEAR = 0.01


class Trend(StrEnum):
    UNKNOWN = "unknown"  # too few days
    STEADY = "steady"
    FADING = "fading"
    GROWING = "growing"
    TURNING = "turning"  # from better to worse, or back


class Day(msgspec.Struct, frozen=True):
    """The difference of an arm from control, of the visitors who were first exposed on that day."""

    day: str  # ISO date
    value: float
    se: float


class Novelty(msgspec.Struct, frozen=True):
    trend: Trend
    slope: float | None  # change of the effect per day
    p: float | None
    first: float | None  # the line at the first day, and at the last
    last: float | None
    sentence: str


def judge(days: Sequence[Day], control_mean: float = 0.0) -> Novelty:
    """Days in order, those without data left out. Effects in the sentence are parts of `control_mean`, if above 0."""
    known = [(place, day) for place, day in enumerate(days) if day.se > 0]
    if len(known) < LEAST_DAYS:
        return Novelty(Trend.UNKNOWN, None, None, None, None, f"Too few days to see a trend: {LEAST_DAYS} are needed.")
    weights = [1 / day.se**2 for _, day in known]
    all_weights = sum(weights)
    middle = sum(w * place for w, (place, _) in zip(weights, known, strict=True)) / all_weights
    level = sum(w * day.value for w, (_, day) in zip(weights, known, strict=True)) / all_weights
    spread = sum(w * (place - middle) ** 2 for w, (place, _) in zip(weights, known, strict=True))
    slope = sum(w * (place - middle) * day.value for w, (place, day) in zip(weights, known, strict=True)) / spread
    p = two_sided(slope * sqrt(spread))
    first, last = (level + slope * (place - middle) for place in (known[0][0], known[-1][0]))
    trend = _trend(first, last, p)
    return Novelty(trend, slope, p, first, last, _sentence(trend, first, last, control_mean))


def _trend(first: float, last: float, p: float) -> Trend:
    if p >= CLEAR:
        return Trend.STEADY
    if first * last < 0:
        return Trend.TURNING
    return Trend.FADING if abs(last) < abs(first) else Trend.GROWING


def _sentence(trend: Trend, first: float, last: float, control_mean: float) -> str:
    if trend is Trend.STEADY:
        return "No sign that the effect fades or grows from day to day."
    words = {
        Trend.FADING: "The effect fades, as that of something new does: what stays is nearer to the last days.",
        Trend.GROWING: "The effect grows from day to day: what stays may be more than the mean of all days.",
        Trend.TURNING: "The effect turns from day to day: the mean of all days says little about what stays.",
    }[trend]
    if control_mean <= 0:
        return words
    told = f" About {change(first / control_mean)} on the first day, {change(last / control_mean)} on the last."
    return words + told
