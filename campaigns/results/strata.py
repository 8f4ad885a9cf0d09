"""What would an effect be if every arm had the same mix of clusters?

Post-stratification: within each stratum (a cluster of visitors that is known before exposure) arms are compared like
with like, and the strata are put together by their share of all visitors. By chance one arm has more of those who buy
anyway; this takes that noise out: L. Miratrix, J. Sekhon, B. Yu, "Adjusting treatment effect estimates by
post-stratification in randomized experiments", JRSS B 75 (2013). For shares, means and revenue. Pure.
"""

from collections.abc import Mapping

from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import Moments, moments
from campaigns.results.sums import Sums, total

LEAST = 20  # visitors of each arm in a stratum; smaller strata are put together


def adjusted(strata: Mapping[str, Mapping[str, Sums]], metric: Metric) -> dict[str, Moments] | None:
    """By arm, of sums by stratum and arm. None where fewer than two strata have LEAST visitors of each arm, or the
    metric is a ratio."""
    usable = _joined(strata)
    if metric.kind is Kind.RATIO or len(usable) < 2:
        return None
    sizes = [sum(sums.n for sums in arms.values()) for arms in usable]
    everybody = sum(sizes)
    found = {}
    for arm in usable[0]:
        n = sum(arms[arm].n for arms in usable)
        mean = squared_error = 0.0
        for size, arms in zip(sizes, usable, strict=True):
            part = moments(arms[arm], metric)
            mean += part.mean * size / everybody
            squared_error += part.squared_error * (size / everybody) ** 2
        found[arm] = Moments(n, mean, squared_error * n, n - len(usable))
    return found


def _joined(strata: Mapping[str, Mapping[str, Sums]]) -> list[dict[str, Sums]]:
    """Strata with the same arms each; those that are too small for some arm are one together, if that is large
    enough, else they go to the largest."""
    arms = sorted({arm for each in strata.values() for arm in each})
    whole = [{arm: each.get(arm, Sums()) for arm in arms} for _, each in sorted(strata.items())]
    large = [each for each in whole if _is_large(each)]
    small = [each for each in whole if not _is_large(each)]
    if not small:
        return large
    rest = {arm: total([each[arm] for each in small]) for arm in arms}
    if _is_large(rest):
        return [*large, rest]
    if not large:
        return []
    largest = max(large, key=lambda each: sum(sums.n for sums in each.values()))
    return [{arm: sums + rest[arm] for arm, sums in each.items()} if each is largest else each for each in large]


def _is_large(arms: Mapping[str, Sums]) -> bool:
    return all(sums.n >= LEAST for sums in arms.values())
