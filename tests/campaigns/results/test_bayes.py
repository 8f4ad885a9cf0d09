"""Beliefs about a lift, against SciPy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from campaigns.rates import Change
from campaigns.results.bayes import believe
from campaigns.results.effects import Effect


def lift(value: float, se: float) -> Effect:
    nothing = Change(value, value, value)
    return Effect(value, se, 100, 0.05, nothing, 1.0, nothing, 1.0)


def test_data_and_prior_are_weighed_by_hand():
    """Precisions 1/.1^2 = 100 and 1/.3^2 = 11.1: the lift of .2 counts nine parts of ten."""
    found = believe(lift(0.2, 0.1))

    assert found.mean == pytest.approx(0.18)
    assert found.deviation == pytest.approx(0.3 / 10**0.5)
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.95, 0.18, 0.3 / 10**0.5), abs=1e-9)


@given(st.floats(-2, 2), st.floats(0.01, 1))
def test_chance_and_losses_are_those_of_the_normal_distribution(value, se):
    found = believe(lift(value, se))
    belief = stats.norm(found.mean, found.deviation)

    assert found.chance_to_win == pytest.approx(belief.sf(0), abs=1e-9)
    assert found.loss_of_control - found.loss_of_arm == pytest.approx(found.mean, abs=1e-9)
    low = found.mean - 12 * found.deviation
    if low < 0:
        lost, _ = integrate.quad(lambda x: -x * belief.pdf(x), low, 0)
        assert found.loss_of_arm == pytest.approx(lost, abs=1e-6)


@given(st.floats(-2, 2), st.floats(0.01, 1))
def test_where_less_is_better_all_is_turned_round(value, se):
    more, less = believe(lift(value, se)), believe(lift(value, se), more_is_better=False)

    assert less.chance_to_win == pytest.approx(1 - more.chance_to_win, abs=1e-12)
    assert (less.loss_of_arm, less.loss_of_control) == pytest.approx((more.loss_of_control, more.loss_of_arm))
    assert (less.mean, less.low, less.high) == (more.mean, more.low, more.high)
