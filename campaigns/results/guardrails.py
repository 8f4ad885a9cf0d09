"""Does an arm make something worse that must not get worse, by more than it may?

A guardrail has a bound: how much worse than control it may get, in parts of control's mean. It holds when the whole
always-valid interval is better than the bound, so a wide interval is no all-clear. Pure.
"""

from enum import StrEnum

import msgspec

from campaigns.rates import Change
from campaigns.results.metrics import Metric
from campaigns.results.wording import percent


class State(StrEnum):
    BROKEN = "broken"  # surely worse than the bound
    AT_RISK = "at_risk"  # surely worse than control, perhaps than the bound
    UNCLEAR = "unclear"  # not enough data to rule either out
    HOLDS = "holds"


class Guarded(msgspec.Struct, frozen=True):
    state: State
    sentence: str


def judge(metric: Metric, lift: Change | None, difference: Change | None = None) -> Guarded:
    """Always-valid intervals: of the lift in parts of control's mean, and of the difference, for where control's mean
    is about zero and there is no lift; None where there is none yet."""
    if lift is None and difference is not None and _gains(metric, difference)[1] < 0:
        return Guarded(State.BROKEN, f"{metric.name}: gets worse, from about nothing in control.")
    if lift is None:
        return Guarded(State.UNCLEAR, f"{metric.name}: not enough data yet to tell whether it gets worse.")
    worst, best = _gains(metric, lift)
    allowed = f"by more than the {percent(metric.bound)} allowed" if metric.bound > 0 else "at all"
    if best < -max(metric.bound, 0.0):
        return Guarded(State.BROKEN, f"{metric.name}: gets worse {allowed}.")
    if worst >= -max(metric.bound, 0.0):
        return Guarded(State.HOLDS, f"{metric.name}: does not get worse {allowed}.")
    if best < 0:
        return Guarded(State.AT_RISK, f"{metric.name}: gets worse, perhaps {allowed}.")
    return Guarded(State.UNCLEAR, f"{metric.name}: it cannot be ruled out yet that it gets worse {allowed}.")


def _gains(metric: Metric, lift: Change) -> tuple[float, float]:
    """The interval's ends so that above zero is better, the worse one first."""
    ends = sorted((metric.sign * lift.low, metric.sign * lift.high))
    return ends[0], ends[1]
