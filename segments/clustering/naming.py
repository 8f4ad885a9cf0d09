"""What do we call a cluster? By the feature that sets it most apart from everybody, in words that marketers use."""

from collections.abc import Collection, Sequence

import numpy as np

# Name of a cluster that is high in a feature, and what the feature counts; what says most about intent comes first.
WORDS = {
    "orders_recent": ("Buyers", "orders"),
    "cart_adds_recent": ("Cart fillers", "cart adds"),
    "cart_value": ("Full carts", "cart value"),
    "price_interest": ("Price comparers", "price filters and comparisons"),
    "searches_recent": ("Searchers", "searches"),
    "longest_product_seconds": ("Product ponderers", "time on one product"),
    "sessions_recent": ("Regulars", "visits"),
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
LEAST_APART = 0.35  # standard deviations above everybody's mean
NEARLY = 0.75  # of the strongest deviation: as good a name, if it says more
LEAST_RATIO = 1.15


def apart(means: np.ndarray, overall: np.ndarray, z: np.ndarray, features: Sequence[str]) -> list[str]:
    """The three features in which a cluster differs most, as "3.1x cart adds".

    `means` and `overall` are means of the raw features in the cluster and over everybody, `z` the standardised centroid.
    """
    ratios = {int(i): means[i] / overall[i] for i in np.argsort(-np.abs(z)) if overall[i] > 0}
    told = [i for i, ratio in ratios.items() if not 1 / LEAST_RATIO < ratio < LEAST_RATIO]
    return [f"{ratios[i]:.1f}x {WORDS.get(features[i], ('', features[i]))[1]}" for i in told[:3]]


def names(centroids: np.ndarray, features: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """A name per cluster, all different and none `taken`; the clusters farthest apart choose first."""
    chosen: dict[int, str] = {}
    for position in np.argsort(-centroids.max(axis=1)):
        chosen[int(position)] = _name(centroids[position], features, {*taken, *chosen.values()})
    return [chosen[position] for position in range(len(centroids))]


def _name(centroid: np.ndarray, features: Sequence[str], taken: set[str]) -> str:
    wanted = [WORDS.get(name, (name.replace("_", " ").capitalize(), ""))[0] for name in _telling(centroid, features)]
    for name in [*wanted, QUIET]:
        if name not in taken:
            return name
    base = wanted[0] if wanted else QUIET
    return next(name for number in range(2, 1000) if (name := f"{base} {number}") not in taken)


def _telling(centroid: np.ndarray, features: Sequence[str]) -> list[str]:
    """Features in which the cluster is high: first the nearly strongest ones, by what they say, then the others by strength."""
    intent = {name: position for position, name in enumerate(WORDS)}
    strongest = centroid.max()
    high = [int(i) for i in np.argsort(-centroid) if centroid[i] >= LEAST_APART]
    strong = sorted((i for i in high if centroid[i] >= NEARLY * strongest), key=lambda i: intent.get(features[i], len(intent)))
    return [features[i] for i in [*strong, *(i for i in high if i not in strong)]]
