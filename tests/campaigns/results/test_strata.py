"""Post-stratification by cluster."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.results import strata, sums
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import moments
from campaigns.results.sums import Sums

SHARE, MEAN = Metric("s", "Share"), Metric("m", "Mean", Kind.MEAN)
sizes = st.lists(st.integers(20, 99), min_size=2, max_size=4)


@given(sizes, st.integers(1, 4), st.integers(0, 999))
def test_where_arms_have_the_same_mix_the_mean_is_the_raw_one(of, times, seed):
    rng = np.random.default_rng(seed)
    parts = {
        str(place): {
            "a": sums.of_arrays(rng.integers(0, 9, n)),
            "b": sums.of_arrays(rng.integers(0, 9, n * times)),
        }
        for place, n in enumerate(of)
    }

    found = strata.adjusted(parts, MEAN)

    for arm in "ab":
        raw = moments(sums.total([each[arm] for each in parts.values()]), MEAN)
        assert found[arm].mean == pytest.approx(raw.mean, rel=1e-9)
        assert found[arm].n == raw.n


def test_a_mix_that_differs_is_made_even():
    """Control has 100 loyal of 200, the arm 40 of 200; half of the loyal buy, and a tenth of the others: no effect."""
    loyal = {"a": Sums(100, 50, 50, 50), "b": Sums(40, 20, 20, 20)}
    others = {"a": Sums(100, 10, 10, 10), "b": Sums(160, 16, 16, 16)}

    found = strata.adjusted({"loyal": loyal, "new": others}, SHARE)

    assert found["a"].mean == pytest.approx(found["b"].mean) == pytest.approx(0.5 * 0.35 + 0.1 * 0.65)
    assert found["b"].squared_error == pytest.approx(0.35**2 * 0.25 / 40 + 0.65**2 * 0.09 / 160)


def test_the_error_is_that_of_many_repetitions():
    """Two clusters of 70 and 30 %, whose rates are .05 and .6: the raw error is a third larger."""
    rng, means, told = np.random.default_rng(5), [], []
    for _ in range(1500):
        in_second = rng.random(2000) < 0.3
        buys = rng.random(2000) < np.where(in_second, 0.6, 0.05)
        is_arm = rng.random(2000) < 0.5
        parts = {
            str(cluster): {
                arm: sums.of_arrays(buys[(in_second == cluster) & (is_arm == (arm == "b"))].astype(int)) for arm in "ab"
            }
            for cluster in (False, True)
        }
        found = strata.adjusted(parts, SHARE)
        means.append(found["b"].mean - found["a"].mean)
        told.append(found["a"].squared_error + found["b"].squared_error)

    assert np.mean(told) == pytest.approx(np.var(means), rel=0.1)


def test_small_strata_are_put_together_or_to_the_largest():
    large = {"a": Sums(50), "b": Sums(60)}
    small = {"a": Sums(12), "b": Sums(15)}

    assert strata.adjusted({"x": large, "y": large, "tiny": small}, SHARE)["a"].n == 112
    assert strata.adjusted({"x": large, "p": small, "q": small}, SHARE)["a"].n == 74
    assert strata.adjusted({"x": large, "tiny": small}, SHARE) is None
    assert strata.adjusted({}, SHARE) is None
