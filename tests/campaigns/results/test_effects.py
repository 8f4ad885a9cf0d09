"""Differences and lifts with their intervals, against SciPy and statsmodels, and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

from campaigns.results import effects, pairs, sums
from campaigns.results.intervals import always_valid, always_valid_p, fixed, reach
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import Moments, moments

SHARE, MEAN = Metric("s", "Share"), Metric("m", "Mean", Kind.MEAN)
statsmodels_test = test_proportions_2indep  # its name would make it a test of ours
statsmodels_test.__test__ = False
counts = st.integers(50, 10**6).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n)))


def share_of(events: int, n: int) -> Moments:
    return moments(sums.Sums(n, events, events, events), SHARE)


@given(counts, counts)
def test_a_difference_of_shares_is_statsmodels(control, arm):
    found = effects.difference(share_of(*control), share_of(*arm))

    assert (found.fixed.low, found.fixed.high) == pytest.approx(
        confint_proportions_2indep(*arm, *control, method="wald"), abs=1e-6
    )
    theirs = statsmodels_test(*arm, *control, method="wald", compare="diff").pvalue
    assert found.fixed_p == pytest.approx(theirs, rel=1e-6, abs=1e-12)


@given(*[st.lists(st.integers(-(10**4), 10**4), min_size=3, max_size=40).filter(lambda v: len(set(v)) > 1)] * 2)
def test_a_difference_of_means_is_welchs(control, arm):
    found = effects.difference(*(moments(sums.of_arrays(each), MEAN) for each in (control, arm)))

    theirs = stats.ttest_ind(arm, control, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert (found.fixed.low, found.fixed.high) == pytest.approx((interval.low, interval.high), rel=1e-6)
    assert found.fixed_p == pytest.approx(theirs.pvalue, rel=1e-6)


def test_a_lift_is_the_formula_worked_by_hand():
    """100 of 1,000 and 120 of 1,000: .2, and .09 .12^2 / (.1^4 1000) + .1056 / (.1^2 1000) = .012960 + .010560."""
    found = effects.lift(share_of(100, 1000), share_of(120, 1000))

    assert found.value == pytest.approx(0.2)
    assert found.se == pytest.approx(math.sqrt(0.02352))
    assert (found.fixed.low, found.fixed.high) == pytest.approx((0.2 - 0.300584, 0.2 + 0.300584), abs=1e-6)


def test_the_error_of_a_lift_is_that_of_many_repetitions():
    rng = np.random.default_rng(8)
    control, arm = rng.binomial(20_000, 0.05, 50_000), rng.binomial(5_000, 0.06, 50_000)
    lifts = (arm / 5_000) / (control / 20_000) - 1

    assert effects.lift(share_of(1000, 20_000), share_of(300, 5_000)).se == pytest.approx(lifts.std(), rel=0.02)


def test_an_always_valid_interval_is_the_formula_worked_by_hand():
    """N = 10,000, alpha .05: rho^2 = (5.991465 + ln 6.991465) / 5000 = .001587231, N rho^2 = 15.87231."""
    expected = math.sqrt(2 * 16.87231 / 15.87231 * math.log(math.sqrt(16.87231) / 0.05))

    assert reach(10_000) == pytest.approx(expected, rel=1e-5)
    assert always_valid(1.0, 0.1, 10_000).low == pytest.approx(1 - 0.1 * expected, rel=1e-5)


@given(st.floats(0, 8), st.integers(2, 10**7))
def test_the_probability_and_the_interval_leave_zero_out_together(distance, n):
    interval = always_valid(distance, 1.0, n)
    p = always_valid_p(distance, 1.0, n)

    assert 0 < p <= 1
    if abs(interval.low) > 1e-9:
        assert (p < 0.05) == (interval.low > 0)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 10**8), st.floats(1, 1e6))
def test_intervals_hold_the_effect_and_always_costs_more_than_once(value, se, n, df):
    once, always = fixed(value, se, math.inf), always_valid(value, se, n)

    assert always.low < once.low <= value <= once.high < always.high
    assert fixed(value, se, df).low <= once.low + 1e-9 * abs(se)


def test_adaptive_arms_have_no_interval_for_one_look():
    found = effects.lift(share_of(100, 1000), share_of(120, 1000), with_one_look=False)

    assert (found.fixed, found.fixed_p) == (None, None)
    assert found.always.low < found.value < found.always.high


@pytest.mark.parametrize(
    ("control", "words"),
    [
        (Moments(100, 0.0, 0.0), "Control's mean is 0"),
        (Moments(100, -3.0, 1.0), "Control's mean is below 0"),
        (Moments(100, 1.0, 100.0), "Control's mean is not clearly above 0 yet"),
        (Moments(100, 4.0, 100.0), ""),
    ],
)
def test_a_lift_needs_a_control_that_is_surely_above_zero(control, words):
    assert effects.lack_of_lift(control).startswith(words)
    assert bool(effects.lack_of_lift(control)) == bool(words)


def test_what_never_varies_has_no_interval():
    same, other = Moments(50, 1.0, 0.0), Moments(50, 0.0, 0.0)

    assert effects.lack(same, same) == "The value is the same for all visitors: nothing tells how sure a difference is."
    assert effects.lack(same, other).startswith("The value is the same for all visitors of an arm")
    assert effects.lack(same, Moments(50, 0.5, 0.25)) == ""


def test_an_effect_is_called_where_lift_and_difference_both_say_so():
    """40 of 3,000 against 80, and the other way round: the lift alone doubts the gain, and overrates the loss."""
    gain, loss = (pairs.pair(share_of(a, 3000), share_of(b, 3000)) for a, b in ((40, 80), (80, 40)))

    assert gain.difference.fixed_p == pytest.approx(loss.difference.fixed_p)
    assert loss.lift.fixed_p < loss.difference.fixed_p < gain.lift.fixed_p
    assert (gain.p, loss.p) == (gain.lift.p, loss.difference.p)
    assert pairs.Pair().p is None


def test_without_an_effect_few_looks_call_one():
    """A short sample of `tests/studies/test_experiments.py`: 500 experiments, each looked at ten times."""
    rng, once, always = np.random.default_rng(12), [], []
    for _ in range(500):
        control, arm = rng.binomial(500, 0.1, (2, 10)).cumsum(axis=1).tolist()
        looks = [effects.lift(share_of(control[k], 500 * (k + 1)), share_of(arm[k], 500 * (k + 1))) for k in range(10)]
        once.append(looks[-1].fixed_p < 0.05)
        always.append(min(look.p for look in looks) < 0.05)

    assert np.mean(once) == pytest.approx(0.05, abs=0.03)
    assert np.mean(always) <= 0.05
