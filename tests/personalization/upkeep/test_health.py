"""Figures of the edge: quantiles of a histogram, read from its steps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.metrics import BUCKETS_MS, Histogram
from personalization.upkeep.health import quantile


@given(st.lists(st.floats(0, 5000), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_an_end_of_a_step_that_so_many_answers_are_within(times, share):
    histogram = Histogram()
    for each in times:
        histogram.observe(each)

    said = quantile(histogram.counts, share)

    if said.startswith("≤"):
        bound = float(said.split()[1])
        assert sum(each <= bound for each in times) >= share * len(times) - 1e-9
        shorter = [step for step in BUCKETS_MS if step < bound]
        if shorter:
            assert sum(each <= shorter[-1] for each in times) < share * len(times)
    else:
        assert sum(each <= BUCKETS_MS[-1] for each in times) < share * len(times)


@pytest.mark.parametrize(("counts", "said"), [([0] * 12, "≤ 0.25 ms"), ([0] * 11 + [4], "> 1000 ms")])
def test_no_answer_and_only_slow_ones(counts, said):
    assert quantile(counts, 0.5) == said
