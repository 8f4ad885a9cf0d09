"""How many visitors, how many days, how small an effect: against statsmodels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.power import NormalIndPower, normal_power_het

from campaigns.rates import Change
from campaigns.results import power, sums
from campaigns.results.effects import Effect
from campaigns.results.intervals import always_valid, reach
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import moments
from campaigns.results.power import Setting

MEAN = Setting(40.0, 900.0)
SHARE = Setting(0.05, 0.05 * 0.95, is_share=True)
lifts = st.floats(0.01, 0.5)


@given(lifts, st.integers(10, 10**6), st.floats(0.1, 0.9))
def test_power_of_means_is_statsmodels(lift, visitors, arm):
    of = Setting(40.0, 900.0, control=1 - arm, arm=arm)

    theirs = NormalIndPower().power(lift * 40 / 30, visitors * (1 - arm), 0.05, ratio=arm / (1 - arm))
    assert power.power(of, lift, visitors) == pytest.approx(theirs, abs=1e-6)


@given(lifts, st.integers(100, 10**6))
def test_power_of_shares_is_that_of_a_test_with_two_variances(lift, visitors):
    """statsmodels leaves the other tail out."""
    changed = 0.05 * (1 + lift)
    spread = (0.05 * 0.95 + changed * (1 - changed)) ** 0.5

    theirs = normal_power_het(0.05 * lift, visitors / 2, 0.05, std_null=spread, alternative="two-sided")
    assert power.power(SHARE, lift, visitors) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(("lift", "wanted"), [(0.02, 0.8), (0.1, 0.8), (0.1, 0.95), (0.5, 0.6)])
def test_the_number_of_visitors_is_statsmodels(lift, wanted):
    of = Setting(40.0, 900.0, power=wanted)
    theirs = NormalIndPower().solve_power(effect_size=lift * 40 / 30, alpha=0.05, power=wanted)

    assert power.visitors_needed(of, lift) == pytest.approx(2 * theirs, abs=1.01)


@given(st.sampled_from([MEAN, SHARE]), lifts)
def test_the_least_lift_and_the_number_of_visitors_are_each_others_inverse(of, lift):
    visitors = power.visitors_needed(of, lift)

    assert power.least_lift(of, visitors) == pytest.approx(lift, rel=0.02)
    assert power.power(of, lift, visitors) >= 0.8 > power.power(of, lift, visitors - 1)


@given(st.sampled_from([MEAN, SHARE]), lifts)
def test_watching_takes_more_visitors_at_a_fixed_end(of, lift):
    once, always = power.visitors_needed(of, lift), power.always_visitors_needed(of, lift)

    assert 1.5 < always / once < 8


def test_a_plan_is_made_of_what_was_measured():
    past = moments(sums.of_arrays([1] * 50 + [0] * 950), Metric("orders", "Orders"))

    assert power.setting(Metric("orders", "Orders"), past) == SHARE
    assert not power.setting(Metric("m", "Minutes", Kind.MEAN), past).is_share


def test_a_duration_is_in_whole_weeks_and_words():
    found = power.duration(SHARE, 0.1, 5_000)

    # Of Cohen's formula: 2 * (1.95996 + .84162)^2 * (.0475 + .051975) / .005^2 = 62,461.
    assert found.visitors == pytest.approx(62_461, abs=40)
    assert (found.days, found.always_days % 7) == (14, 0)
    assert found.sentence.startswith("To find +10 % with a chance of 80 %, about 62,4")
    assert power.duration(SHARE, 0.1, 10**6).days == 7


@pytest.mark.parametrize(
    ("of", "lift", "traffic", "words"),
    [
        (Setting(0.0, 0.0), 0.1, 100, "The metric has no mean above 0 yet"),
        (Setting(float("nan"), 1.0), 0.1, 100, "The metric has no mean above 0 yet"),
        (Setting(1.0, 0.0), 0.1, 100, "The metric is the same for all visitors"),
        (Setting(0.6, 0.24, is_share=True), 1.0, 100, "+100 % of 60 % would be more than all visitors."),
        (SHARE, 0.0, 100, "An effect and two arms with traffic"),
        (Setting(0.05, 0.05, arm=0.0), 0.1, 100, "An effect and two arms with traffic"),
        (SHARE, 0.1, 0, "Nobody arrives"),
        (SHARE, 0.1, float("nan"), "Nobody arrives"),
    ],
)
def test_what_cannot_be_planned_is_said(of, lift, traffic, words):
    found = power.duration(of, lift, traffic)

    assert (found.days, found.always_days) == (None, None)
    assert found.sentence.startswith(words)


def test_no_number_of_visitors_finds_more_than_everybody():
    assert power.least_lift(Setting(0.9, 0.09, is_share=True), 20) is None
    assert power.least_lift(Setting(0.0, 0.0), 20) is None


def effect(value: float, se: float, n: int) -> Effect:
    return Effect(value, se, n, 0.05, always_valid(value, se, n), 1.0, Change(value, 0, 0), 1.0)


def test_days_until_an_effect_is_clear_if_it_stays():
    """After as many more days the error has shrunk so far that the interval just leaves zero out."""
    found = power.days_until_clear(effect(0.1, 0.05, 10_000), 10)
    visitors = 1_000 * (10 + found)

    assert 0.1 / (0.05 * (10_000 / visitors) ** 0.5) == pytest.approx(reach(visitors), rel=0.03)
    assert power.days_until_clear(effect(0.5, 0.05, 10_000), 10) == 0
    assert power.days_until_clear(effect(0.0, 0.05, 10_000), 10) is None
    assert power.days_until_clear(effect(0.1, 0.05, 10_000), 0) is None
