"""By how much does an arm differ from control: in the metric's unit, and in parts of control's mean?

    lift = (m_T - m_C) / m_C,  variance = s_C^2 m_T^2 / (m_C^4 n_C) + s_T^2 / (m_C^2 n_T)

by the delta method. Its error grows with the arm's mean, so with few events a large gain looks less sure than the same
difference, and a loss surer (`pairs.Pair.p`). Dividing by a mean that may as well be zero gives anything, so there is a
lift only where control's mean lies STEADY standard errors above zero. Pure.
"""

from math import inf, sqrt
from typing import NamedTuple

import msgspec

from campaigns.rates import Change
from campaigns.results import intervals
from campaigns.results.intervals import ALPHA
from campaigns.results.moments import Moments

STEADY = 3.0


class Effect(msgspec.Struct, frozen=True):
    """Of an arm against control: arm minus control, in the metric's unit or, as a lift, in parts of control's mean."""

    value: float
    se: float  # above 0
    n: int  # visitors of both arms
    alpha: float  # of the intervals
    always: Change  # right however often one looks
    p: float  # belongs to `always`
    fixed: Change | None  # right for one look; None for adaptive arms, where no look is
    fixed_p: float | None


class Measured(NamedTuple):
    value: float
    se: float


def difference(control: Moments, arm: Moments, alpha: float = ALPHA, *, with_one_look: bool = True) -> Effect:
    """In the metric's unit. Expects that nothing is lacking (`lack`)."""
    return _effect(measured_difference(control, arm), control, arm, alpha, with_one_look)


def lift(control: Moments, arm: Moments, alpha: float = ALPHA, *, with_one_look: bool = True) -> Effect:
    """In parts of control's mean: .1 is 10 % more. Expects that nothing is lacking (`lack`, `lack_of_lift`)."""
    return _effect(measured_lift(control, arm), control, arm, alpha, with_one_look)


def measured_difference(control: Moments, arm: Moments) -> Measured:
    return Measured(arm.mean - control.mean, sqrt(control.squared_error + arm.squared_error))


def measured_lift(control: Moments, arm: Moments) -> Measured:
    ratio = arm.mean / control.mean
    return Measured(ratio - 1, sqrt(control.squared_error * ratio**2 + arm.squared_error) / control.mean)


def lack(control: Moments, arm: Moments) -> str:
    """Why there is no difference with an interval; "" where there is one."""
    if control.variance + arm.variance <= 0:
        same = "the same for all visitors" if control.mean == arm.mean else "the same for all visitors of an arm"
        return f"The value is {same}: nothing tells how sure a difference is."
    return ""


def lack_of_lift(control: Moments) -> str:
    """Why a difference cannot be told in parts of control's mean; "" where it can."""
    if control.mean <= 0:
        nothing = "0" if control.mean == 0 else "below 0"
        return f"Control's mean is {nothing}: the difference can be told in numbers, not in per cent."
    if control.mean < STEADY * sqrt(control.squared_error):
        return "Control's mean is not clearly above 0 yet: the difference can be told in numbers, not in per cent."
    return ""


def _effect(of: Measured, control: Moments, arm: Moments, alpha: float, with_one_look: bool) -> Effect:
    (value, se), n = of, control.n + arm.n
    always, p = intervals.always_valid(value, se, n, alpha), intervals.always_valid_p(value, se, n, alpha)
    if not with_one_look:
        return Effect(value, se, n, alpha, always, p, None, None)
    df = _welch(control, arm)
    fixed, fixed_p = intervals.fixed(value, se, df, alpha), intervals.fixed_p(value, se, df)
    return Effect(value, se, n, alpha, always, p, fixed, fixed_p)


def _welch(control: Moments, arm: Moments) -> float:
    """Welch's degrees of freedom: B. L. Welch, Biometrika 34 (1947)."""
    parts = control.squared_error**2 / control.df + arm.squared_error**2 / arm.df
    return (control.squared_error + arm.squared_error) ** 2 / parts if parts else inf
