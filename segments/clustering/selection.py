"""How many clusters do these visitors form?

Stability first: the clusters must come back when the visitors are drawn again. Then separation, then size. Expects a
preprocessed `X`; scikit-learn is imported in the functions, because importing it takes seconds and only workers need
it.

References
----------
Hennig (2007), Cluster-wise assessment of cluster stability. Rousseeuw (1987), Silhouettes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

RESAMPLES = 20
STARTS = 10
RESAMPLE_STARTS = 4
LEAST_STABILITY = 0.8
LEAST_SHARE = 0.01
LEAST_VISITORS = 20
MOST_FOR_SILHOUETTE = 5_000
MOST_FOR_STABILITY = 10_000


@dataclass(slots=True)
class Trial:
    """One number of clusters, tried."""

    k: int
    stability: float  # mean adjusted Rand index over the resamples
    silhouette: float
    smallest: int
    inertia: float
    seed: int
    centroids: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    refused: str = ""  # why this k may not be chosen

    def row(self) -> dict:
        """The line of the stability table."""
        numbers = {name: round(float(getattr(self, name)), 4) for name in ("stability", "silhouette", "inertia")}
        return {"k": self.k, **numbers, "smallest": self.smallest, "refused": self.refused}


def try_k(X: np.ndarray, k: int, seed: int) -> Trial:
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    model = KMeans(k, n_init=STARTS, random_state=seed).fit(X)
    labels = model.labels_
    smallest = int(np.bincount(labels, minlength=k).min())
    size = min(len(X), MOST_FOR_SILHOUETTE)
    silhouette = (
        float(silhouette_score(X, labels, sample_size=size, random_state=seed)) if len(set(labels)) > 1 else -1.0
    )
    trial = Trial(
        k,
        stability(X, k, model.cluster_centers_, seed),
        silhouette,
        smallest,
        float(model.inertia_),
        seed,
        model.cluster_centers_,
        labels,
    )
    trial.refused = refusal(trial, len(X))
    return trial


def stability(X: np.ndarray, k: int, centroids: np.ndarray, seed: int) -> float:
    """Mean adjusted Rand index between the clusters of `X` and those of bootstrap resamples, both on all of `X`."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    if len(X) > MOST_FOR_STABILITY:
        X = X[rng.choice(len(X), MOST_FOR_STABILITY, replace=False)]
    reference = nearest(X, centroids)
    scores = []
    for number in range(RESAMPLES):
        resample = X[rng.integers(0, len(X), len(X))]
        again = KMeans(k, n_init=RESAMPLE_STARTS, random_state=seed + number).fit(resample)
        scores.append(adjusted_rand_score(reference, nearest(X, again.cluster_centers_)))
    return float(np.mean(scores))


def nearest(X: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Position of the nearest centroid of each row."""
    return ((centroids**2).sum(axis=1) - 2.0 * X @ centroids.T).argmin(axis=1)


def distances(X: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """Squared distance of each row to its nearest centroid."""
    return ((X**2).sum(axis=1) + ((centroids**2).sum(axis=1) - 2.0 * X @ centroids.T).min(axis=1)).clip(min=0.0)


def least_size(n_samples: int) -> int:
    """Visitors that the smallest cluster must have: 1 %, and 20 where that is few.

    Asking for 200 at once would leave a site of a few thousand visitors without its buyers; 1 % asks for them from
    20,000 on.
    """
    return int(np.ceil(max(LEAST_SHARE * n_samples, LEAST_VISITORS)))


def refusal(trial: Trial, n_samples: int) -> str:
    if trial.stability < LEAST_STABILITY:
        return f"unstable: {trial.stability:.2f} < {LEAST_STABILITY}"
    if trial.smallest < least_size(n_samples):
        return f"smallest cluster {trial.smallest} < {least_size(n_samples)}"
    return ""


def choose(trials: Sequence[Trial]) -> Trial | None:
    """The best separated of the stable ones; None when no number of clusters came back in the resamples."""
    return max(
        (trial for trial in trials if not trial.refused), key=lambda trial: (trial.silhouette, -trial.k), default=None
    )


def try_all(X: np.ndarray, ks: Sequence[int], seed: int, tell: Callable[[int], None] = lambda k: None) -> list[Trial]:
    """One trial per k. On one thread: on a shared machine scikit-learn's threads wait for each other, ten times as long
    as they work."""
    import sklearn.cluster  # noqa: F401 (only libraries that are loaded can be limited)
    from threadpoolctl import threadpool_limits

    trials = []
    with threadpool_limits(1):
        for k in ks:
            tell(k)
            trials.append(try_k(X, k, seed))
    return trials
