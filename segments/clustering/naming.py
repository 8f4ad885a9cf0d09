"""What do we call a cluster? By the strongest of the differences that are shown beside its name, in words that
marketers use."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

# Name of a cluster that is high in a feature, and what the feature counts; what says most about intent comes first.
WORDS = {
    "orders_recent": ("Buyers", "orders"),
    "cart_adds_recent": ("Cart fillers", "cart adds"),
    "cart_value": ("Full carts", "cart value"),
    "price_interest": ("Price comparers", "price filters and comparisons"),
    "searches_recent": ("Searchers", "searches"),
    "longest_product_seconds": ("Product ponderers", "time on one product"),
    "sessions_recent": ("Frequent visitors", "visits"),
    "distinct_products": ("Product explorers", "different products"),
    "product_views_recent": ("Product viewers", "product views"),
    "categories_viewed": ("Category hoppers", "categories"),
    "time_recent": ("Close readers", "visible time"),
    "pages_recent": ("Page turners", "pages"),
    "category_focus": ("Single-minded", "focus on one category"),
    "session_minutes": ("Long stayers", "session length"),
    "internal_clicks": ("Link followers", "internal clicks"),
    "scroll_depth": ("Deep scrollers", "scroll depth"),
    "average_price_viewed": ("Premium viewers", "price viewed"),
}
QUIET = "Passers-by"
ORDINARY = "Regular visitors"
SHOWN = 3
# Standard deviations from everybody's mean. A name claims a kind of visitor, so it takes more than a difference worth
# showing:
# in a cluster that holds most visitors nothing is far from the mean, and such a cluster is the ordinary visitor.
LEAST_APART = 0.6
NEARLY = 0.75  # of the strongest deviation: as good a name, if it says more
LEAST_RATIO = 1.15
HARDLY_ANY = 0.05


@dataclass(frozen=True, slots=True)
class Difference:
    """`ratio` of the cluster's mean to everybody's; `z` the same distance in standard deviations of the clipped
    logarithm."""

    feature: str
    ratio: float
    z: float

    @property
    def counts(self) -> str:
        return WORDS.get(self.feature, ("", self.feature.replace("_", " ")))[1]

    def __str__(self) -> str:
        return f"hardly any {self.counts}" if self.ratio < HARDLY_ANY else f"{self.ratio:.1f}x {self.counts}"


def differences(means: np.ndarray, overall: np.ndarray, z: np.ndarray, features: Sequence[str]) -> list[Difference]:
    """The three features in which a cluster differs most, the strongest first.

    `means` and `overall` are means of the raw features in the cluster and over everybody, `z` the standardised
    centroid.
    """
    ranked = [
        Difference(features[i], float(means[i] / overall[i]), float(z[i]))
        for i in np.argsort(-np.abs(z))
        if overall[i] > 0
    ]
    return [difference for difference in ranked if not 1 / LEAST_RATIO < difference.ratio < LEAST_RATIO][:SHOWN]


def names(shown: Sequence[Sequence[Difference]], taken: Collection[str] = ()) -> list[str]:
    """A name per cluster, all different and none `taken`; the clusters farthest apart choose first."""
    chosen: dict[int, str] = {}
    for position in sorted(range(len(shown)), key=lambda position: -_strength_of(shown[position])):
        chosen[position] = _name(shown[position], {*taken, *chosen.values()})
    return [chosen[position] for position in range(len(shown))]


def _strength_of(shown: Sequence[Difference]) -> float:
    return max((difference.z for difference in shown), default=0.0)


def _name(shown: Sequence[Difference], taken: set[str]) -> str:
    wanted = _telling_differences(shown) or [QUIET if _is_quiet(shown) else ORDINARY]
    closer = [f"{wanted[0]}, {'high' if difference.z > 0 else 'low'} {difference.counts}" for difference in shown]
    numbered = (f"{wanted[0]} {number}" for number in range(2, 1000))
    return next(name for name in [*wanted, *closer, *numbered] if name not in taken)


def _is_quiet(shown: Sequence[Difference]) -> bool:
    return any(difference.z <= -LEAST_APART for difference in shown)


def _telling_differences(shown: Sequence[Difference]) -> list[str]:
    """Names of the differences in which the cluster is high: the nearly strongest by what they say about intent, then
    the others."""
    intent = {feature: position for position, feature in enumerate(WORDS)}
    high = sorted(
        (difference for difference in shown if difference.z >= LEAST_APART and difference.ratio > 1),
        key=lambda difference: -difference.z,
    )
    strong = [difference for difference in high if difference.z >= NEARLY * _strength_of(shown)]
    strong.sort(key=lambda difference: intent.get(difference.feature, len(intent)))
    ranked = [*strong, *(difference for difference in high if difference not in strong)]
    return [WORDS.get(difference.feature, (difference.counts.capitalize(), ""))[0] for difference in ranked]
