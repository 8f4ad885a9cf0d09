"""How do two arms differ, as far as that can be told? Pure."""

from typing import NamedTuple

from campaigns.results import effects
from campaigns.results.effects import Effect, Measured
from campaigns.results.intervals import ALPHA
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import Moments, lack, moments
from campaigns.results.sums import Sums


class Pair(NamedTuple):
    """Of an arm and control. What is None cannot be told, and `note` says why."""

    difference: Effect | None = None
    lift: Effect | None = None
    note: str = ""

    @property
    def effect(self) -> Effect | None:
        return self.lift or self.difference

    @property
    def p(self) -> float | None:
        """Always valid: the larger one of lift and difference, so that both must say that there is an effect. With few
        hits a lift alone calls losses too easily, and gains too hardly."""
        known = [effect.p for effect in (self.difference, self.lift) if effect]
        return max(known, default=None)


class Measures(NamedTuple):
    """The same, before any interval."""

    n: int = 0  # visitors of both
    difference: Measured | None = None
    lift: Measured | None = None


def pair(control: Moments | None, arm: Moments | None, alpha: float = ALPHA, *, with_one_look: bool = True) -> Pair:
    """`with_one_look`: intervals for one look too, which adaptive arms do not have."""
    if control is None or arm is None:
        return Pair(note="Control or this arm has nothing to compare yet.")
    if reason := effects.lack(control, arm):
        return Pair(note=reason)
    difference = effects.difference(control, arm, alpha, with_one_look=with_one_look)
    if reason := effects.lack_of_lift(control):
        return Pair(difference, note=reason)
    return Pair(difference, effects.lift(control, arm, alpha, with_one_look=with_one_look))


def measured(metric: Metric, control: Sums, arm: Sums) -> Measures:
    """Of a day or a group, of which there are many: without intervals."""
    if lack(control, metric) or lack(arm, metric):
        return Measures()
    first, second = moments(control, metric), moments(arm, metric)
    if effects.lack(first, second):
        return Measures()
    lift = None if effects.lack_of_lift(first) else effects.measured_lift(first, second)
    return Measures(first.n + second.n, effects.measured_difference(first, second), lift)


def is_enough(metric: Metric, control: Sums, arm: Sums) -> bool:
    """Both have the metric's least visitors, and on average its least hits."""
    visitors = min(control.n, arm.n)
    return visitors >= metric.least_visitors and telling(metric, control, arm) >= 2 * metric.least_hits


def telling(metric: Metric, control: Sums, arm: Sums) -> int:
    """Visitors of both whose value tells something: who did it; of a share the rarer of who did and who did not."""
    hits = control.hits + arm.hits
    return min(hits, control.n + arm.n - hits) if metric.kind is Kind.PROPORTION else hits
