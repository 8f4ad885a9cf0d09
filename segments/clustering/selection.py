"""How many clusters do these visitors form?

Stability first: the clusters must come back when the visitors are drawn again. Then separation, then size. Asks for raw
features and the space in which they are compared; scikit-learn is imported in the functions, because importing it takes
seconds and only workers need it.

References
----------
Hennig (2007), Cluster-wise assessment of cluster stability. Rousseeuw (1987), Silhouettes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np

from segments.clustering.base import Clustering
from segments.preprocessing import Preprocessing

RESAMPLES = 20
RESAMPLE_STARTS = 4  # at most, of each
LEAST_STABILITY = 0.8
LEAST_SHARE = 0.01
LEAST_VISITORS = 20
MOST_FOR_SILHOUETTE = 5_000
MOST_FOR_STABILITY = 10_000


class TrialRow(TypedDict):
    """A line of the stability table, rounded to four decimals."""

    k: int
    stability: float
    silhouette: float
    loss: float
    smallest: int  # visitors of the smallest cluster
    refused: str


@dataclass(slots=True)
class Trial:
    """One number of clusters, tried."""

    k: int
    stability: float  # mean adjusted Rand index over the resamples
    silhouette: float
    smallest: int
    clustering: Clustering = field(repr=False)
    labels: np.ndarray = field(repr=False)
    refused: str = ""  # why this k may not be chosen

    def row(self) -> TrialRow:
        """The line of the stability table."""
        return {
            "k": self.k,
            "stability": round(float(self.stability), 4),
            "silhouette": round(float(self.silhouette), 4),
            "loss": round(float(self.clustering.loss_), 4),
            "smallest": self.smallest,
            "refused": self.refused,
        }


def try_k(X: np.ndarray, k: int, kind: type[Clustering], space: Preprocessing, seed: int) -> Trial:
    clustering = kind(k, random_state=seed, space=space).fit(X)
    labels = clustering.label(X)
    smallest = int(np.bincount(labels, minlength=k).min())
    trial = Trial(
        k, stability(X, clustering, seed), silhouette(space.transform(X), labels, seed), smallest, clustering, labels
    )
    trial.refused = refusal(trial, len(X))
    return trial


def silhouette(Z: np.ndarray, labels: np.ndarray, seed: int) -> float:
    """Of a labelling, on a sample of at most `MOST_FOR_SILHOUETTE`; -1 when all have one label, or each its own."""
    from sklearn.metrics import silhouette_score

    if len(Z) > MOST_FOR_SILHOUETTE:
        sample = np.random.default_rng(seed).choice(len(Z), MOST_FOR_SILHOUETTE, replace=False)
        Z, labels = Z[sample], labels[sample]
    if not 1 < len(np.unique(labels)) < len(labels):
        return -1.0
    return float(silhouette_score(Z, labels))


def stability(X: np.ndarray, clustering: Clustering, seed: int) -> float:
    """Mean adjusted Rand index between the clusters of `X` and those of bootstrap resamples, both on all of `X`."""
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    if len(X) > MOST_FOR_STABILITY:
        X = X[rng.choice(len(X), MOST_FOR_STABILITY, replace=False)]
    reference, kind = clustering.label(X), type(clustering)
    scores = []
    for number in range(RESAMPLES):
        resample = X[rng.integers(0, len(X), len(X))]
        again = kind(
            clustering.k,
            random_state=seed + number,
            starts=min(kind.STARTS, RESAMPLE_STARTS),
            space=clustering.space_,
        ).fit(resample)
        scores.append(adjusted_rand_score(reference, again.label(X)))
    return float(np.mean(scores))


def least_size(n_samples: int) -> int:
    """Visitors that the smallest cluster must have: 1 %, and 20 where that is few.

    Asking for 200 at once would leave a site of a few thousand visitors without its buyers; 1 % asks for them from
    20,000 on.
    """
    return int(np.ceil(max(LEAST_SHARE * n_samples, LEAST_VISITORS)))


def refusal(trial: Trial, n_samples: int) -> str:
    if trial.stability < LEAST_STABILITY:
        return f"comes out differently each time: {trial.stability:.2f}, and {LEAST_STABILITY} is needed"
    if trial.smallest < least_size(n_samples):
        return f"a cluster of {trial.smallest} is too small: {least_size(n_samples)} are needed"
    return ""


def choose(trials: Sequence[Trial]) -> Trial | None:
    """The best separated of the stable ones; None when no number of clusters came back in the resamples."""
    return max(
        (trial for trial in trials if not trial.refused), key=lambda trial: (trial.silhouette, -trial.k), default=None
    )


def try_all(
    X: np.ndarray,
    ks: Sequence[int],
    kind: type[Clustering],
    space: Preprocessing,
    seed: int,
    tell: Callable[[int], None] = lambda k: None,
) -> list[Trial]:
    """One trial per k. On one thread: on a shared machine scikit-learn's threads wait for each other, ten times as long
    as they work."""
    import sklearn.cluster  # noqa: F401 (only libraries that are loaded can be limited)
    from threadpoolctl import threadpool_limits

    trials = []
    with threadpool_limits(1):
        for k in ks:
            tell(k)
            trials.append(try_k(X, k, kind, space, seed))
    return trials
