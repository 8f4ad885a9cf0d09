"""Mean and variance of a metric, against numpy and simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.results import sums
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import lack, moments
from campaigns.results.sums import Sums

SHARE, MEAN, RATIO = (Metric(kind, kind, kind) for kind in (Kind.PROPORTION, Kind.MEAN, Kind.RATIO))


@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=50))
def test_the_variance_of_a_mean_is_numpys(values):
    found = moments(sums.of_arrays(values), MEAN)

    assert (found.n, found.df) == (len(values), len(values) - 1)
    assert found.mean == pytest.approx(np.mean(values))
    assert found.variance == pytest.approx(np.var(values, ddof=1), rel=1e-9)


def test_a_share_has_the_variance_of_its_mean():
    assert moments(sums.of_arrays([1, 0, 0, 0]), SHARE)[:3] == (4, 0.25, 0.1875)


def test_the_variance_of_a_ratio_is_the_delta_methods():
    y, d = np.array([3, 0, 2, 5, 1]), np.array([4, 1, 2, 6, 2])
    found = moments(sums.of_arrays(y, d), RATIO)
    (vy, covariance), (_, vd) = np.cov(y, d)
    ratio = y.sum() / d.sum()

    assert found.mean == ratio
    assert found.variance == pytest.approx((vy - 2 * ratio * covariance + ratio**2 * vd) / d.mean() ** 2, rel=1e-12)


def test_the_variance_of_a_ratio_is_that_of_many_repetitions():
    """Clicks of looks: those who look often click otherwise."""
    rng = np.random.default_rng(7)
    looks = rng.geometric(0.3, (4000, 400))
    clicks = rng.binomial(looks, np.minimum(0.1 + 0.01 * looks, 0.5))
    ratios = clicks.sum(axis=1) / looks.sum(axis=1)
    told = [moments(sums.of_arrays(clicks[i], looks[i]), RATIO).squared_error for i in range(300)]

    assert np.mean(told) == pytest.approx(np.var(ratios), rel=0.07)


@pytest.mark.parametrize(
    ("of", "metric", "words"),
    [
        (Sums(), MEAN, "Nobody was in this arm yet."),
        (Sums(n=1), MEAN, "Only one visitor was in this arm yet."),
        (Sums(n=5), RATIO, "Nothing to divide by yet: the lower part of the ratio is 0."),
        (
            Sums(n=5, hits=1, y=2, yy=4),
            SHARE,
            "These sums cannot be right: a share counts each visitor once or not at all.",
        ),
        (Sums(n=5), SHARE, ""),
    ],
)
def test_what_is_lacking_is_said(of, metric, words):
    assert lack(of, metric) == words
