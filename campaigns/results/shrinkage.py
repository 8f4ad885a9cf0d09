"""Does the effect differ between segments or clusters, and what is each group's share of the truth?

A small group has a wild estimate, and among many groups the wildest is shown first. So each estimate is pulled towards
the mean of all groups, the more the less surely it is known: partial pooling, with a normal distribution of true
effects over groups. Nobody knows how far these differ (tau), so the answer is the mean over all that it may be, weighed
by how well each explains the estimates: A. Gelman and others, "Bayesian Data Analysis", section 5.4. To take the
likeliest tau alone would make the intervals of few groups far too narrow. Groups are taken as disjoint. Pure.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from campaigns.results.distributions import chi_squared_above, normal_quantile
from campaigns.results.wording import change

CLEAR = 0.01
PRIOR_TAU = 0.3  # half-normal: groups differ no more than experiments do (`bayes`)
STEPS = 60  # of tau, up to three times its prior


class Group(msgspec.Struct, frozen=True):
    value: str
    n: int  # visitors of control and arm
    raw: float  # the group's own lift
    raw_se: float
    lift: float  # pulled towards the mean
    low: float
    high: float


class Breakdown(msgspec.Struct, frozen=True):
    dimension: str
    mean: float | None  # lift of a group, on average
    tau: float | None  # expected standard deviation of true lifts between groups
    p: float | None  # that all groups have one lift (Cochran's Q)
    groups: list[Group]
    left_out: list[str]  # groups with too little data for a lift
    sentence: str


class Estimated(NamedTuple):
    n: int
    value: float
    se: float


class _Spreads(NamedTuple):
    """What each of STEPS spreads (tau) says, and how well it explains the estimates; arrays, one number a spread."""

    weights: np.ndarray  # sum to 1
    tau: np.ndarray
    mean: np.ndarray
    mean_variance: np.ndarray


def pool(
    dimension: str, groups: Mapping[str, Estimated | None], alpha: float = 0.05, prior_tau: float = PRIOR_TAU
) -> Breakdown:
    """Of lifts by group; None for those that have none. The largest group first."""
    left_out = [value for value, each in groups.items() if each is None or not each.se > 0]
    known = {value: each for value, each in groups.items() if each is not None and each.se > 0}
    if len(known) < 2:
        sentence = "Fewer than two groups have enough data to be compared."
        return Breakdown(dimension, None, None, None, [], left_out, sentence)
    values, errors = (np.array([getattr(each, name) for each in known.values()]) for name in ("value", "se"))
    spreads = _spreads(values, errors, prior_tau)
    lifts, deviations = _pulled(values, errors, spreads)
    reach = normal_quantile(1 - alpha / 2) * deviations
    shrunk = [
        Group(value, each.n, each.value, each.se, float(lift), float(lift - half), float(lift + half))
        for (value, each), lift, half in zip(known.items(), lifts, reach, strict=True)
    ]
    shrunk.sort(key=lambda group: (-group.n, group.value))
    p = chi_squared_above(_q(values, errors), len(known) - 1)
    mean, tau = (float(spreads.weights @ each) for each in (spreads.mean, spreads.tau))
    return Breakdown(dimension, mean, tau, p, shrunk, left_out, _sentence(shrunk, p))


def _spreads(values: np.ndarray, errors: np.ndarray, prior_tau: float) -> _Spreads:
    tau = 3 * prior_tau * (np.arange(STEPS) + 0.5) / STEPS
    precisions = 1 / (errors**2 + tau[:, None] ** 2)  # (spreads, groups)
    total = precisions.sum(axis=1)
    mean = precisions @ values / total
    log_weights = (np.log(precisions) - precisions * (values - mean[:, None]) ** 2).sum(axis=1) / 2
    log_weights -= np.log(total) / 2 + (tau / prior_tau) ** 2 / 2
    weights = np.exp(log_weights - log_weights.max())
    return _Spreads(weights / weights.sum(), tau, mean, 1 / total)


def _pulled(values: np.ndarray, errors: np.ndarray, spreads: _Spreads) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each group's true effect: of the mixture of what each spread says of it."""
    own = spreads.tau[:, None] ** 2 / (spreads.tau[:, None] ** 2 + errors**2)  # how much the own estimate counts
    centres = own * values + (1 - own) * spreads.mean[:, None]
    variances = own * errors**2 + (1 - own) ** 2 * spreads.mean_variance[:, None]
    lifts = spreads.weights @ centres
    return lifts, np.sqrt(spreads.weights @ (variances + (centres - lifts) ** 2))


def _q(values: np.ndarray, errors: np.ndarray) -> float:
    """Cochran's: how far the estimates lie apart, by how surely each is known."""
    weights = 1 / errors**2
    return float(weights @ (values - np.average(values, weights=weights)) ** 2)


def _sentence(groups: list[Group], p: float) -> str:
    if p >= CLEAR:
        return "No sign that the effect differs between these groups: read the effect of all."
    low, high = min(groups, key=lambda group: group.lift), max(groups, key=lambda group: group.lift)
    return (
        f"The effect differs between groups: from {change(low.lift)} in “{low.value}” to {change(high.lift)} in"
        f" “{high.value}”. Found by looking, so test it before you rely on it."
    )
