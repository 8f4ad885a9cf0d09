"""What is an effect worth?"""

import pytest

from campaigns.rates import Change
from campaigns.results.effects import Effect
from campaigns.results.impact import of_difference
from campaigns.results.metrics import Kind, Metric

FOUND = Effect(0.02, 0.005, 9_000, 0.05, Change(0.02, 0.001, 0.039), 0.04, None, None)


def test_it_is_the_difference_times_visitors_with_its_interval():
    found = of_difference(Metric("m", "Revenue", Kind.REVENUE), FOUND, 4_500, 1_000)

    assert found.so_far == pytest.approx((90, 4.5, 175.5))
    assert found.per_month == pytest.approx((600, 30, 1170))


def test_without_traffic_there_is_no_month_and_ratios_have_none():
    assert of_difference(Metric("m", "Orders"), FOUND, 4_500, 0).per_month is None
    assert of_difference(Metric("m", "Clicks of looks", Kind.RATIO), FOUND, 4_500, 1_000).so_far is None
