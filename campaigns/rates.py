"""How sure is a rate, and is it another one than before? Intervals of 95 %, the same for pages and API. Pure.

- A share (clicks of looks, buyers of visitors) has Wilson's score interval: E. B. Wilson, "Probable inference, the law
  of succession, and statistical inference", JASA 22 (1927). It never leaves 0 to 1, and it holds with few events.
- A difference of two shares has Newcombe's hybrid score interval: R. G. Newcombe, "Interval estimation for the
  difference between independent proportions", Statistics in Medicine 17 (1998), method 10, no continuity correction.
- A mean (revenue per visitor) has the interval of the central limit theorem, from the sum and the sum of squares; most
  visitors are worth nothing, so it is trusted only with ENOUGH_EVENTS orders. A difference of means is Welch's, with
  the normal quantile.

Below ENOUGH_TRIALS or ENOUGH_EVENTS there is "not enough data yet": the interval is still right for a share, and too
wide to act on. The intervals are those of one look: who looks every day and stops at the first difference is wrong more
often than one time in twenty.
"""

from math import sqrt
from typing import NamedTuple

Z = 1.959963984540054  # the normal distribution's quantile for 95 %, two-sided
ENOUGH_TRIALS = 100
ENOUGH_EVENTS = 10
HIGHER, LOWER, NONE = "higher", "lower", "none"


class Estimate(NamedTuple):
    """A share, from 0 to 1, or a mean, in the unit of what it is of."""

    value: float
    low: float
    high: float
    events: int  # clicks, buyers, orders
    trials: int  # looks, visitors

    @property
    def is_enough(self) -> bool:
        return self.trials >= ENOUGH_TRIALS and self.events >= ENOUGH_EVENTS


class Change(NamedTuple):
    """From one period, or group, to another; of shares in parts of 1."""

    difference: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """HIGHER or LOWER where the whole interval says so, else NONE: no clear difference."""
        if self.low > 0:
            return HIGHER
        return LOWER if self.high < 0 else NONE


def share(events: int, trials: int, error: float = 0.0) -> Estimate | None:
    """None where nothing was tried. `error` is the relative standard error of the number of trials, where that is an
    estimate itself: it widens the interval as an independent error does. More events than trials raise ValueError."""
    if trials <= 0 and not events:
        return None
    if not 0 <= events <= trials:
        raise ValueError(f"{events} events of {trials} trials")
    value, low, high = events / trials, *_wilson(events, trials)
    if error:
        further = Z * error * value
        low, high = (
            max(value - sqrt((value - low) ** 2 + further**2), 0),
            value + sqrt((high - value) ** 2 + further**2),
        )
    return Estimate(value, low, min(high, 1), events, trials)


def _wilson(events: int, trials: int) -> tuple[float, float]:
    value, share_of_z = events / trials, Z**2 / trials
    centre = (value + share_of_z / 2) / (1 + share_of_z)
    half = Z * sqrt(value * (1 - value) / trials + share_of_z / (4 * trials)) / (1 + share_of_z)
    # At the ends rounding may leave the value itself outside.
    return max(min(centre - half, value), 0.0), min(max(centre + half, value), 1.0)


def mean(total: float, squares: float, events: int, trials: int, error: float = 0.0) -> Estimate | None:
    """Of `trials` values, of which `events` are not zero, with this sum and sum of squares. None below two trials. It
    is taken for granted that no value is below zero. `error` as with `share`."""
    if trials < 2:
        return None
    value = total / trials
    variance = max(squares - total * value, 0.0) / (trials - 1)
    half = Z * sqrt(variance / trials + (error * value) ** 2)
    return Estimate(value, max(value - half, 0.0), value + half, events, trials)


def change_of_shares(now: Estimate | None, before: Estimate | None) -> Change | None:
    """None where there is not enough data on either side."""
    if now is None or before is None or not (now.is_enough and before.is_enough):
        return None
    difference = now.value - before.value
    low = difference - sqrt((now.value - now.low) ** 2 + (before.high - before.value) ** 2)
    high = difference + sqrt((now.high - now.value) ** 2 + (before.value - before.low) ** 2)
    return Change(difference, low, high)


def change_of_means(now: Estimate | None, before: Estimate | None) -> Change | None:
    """The same; the upper half of an interval is the one that zero has not cut."""
    if now is None or before is None or not (now.is_enough and before.is_enough):
        return None
    half = sqrt((now.high - now.value) ** 2 + (before.high - before.value) ** 2)
    difference = now.value - before.value
    return Change(difference, difference - half, difference + half)
