"""Which cluster is one visitor nearest to, and how much of each?

A fitted k-means as two arrays. Preprocessing is affine after clipping, so standardising and distances fold into one
matrix product: for x standardised, argmin |x - c|^2 = argmin (|c|^2 - 2 c.x).
"""

from collections.abc import Sequence
from math import exp
from typing import Any, Protocol

import numpy as np

MIN_EVENTS = 2  # who did one thing only is in no cluster, in training and when deciding


class Fitted(Protocol):
    """A fitted model as plain data: `campaigns.release.Clusters` has lists, `segments.artifacts.ClusterModel`
    arrays."""

    @property
    def version(self) -> int: ...
    @property
    def features(self) -> list[str]: ...
    @property
    def low(self) -> Any: ...
    @property
    def high(self) -> Any: ...
    @property
    def mean(self) -> Any: ...
    @property
    def scale(self) -> Any: ...
    @property
    def centroids(self) -> Any: ...
    @property
    def temperature(self) -> float: ...
    @property
    def names(self) -> list[str]: ...
    @property
    def ids(self) -> list[int]: ...


class KMeans:
    """Assigns visitors to the clusters of a fitted model.

    Parameters
    ----------
    fitted : Fitted
        `low` and `high` clip log1p of the features, `mean` and `scale` standardise them, `centroids` are standardised.
    """

    __slots__ = ("_bias", "_high", "_low", "_weights", "features", "ids", "names", "temperature", "version")

    def __init__(self, fitted: Fitted):
        self.version = fitted.version
        self.features = tuple(fitted.features)
        self.names = tuple(fitted.names)
        self.ids = tuple(fitted.ids) or tuple(range(1, len(fitted.centroids) + 1))
        self.temperature = fitted.temperature
        self._low, self._high = np.asarray(fitted.low, dtype=np.float64), np.asarray(fitted.high, dtype=np.float64)
        centroids = np.asarray(fitted.centroids, dtype=np.float64)
        scale = np.asarray(fitted.scale, dtype=np.float64)
        weights = -2.0 * centroids / scale
        self._weights = np.ascontiguousarray(weights)
        self._bias = (centroids**2).sum(axis=1) - weights @ np.asarray(fitted.mean, dtype=np.float64)

    def assign(self, row: Sequence[float]) -> tuple[int, list[float]]:
        """Position of the nearest centroid, and the soft membership in each cluster: softmax(-distance^2 /
        temperature), summing to 1.

        `row` are raw features in the order of `features`, not negative.
        """
        values = np.log1p(row)
        np.maximum(values, self._low, out=values)
        np.minimum(values, self._high, out=values)
        scores = (self._weights @ values + self._bias).tolist()
        nearest = min(scores)
        temperature = self.temperature
        parts = [exp((nearest - score) / temperature) for score in scores]
        total = sum(parts)
        return scores.index(nearest), [part / total for part in parts]
