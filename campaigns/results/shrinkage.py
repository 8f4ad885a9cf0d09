"""Does the effect differ between segments or clusters, and what is each group's share of the truth?

A small group has a wild estimate, and among many groups the wildest is shown first. So each estimate is pulled towards
the mean of all groups, the more the less surely it is known: partial pooling with a normal distribution of true
effects over groups. How far these differ (tau) is estimated from the estimates: R. DerSimonian, N. Laird, "Meta-
analysis in clinical trials", Controlled Clinical Trials 7 (1986). Where groups do not differ more than chance makes
them, all have the mean. Groups are taken as disjoint. Pure.
"""

from collections.abc import Mapping
from math import sqrt

import msgspec

from campaigns.results.distributions import chi_squared_above, normal_quantile
from campaigns.results.wording import change

CLEAR = 0.01


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
    mean: float | None  # of all groups, each weighed by how surely it is known
    tau: float | None  # standard deviation of true lifts between groups
    p: float | None  # that all groups have one lift (Cochran's Q)
    groups: list[Group]
    left_out: list[str]  # groups with too little data for a lift
    sentence: str


class Estimated(msgspec.Struct, frozen=True):
    n: int
    value: float
    se: float


def pool(dimension: str, groups: Mapping[str, Estimated | None], alpha: float = 0.05) -> Breakdown:
    """Of lifts by group; None for those that have none. The largest group first."""
    left_out = [value for value, each in groups.items() if each is None or not each.se > 0]
    known = {value: each for value, each in groups.items() if each is not None and each.se > 0}
    if len(known) < 2:
        sentence = "Fewer than two groups have enough data to be compared."
        return Breakdown(dimension, None, None, None, [], left_out, sentence)
    tau_squared, q = _between(list(known.values()))
    weights = {value: 1 / (each.se**2 + tau_squared) for value, each in known.items()}
    precision = sum(weights.values())
    mean = sum(weights[value] * each.value for value, each in known.items()) / precision
    shrunk = [_shrink(value, each, mean, 1 / precision, tau_squared, alpha) for value, each in known.items()]
    shrunk.sort(key=lambda group: (-group.n, group.value))
    p = chi_squared_above(q, len(known) - 1)
    return Breakdown(dimension, mean, sqrt(tau_squared), p, shrunk, left_out, _sentence(shrunk, p))


def _between(groups: list[Estimated]) -> tuple[float, float]:
    """The variance of true effects between groups, and Cochran's Q."""
    weights = [1 / each.se**2 for each in groups]
    total = sum(weights)
    mean = sum(weight * each.value for weight, each in zip(weights, groups, strict=True)) / total
    q = sum(weight * (each.value - mean) ** 2 for weight, each in zip(weights, groups, strict=True))
    spread = total - sum(weight**2 for weight in weights) / total
    return max((q - (len(groups) - 1)) / spread, 0.0), q


def _shrink(value: str, of: Estimated, mean: float, mean_variance: float, tau_squared: float, alpha: float) -> Group:
    own = tau_squared / (tau_squared + of.se**2)  # how much the group's own estimate counts
    lift = own * of.value + (1 - own) * mean
    half = normal_quantile(1 - alpha / 2) * sqrt(own * of.se**2 + (1 - own) ** 2 * mean_variance)
    return Group(value, of.n, of.value, of.se, lift, lift - half, lift + half)


def _sentence(groups: list[Group], p: float) -> str:
    if p >= CLEAR:
        return "No sign that the effect differs between these groups: read the effect of all."
    low, high = min(groups, key=lambda group: group.lift), max(groups, key=lambda group: group.lift)
    return (
        f"The effect differs between groups: from {change(low.lift)} in “{low.value}” to {change(high.lift)} in"
        f" “{high.value}”. Found by looking, so test it before you rely on it."
    )
