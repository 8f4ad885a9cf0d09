"""Clusters around k middles, each visitor in that of the nearest.

Standardising and distances fold into one matrix product: for x standardised, argmin |x - c|^2 = argmin (|c|^2 - 2 c.x).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from segments.clustering.base import Clustering

LEAST_TEMPERATURE = 1e-6


class KMeans(Clustering):
    """k-means; the membership is softmax(-distance^2 / temperature).

    Attributes
    ----------
    temperature_ : float
        Mean squared distance of a visitor to the nearest middle: who lies that much farther from another one is e times
        less of it.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 30.0], [0.0, 40.0]])
    >>> model = KMeans(2, random_state=1).fit(X)
    >>> bool(model.label(X)[0] == model.label(X)[1] != model.label(X)[2])
    True
    """

    KIND = "kmeans"
    TITLE = "k-means"
    SENTENCE = "Compact clusters of similar spread. Each visitor belongs to the one whose middle is nearest."

    temperature_: float

    def _fit(self, Z: np.ndarray) -> None:
        from sklearn.cluster import KMeans as Estimator  # loads for seconds: only workers train

        found = Estimator(self.k, n_init=self.starts or self.STARTS, random_state=self.random_state).fit(Z)
        self.centers_, self.loss_ = found.cluster_centers_, float(found.inertia_)
        self.temperature_ = max(self.loss_ / len(Z), LEAST_TEMPERATURE)

    def _learned(self) -> dict[str, Any]:
        return {"centers": self.centers_.tolist(), "temperature": self.temperature_}

    def _restore(self, plain: Mapping[str, Any]) -> None:
        self.centers_ = np.asarray(plain["centers"], dtype=np.float64)
        self.temperature_ = float(plain["temperature"])

    def _fold(self) -> None:
        centers, space = self.centers_, self.space_
        weights = 2.0 * centers / space.scale / self.temperature_
        self._weights = np.ascontiguousarray(weights)
        self._bias = -(centers**2).sum(axis=1) / self.temperature_ - weights @ space.mean

    def scores(self, values: np.ndarray) -> np.ndarray:
        if values.ndim == 1:
            return self._weights @ values + self._bias
        return values @ self._weights.T + self._bias
