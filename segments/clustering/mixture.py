"""Clusters of different spread and size, which may overlap: a mixture of normal distributions.

In the logarithm of a component's density the features stand squared and as they are, so that standardising folds into
two matrix products: log w - |(x - m) / s|^2 / 2 - sum log s = a.x^2 + b.x + c.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from segments.clustering.base import Clustering

# Of a feature within a cluster, beside 1 over all visitors. Many features are 0 for most visitors: without a floor such
# a feature has no spread in a cluster, and one visitor who is not 0 there counts as infinitely far away.
LEAST_VARIANCE = 0.05


class GaussianMixture(Clustering):
    """Normal distributions without correlations between features; the membership is the posterior.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
        Share of each cluster; sums to 1.
    variances_ : ndarray of shape (k, n_features)
        Of each feature in each cluster, in `space_`.

    References
    ----------
    Dempster, Laird, Rubin (1977), Maximum likelihood from incomplete data via the EM algorithm.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 30.0], [0.0, 40.0]])
    >>> GaussianMixture(2, random_state=1).fit(X).memberships(X).sum(axis=1).round(6).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    KIND = "mixture"
    TITLE = "Gaussian mixture"
    SENTENCE = "Clusters of different spread and size, which may overlap. Each visitor is partly in several."
    STARTS = 3  # each begins at a k-means, so fewer do

    weights_: np.ndarray
    variances_: np.ndarray

    def _fit(self, Z: np.ndarray) -> None:
        from sklearn.mixture import GaussianMixture as Estimator  # loads for seconds: only workers train

        found = Estimator(
            self.k,
            covariance_type="diag",
            reg_covar=LEAST_VARIANCE,
            n_init=self.starts or self.STARTS,
            random_state=self.random_state,
        ).fit(Z)
        self.centers_, self.variances_, self.weights_ = found.means_, found.covariances_, found.weights_
        self.loss_ = -float(found.lower_bound_)

    def _learned(self) -> dict[str, Any]:
        return {
            "centers": self.centers_.tolist(),
            "variances": self.variances_.tolist(),
            "weights": self.weights_.tolist(),
        }

    def _restore(self, plain: Mapping[str, Any]) -> None:
        self.centers_, self.variances_, self.weights_ = (
            np.asarray(plain[name], dtype=np.float64) for name in ("centers", "variances", "weights")
        )

    def _fold(self) -> None:
        mean = self.space_.mean + self.centers_ * self.space_.scale  # of clipped logarithms, as is the variance
        variance = self.variances_ * self.space_.scale**2
        self._squares = -0.5 / variance
        self._weights = mean / variance
        self._bias = np.log(self.weights_) - 0.5 * (np.log(variance) + mean**2 / variance).sum(axis=1)

    def scores(self, values: np.ndarray) -> np.ndarray:
        if values.ndim == 1:
            return self._squares @ (values * values) + self._weights @ values + self._bias
        return (values * values) @ self._squares.T + values @ self._weights.T + self._bias
