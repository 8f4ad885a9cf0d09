"""What is measured, and what is held down."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.results.metrics import proposed_cap, winsorised


@given(st.integers(-(10**9), 10**9), st.integers(0, 10**9))
def test_a_sum_is_held_between_minus_and_plus_the_cap(value, cap):
    found = winsorised(value, cap)

    assert -cap <= found <= cap
    assert found == value or abs(found) == cap
    assert winsorised(value, None) == value


@given(st.integers(0, 999), st.integers(100, 999), st.sampled_from([0.5, 0.9, 0.99, 0.999, 1.0]))
def test_a_cap_is_the_percentile_of_those_who_bought(seed, buyers, percentile):
    bought = np.random.default_rng(seed).integers(1, 10**6, buyers).tolist()

    theirs = np.percentile(bought, 100 * percentile, method="inverted_cdf")
    assert proposed_cap([0, *bought, -700, 0], percentile) == theirs


@pytest.mark.parametrize("totals", [[], [0] * 1000, [-5] * 1000, [100] * 99])
def test_too_few_buyers_propose_no_cap(totals):
    assert proposed_cap(totals) is None
