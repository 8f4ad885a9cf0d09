"""Does the effect differ between segments or clusters, and what is each group's share of the truth?

A small group has a wild estimate, and among many groups the wildest is shown first. So each estimate is pulled towards
the mean of all groups, the more the less surely it is known: partial pooling, with a normal distribution of true
effects over groups. Nobody knows how far these differ (tau), so the answer is the mean over all that it may be, weighed
by how well each explains the estimates: A. Gelman and others, "Bayesian Data Analysis", section 5.4. To take the
likeliest tau alone would make the intervals of few groups far too narrow. Groups are taken as disjoint. Pure.
"""

from collections.abc import Mapping, Sequence
from math import exp, log, sqrt
from typing import NamedTuple

import msgspec

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


class _Answer(NamedTuple):
    """Should groups differ by `tau`."""

    log_weight: float  # how well that explains the estimates, with its prior
    tau: float
    mean: float
    mean_variance: float


def pool(
    dimension: str, groups: Mapping[str, Estimated | None], alpha: float = 0.05, prior_tau: float = PRIOR_TAU
) -> Breakdown:
    """Of lifts by group; None for those that have none. The largest group first."""
    left_out = [value for value, each in groups.items() if each is None or not each.se > 0]
    known = {value: each for value, each in groups.items() if each is not None and each.se > 0}
    if len(known) < 2:
        sentence = "Fewer than two groups have enough data to be compared."
        return Breakdown(dimension, None, None, None, [], left_out, sentence)
    estimates = list(known.values())
    answers = [_answer(estimates, 3 * prior_tau * (step + 0.5) / STEPS, prior_tau) for step in range(STEPS)]
    best = max(answer.log_weight for answer in answers)
    weights = [exp(answer.log_weight - best) for answer in answers]
    whole = sum(weights)
    weights = [weight / whole for weight in weights]
    shrunk = [_shrink(value, each, answers, weights, alpha) for value, each in known.items()]
    shrunk.sort(key=lambda group: (-group.n, group.value))
    mean = sum(weight * answer.mean for weight, answer in zip(weights, answers, strict=True))
    tau = sum(weight * answer.tau for weight, answer in zip(weights, answers, strict=True))
    p = chi_squared_above(_q(estimates), len(estimates) - 1)
    return Breakdown(dimension, mean, tau, p, shrunk, left_out, _sentence(shrunk, p))


def _answer(groups: Sequence[Estimated], tau: float, prior_tau: float) -> _Answer:
    precisions = [1 / (each.se**2 + tau**2) for each in groups]
    total = sum(precisions)
    mean = sum(precision * each.value for precision, each in zip(precisions, groups, strict=True)) / total
    log_weight = -log(total) / 2 - (tau / prior_tau) ** 2 / 2
    for precision, each in zip(precisions, groups, strict=True):
        log_weight += log(precision) / 2 - precision * (each.value - mean) ** 2 / 2
    return _Answer(log_weight, tau, mean, 1 / total)


def _shrink(value: str, of: Estimated, answers: list[_Answer], weights: list[float], alpha: float) -> Group:
    """Mean and variance of the mixture of what each tau says."""
    lift = second = 0.0
    for answer, weight in zip(answers, weights, strict=True):
        own = answer.tau**2 / (answer.tau**2 + of.se**2)  # how much the group's own estimate counts
        centre = own * of.value + (1 - own) * answer.mean
        variance = own * of.se**2 + (1 - own) ** 2 * answer.mean_variance
        lift += weight * centre
        second += weight * (variance + centre**2)
    half = normal_quantile(1 - alpha / 2) * sqrt(max(second - lift**2, 0.0))
    return Group(value, of.n, of.value, of.se, lift, lift - half, lift + half)


def _q(groups: Sequence[Estimated]) -> float:
    """Cochran's: how far the estimates lie apart, by how surely each is known."""
    weights = [1 / each.se**2 for each in groups]
    mean = sum(weight * each.value for weight, each in zip(weights, groups, strict=True)) / sum(weights)
    return sum(weight * (each.value - mean) ** 2 for weight, each in zip(weights, groups, strict=True))


def _sentence(groups: list[Group], p: float) -> str:
    if p >= CLEAR:
        return "No sign that the effect differs between these groups: read the effect of all."
    low, high = min(groups, key=lambda group: group.lift), max(groups, key=lambda group: group.lift)
    return (
        f"The effect differs between groups: from {change(low.lift)} in “{low.value}” to {change(high.lift)} in"
        f" “{high.value}”. Found by looking, so test it before you rely on it."
    )
