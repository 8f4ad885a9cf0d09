"""What a fitted space does with raw features."""

import numpy as np
import pytest

from segments import preprocessing


def test_standardises_what_it_was_fitted_on():
    X = np.random.default_rng(0).gamma(1, 10, (2000, 4))

    Z = preprocessing.fit(X).transform(X)

    assert Z.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-9)
    assert Z.std(axis=0) == pytest.approx(np.ones(4))


def test_clips_what_lies_beyond_the_percentiles():
    X = np.arange(1000.0)[:, None]
    space = preprocessing.fit(X)

    assert space.transform(np.array([[1e12]])) == space.transform(np.array([[995.0]]))


def test_constant_feature_weighs_nothing():
    X = np.column_stack([np.full(100, 7.0), np.arange(100.0)])

    assert preprocessing.fit(X).transform(X)[:, 0] == pytest.approx(np.zeros(100))


def test_feature_that_is_constant_rare_or_hardly_differs_is_left_out():
    rare = np.zeros(1000)
    rare[:5] = 100.0

    X = np.column_stack([np.full(1000, 7.0), np.arange(1000.0), rare, 1 + np.arange(1000.0) / 1e5])

    assert preprocessing.varies(X).tolist() == [False, True, False, False]


def test_refuses_values_below_zero():
    with pytest.raises(ValueError, match="below 0"):
        preprocessing.fit(np.array([[1.0], [-0.5]]))
