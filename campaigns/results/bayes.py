"""How likely is an arm better than control, and what would be lost by taking it if it is not?

Before the data, a lift is taken to be normal around 0 with a standard deviation of .3: most changes do little, and one
in twenty more than 60 %. With the normal likelihood of the measured lift the answer is normal again. Such a belief may
be read at any time, as it promises nothing about how often it errs; it is no proof. Pure.
"""

from math import sqrt

import msgspec

from campaigns.results.distributions import normal_below, normal_density, normal_quantile
from campaigns.results.effects import Effect

PRIOR_DEVIATION = 0.3


class Belief(msgspec.Struct, frozen=True):
    """Of a lift, in parts of control's mean; 95 of 100 lie between `low` and `high`."""

    mean: float
    deviation: float
    low: float
    high: float
    chance_to_win: float  # that the arm is better than control, in the metric's direction
    loss_of_arm: float  # expected, in parts of control's mean, if the arm is taken: 0 or more
    loss_of_control: float  # the same if control is kept


def believe(lift: Effect, *, more_is_better: bool = True, alpha: float = 0.05) -> Belief:
    precision = 1 / lift.se**2 + 1 / PRIOR_DEVIATION**2
    mean, deviation = lift.value / lift.se**2 / precision, sqrt(1 / precision)
    gain = mean if more_is_better else -mean
    half = normal_quantile(1 - alpha / 2) * deviation
    return Belief(
        mean,
        deviation,
        mean - half,
        mean + half,
        normal_below(gain / deviation),
        _expected_loss(gain, deviation),
        _expected_loss(-gain, deviation),
    )


def _expected_loss(gain: float, deviation: float) -> float:
    """E[max(-G, 0)] of a normal gain G."""
    z = gain / deviation
    return max(deviation * normal_density(z) - gain * normal_below(-z), 0.0)
