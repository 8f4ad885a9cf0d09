"""What a mixture says beside its densities and beside k-means."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from segments import preprocessing
from segments.clustering.kmeans import KMeans
from segments.clustering.mixture import GaussianMixture
from tests.segments.planted import raw


def test_a_mixture_says_what_its_densities_say():
    """Against the densities themselves, written out: share times normal density, divided by the sum."""
    space = preprocessing.Preprocessing(np.zeros(2), np.full(2, 9.0), np.array([1.0, 2.0]), np.array([0.5, 2.0]))
    centers, variances, weights = (
        np.array([[0.0, 1.0], [1.0, -1.0]]),
        np.array([[0.5, 2.0], [1.0, 0.1]]),
        np.array([0.3, 0.7]),
    )
    plain = {name: getattr(space, name) for name in ("low", "high", "mean", "scale")}
    model = GaussianMixture.from_plain(plain | {"centers": centers, "variances": variances, "weights": weights})
    row = [2.0, 3.0]

    z = (np.log1p(row) - space.mean) / space.scale
    densities = weights * np.prod(
        np.exp(-((z - centers) ** 2) / variances / 2) / np.sqrt(2 * np.pi * variances), axis=1
    )

    assert model.assign(row)[1] == pytest.approx((densities / densities.sum()).tolist(), abs=1e-12)


def test_a_mixture_finds_clusters_of_different_spread_that_k_means_cuts():
    """A dense cluster beside a wide one: k-means takes the wide one's near half for the dense one's."""
    rng = np.random.default_rng(0)
    Z = np.vstack([rng.normal(0, 0.25, (600, 2)), rng.normal([3.0, 0.0], 1.6, (600, 2))])
    groups = np.repeat([0, 1], 600)

    scores = {}
    for kind in (KMeans, GaussianMixture):
        asked = raw(Z, kind)
        labels = kind(2, space=asked["space"]).fit(asked["X"]).label(asked["X"])
        scores[kind] = adjusted_rand_score(groups, labels)

    assert scores[GaussianMixture] > scores[KMeans] + 0.1
