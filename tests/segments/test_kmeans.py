"""How much of each cluster a visitor is, by distance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from segments import preprocessing
from segments.clustering.kmeans import KMeans


def kmeans(space, centers, temperature):
    plain = {name: getattr(space, name) for name in ("low", "high", "mean", "scale")}
    return KMeans.from_plain(plain | {"centers": centers, "temperature": temperature})


@settings(max_examples=100, deadline=None)
@given(arrays(float, 5, elements=st.floats(0, 1e9)), st.integers(0, 50))
def test_one_visitor_is_assigned_as_by_the_whole_table(row, seed):
    rng = np.random.default_rng(seed)
    space = preprocessing.fit(rng.gamma(1, 20, (200, 5)))
    centroids = rng.normal(size=(4, 5))

    position, memberships = kmeans(space, centroids, 2.0).assign(row.tolist())

    squared = ((space.transform(row[None]) - centroids) ** 2).sum(axis=1)
    expected = np.exp(-(squared - squared.min()) / 2.0)
    assert squared[position] == pytest.approx(squared.min())
    assert memberships == pytest.approx(expected / expected.sum(), abs=1e-9)
    assert sum(memberships) == pytest.approx(1.0)


def test_temperature_decides_how_soft_a_membership_is():
    space = preprocessing.Preprocessing(*np.array([[0.0], [9.0], [0.0], [1.0]]))

    hard, soft = (kmeans(space, np.array([[0.0], [2.0]]), temperature).assign([1.0])[1] for temperature in (0.1, 100.0))

    assert hard[0] > 0.999
    assert 0.5 < soft[0] < 0.51
