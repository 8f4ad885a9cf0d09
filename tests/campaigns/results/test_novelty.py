"""Does an effect fade or grow? Against weighted least squares of statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st

from campaigns.results.novelty import Day, Trend, judge


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.01, 1)), min_size=5, max_size=40))
def test_the_line_is_that_of_weighted_least_squares(of):
    found = judge([Day(str(place), value, se) for place, (value, se) in enumerate(of)])
    values, errors = np.array(of).T

    theirs = sm.WLS(values, sm.add_constant(np.arange(len(of))), weights=1 / errors**2).fit(cov_type="fixed scale")
    assert found.slope == pytest.approx(theirs.params[1], abs=1e-6)
    assert found.p == pytest.approx(theirs.pvalues[1], abs=1e-6)
    assert found.first == pytest.approx(theirs.params[0], abs=1e-6)


@pytest.mark.parametrize(
    ("first", "last", "trend", "words"),
    [
        (0.02, 0.004, Trend.FADING, "The effect fades, as that of something new does"),
        (0.004, 0.02, Trend.GROWING, "The effect grows from day to day"),
        (0.01, -0.01, Trend.TURNING, "The effect turns from day to day"),
        (-0.02, -0.004, Trend.FADING, "The effect fades"),
        (0.01, 0.0101, Trend.STEADY, "No sign that the effect fades or grows"),
    ],
)
def test_a_trend_is_told_in_words(first, last, trend, words):
    found = judge([Day(str(day), value, 0.002) for day, value in enumerate(np.linspace(first, last, 14))], 0.1)

    assert found.trend is trend
    assert found.sentence.startswith(words)
    if trend is Trend.FADING and first > 0:
        assert found.sentence.endswith("About +20 % on the first day, +4 % on the last.")


def test_few_days_or_days_that_do_not_vary_show_none():
    assert judge([Day("1", 0.1, 0.01)] * 4).trend is Trend.UNKNOWN
    assert judge([Day("1", 0.1, 0.0)] * 40).trend is Trend.UNKNOWN
    assert judge([]).sentence == "Too few days to see a trend: 5 are needed."
