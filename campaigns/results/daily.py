"""How does an arm compare with control day by day, and how did the result come about? Pure."""

from math import sqrt

import msgspec

from campaigns.rates import Change
from campaigns.results import novelty, pairs
from campaigns.results.effects import Measured
from campaigns.results.intervals import reach
from campaigns.results.metrics import Metric
from campaigns.results.moments import lack, moments
from campaigns.results.novelty import Novelty
from campaigns.results.sums import Sums, total
from campaigns.results.tables import ByArm


class Point(msgspec.Struct, frozen=True):
    """Of visitors who were first exposed on a day, or on all days up to it."""

    day: str
    n: int  # visitors of control and arm
    difference: Change  # always valid
    lift: Change | None


def by_day(metric: Metric, days: dict[str, ByArm], control: str, arm: str, alpha: float) -> list[Point]:
    """Days in order; those on which nothing can be compared are left out."""
    points = [_point(metric, day, *_both(arms, control, arm), alpha) for day, arms in days.items()]
    return [point for point in points if point]


def cumulative(metric: Metric, days: dict[str, ByArm], control: str, arm: str, alpha: float) -> list[Point]:
    """The same of all visitors up to each day."""
    points, of_control, of_arm = [], Sums(), Sums()
    for day, arms in days.items():
        first, second = _both(arms, control, arm)
        of_control, of_arm = of_control + first, of_arm + second
        points.append(_point(metric, day, of_control, of_arm, alpha))
    return [point for point in points if point]


def trend(metric: Metric, days: dict[str, ByArm], control: str, arm: str) -> Novelty:
    """The variance of a visitor is taken from all days together: a day's own follows from the same chance as its
    effect, so days on which little happened would weigh more, and pull the line to zero."""
    sums = {day: _both(arms, control, arm) for day, arms in days.items()}
    whole = [total([both[place] for both in sums.values()]) for place in (0, 1)]
    if any(lack(each, metric) for each in whole):
        return novelty.judge([])
    first, second = (moments(each, metric) for each in whole)
    found = [
        novelty.Day(
            day,
            moments(two, metric).mean - moments(one, metric).mean,
            sqrt(first.variance / one.n + second.variance / two.n),
        )
        for day, (one, two) in sums.items()
        if not lack(one, metric) and not lack(two, metric)
    ]
    return novelty.judge(found, first.mean)


def _both(arms: ByArm, control: str, arm: str) -> tuple[Sums, Sums]:
    return arms.get(control, Sums()), arms.get(arm, Sums())


def _point(metric: Metric, day: str, control: Sums, arm: Sums, alpha: float) -> Point | None:
    found = pairs.measured(metric, control, arm)
    if found.difference is None:
        return None
    half = reach(found.n, alpha)
    return Point(day, found.n, _around(found.difference, half), _around(found.lift, half) if found.lift else None)


def _around(of: Measured, half: float) -> Change:
    """An interval that reaches so many standard errors."""
    return Change(of.value, of.value - half * of.se, of.value + half * of.se)
