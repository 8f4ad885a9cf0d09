"""Intervals, against SciPy and published figures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from campaigns.rates import Change, Estimate, change_of_means, change_of_shares, mean, share

counts = st.integers(1, 10**7).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@given(counts)
def test_the_interval_of_a_share_is_scipys(of):
    found = share(*of)

    low, high = stats.binomtest(*of).proportion_ci(0.95, "wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert 0 <= found.low <= found.value <= found.high <= 1


@given(counts, st.floats(0, 0.1))
def test_trials_that_are_estimated_widen_it(of, error):
    exact, estimated = share(*of), share(*of, error)

    assert 0 <= estimated.low <= exact.low + 1e-12
    assert exact.high <= estimated.high + 1e-12


def test_nothing_tried_has_no_share_and_more_than_all_is_a_mistake():
    assert share(0, 0) is None
    with pytest.raises(ValueError, match="3 events of 2 trials"):
        share(3, 2)


# Newcombe 1998, table II, method 10.
@pytest.mark.parametrize(
    ("first", "second", "interval"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
        ((10, 10), (0, 10), (0.6075, 1.0000)),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(first, second, interval, monkeypatch):
    monkeypatch.setattr(Estimate, "is_enough", True)

    found = change_of_shares(share(*first), share(*second))

    assert (found.low, found.high) == pytest.approx(interval, abs=5e-5)


def test_the_interval_of_a_difference_covers_the_truth():
    """Of 4,000 pairs drawn with a known seed, about 95 %."""
    rng, truth = np.random.default_rng(4), 0.05 - 0.04
    pairs = zip(rng.binomial(3000, 0.05, 4000), rng.binomial(2000, 0.04, 4000), strict=True)
    found = [change_of_shares(share(int(a), 3000), share(int(b), 2000)) for a, b in pairs]

    assert np.mean([each.low <= truth <= each.high for each in found]) == pytest.approx(0.95, abs=0.012)


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=60))
def test_the_interval_of_a_mean_is_scipys(values):
    found = mean(sum(values), sum(value**2 for value in values), sum(map(bool, values)), len(values))

    scale = stats.sem(values)
    low, high = stats.norm.interval(0.95, np.mean(values), scale) if scale else (np.mean(values),) * 2
    assert (found.low, found.high) == pytest.approx((max(low, 0), high), rel=1e-6, abs=1e-3)


def test_the_interval_of_a_difference_of_means_covers_the_truth():
    """Revenue per visitor: 3 of 100 buy, for about 40, against 2 of 100."""
    rng, covered = np.random.default_rng(5), []
    for _ in range(1000):
        sides = []
        for buys in (0.03, 0.02):
            values = rng.exponential(40, 4000) * (rng.random(4000) < buys)
            sides.append(mean(values.sum(), (values**2).sum(), int((values > 0).sum()), 4000))
        found = change_of_means(*sides)
        covered.append(found.low <= 0.4 <= found.high)

    assert np.mean(covered) == pytest.approx(0.95, abs=0.025)


@pytest.mark.parametrize(
    ("of", "is_enough"), [((10, 100), True), ((9, 100), False), ((10, 99), False), ((500, 1000), True)]
)
def test_enough_is_a_hundred_looks_and_ten_events(of, is_enough):
    assert share(*of).is_enough == is_enough


def test_without_enough_data_nothing_is_compared():
    assert change_of_shares(share(9, 1000), share(90, 1000)) is None
    assert change_of_shares(None, share(90, 1000)) is None
    assert change_of_means(mean(5.0, 25.0, 1, 200), mean(5.0, 25.0, 1, 200)) is None


@pytest.mark.parametrize(
    ("low", "high", "verdict"), [(0.01, 0.02, "higher"), (-0.02, -0.01, "lower"), (-0.01, 0.01, "none")]
)
def test_a_difference_is_clear_where_its_whole_interval_says_so(low, high, verdict):
    assert Change(0.0, low, high).verdict == verdict
