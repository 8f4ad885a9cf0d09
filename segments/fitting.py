"""What clusters do these visitors form? From a table of raw features to a fitted candidate; no site, no database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from segments import preprocessing
from segments.clustering import selection
from segments.clustering.base import Clustering
from segments.clustering.kinds import DEFAULT, KINDS

# What visitors are compared by: what fades with time, and the latest session.
CLUSTER_FEATURES = (
    "pages_recent",
    "product_views_recent",
    "distinct_products",
    "time_recent",
    "category_focus",
    "categories_viewed",
    "searches_recent",
    "price_interest",
    "cart_adds_recent",
    "cart_value",
    "orders_recent",
    "sessions_recent",
    "session_minutes",
    "average_price_viewed",
    "scroll_depth",
)
KS = range(2, 9)
SEED = 20
Tell = Callable[[int, str], None]  # per cent of the training, and what is being done


class TooFew(Exception):
    """There are not enough visitors to learn from yet; more of them help."""


@dataclass(slots=True)
class Candidate:
    """Fitted clusters, before they have a number, with all that is known about them."""

    features: list[str]  # those of the table in which visitors differ
    trial: selection.Trial  # the chosen one
    trials: list[selection.Trial]
    stable: bool

    @property
    def clustering(self) -> Clustering:
        return self.trial.clustering

    def label(self, X: np.ndarray) -> np.ndarray:
        """Position of each row's cluster; columns as in `features`."""
        return self.clustering.label(X)


def fit(
    X: np.ndarray,
    features: Sequence[str],
    kind: str = DEFAULT,
    ks: Sequence[int] = KS,
    tell: Tell = lambda progress, message: None,
) -> Candidate:
    """Fits clusters on raw features, shape (n_visitors, n_features). Raises TooFew when the visitors do not differ."""
    useful = preprocessing.varies(X)
    distinct = len(np.unique(X[:, useful], axis=0))
    ks = [k for k in ks if k < distinct]
    if not ks:
        raise TooFew("The visitors hardly differ from each other yet.")
    X, kept = X[:, useful], [name for name, use in zip(features, useful, strict=True) if use]
    trials = selection.try_all(
        X,
        ks,
        KINDS[kind],
        preprocessing.fit(X),
        SEED,
        lambda k: tell(5 + 80 * ks.index(k) // len(ks), f"Trying {k} clusters"),
    )
    chosen = selection.choose(trials)
    trial = chosen or max(trials, key=lambda trial: trial.stability)
    return Candidate(kept, trial, trials, chosen is not None)
