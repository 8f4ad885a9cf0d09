"""Noise that was there before: taken out, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.results import cuped, sums
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import moments
from campaigns.results.sums import Sums

MEAN, SHARE, RATIO = (Metric(kind, kind, kind) for kind in (Kind.MEAN, Kind.PROPORTION, Kind.RATIO))


def arms_of(rho: float, effect: int = 0, n: int = 40_000, seed: int = 1) -> dict[str, Sums]:
    """Values and covariates that correlate by rho, in thousandths."""
    rng = np.random.default_rng(seed)
    found = {}
    for arm in "ab":
        x = rng.normal(size=n)
        y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)
        shift = effect if arm == "b" else 0
        found[arm] = sums.of_arrays(
            np.rint(1000 * y + 5000 + shift).astype(int), x=np.rint(1000 * x + 3000).astype(int)
        )
    return found


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.6, 0.9, -0.7])
def test_the_variance_becomes_one_less_the_square_of_the_correlation(rho):
    arms = arms_of(rho)

    for arm, found in cuped.adjusted(arms, MEAN).items():
        assert found.variance / moments(arms[arm], MEAN).variance == pytest.approx(1 - rho**2, abs=0.02)


def test_the_effect_keeps_its_expectation_and_varies_less():
    raw, adjusted = [], []
    for seed in range(200):
        arms = arms_of(0.8, effect=50, n=1_000, seed=seed)
        found = cuped.adjusted(arms, MEAN)
        raw.append(moments(arms["b"], MEAN).mean - moments(arms["a"], MEAN).mean)
        adjusted.append(found["b"].mean - found["a"].mean)

    assert np.mean(adjusted) == pytest.approx(50, abs=4 * 27 / np.sqrt(200))
    assert np.var(adjusted) / np.var(raw) == pytest.approx(1 - 0.8**2, abs=0.12)


def test_it_is_the_definition_over_visitors():
    rng = np.random.default_rng(3)
    y, x = rng.integers(0, 99, (2, 60)), rng.integers(0, 99, (2, 60))
    found = cuped.adjusted({"a": sums.of_arrays(y[0], x=x[0]), "b": sums.of_arrays(y[1], x=x[1])}, MEAN)
    theta = np.cov(y.ravel(), x.ravel())[0, 1] / np.var(x.ravel(), ddof=1)
    adjusted = y - theta * (x - x.mean())

    for place, arm in enumerate("ab"):
        assert found[arm].mean == pytest.approx(adjusted[place].mean(), rel=1e-9)
        assert found[arm].variance == pytest.approx(np.var(adjusted[place], ddof=1), rel=1e-9)


@given(st.lists(st.integers(0, 1), min_size=2, max_size=30), st.lists(st.integers(0, 1), min_size=2, max_size=30))
def test_a_covariate_that_is_the_same_for_all_adjusts_nothing(first, second):
    arms = {"a": sums.of_arrays(first, x=[7] * len(first)), "b": sums.of_arrays(second, x=[7] * len(second))}

    assert cuped.adjusted(arms, SHARE) is None


def test_ratios_are_not_adjusted():
    assert cuped.adjusted(arms_of(0.5), RATIO) is None
