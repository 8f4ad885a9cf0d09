"""Counts between fixed edges, and what is read from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.features import FEATURES
from segments.histograms import BINS, count, edges_of, quantile

NUMBERS = [feature for feature in FEATURES.values() if feature.unit != "text"]


@pytest.mark.parametrize("feature", NUMBERS, ids=lambda feature: feature.name)
def test_edges_ascend_from_the_lowest_to_the_highest_value(feature):
    edges = edges_of(feature.low, feature.high)

    assert (edges[0], edges[-1], len(edges)) == (feature.low, feature.high, BINS + 1)
    assert (np.diff(edges) > 0).all()


@given(st.lists(st.floats(-10, 300), max_size=60))
def test_every_value_is_counted_once_in_its_place(values):
    edges = edges_of(0, 200)
    counts = count(np.array(values), edges)

    assert (len(counts), counts.sum()) == (len(edges) + 1, len(values))
    assert counts[0] == sum(value <= 0 for value in values)
    assert counts[-1] == sum(value > 200 for value in values)
    for position in range(1, len(edges)):
        assert counts[position] == sum(edges[position - 1] < value <= edges[position] for value in values)


@given(st.lists(st.floats(0, 200), max_size=40), st.lists(st.floats(0, 200), max_size=40))
def test_counts_of_parts_add_up(one, other):
    edges = edges_of(0, 200)

    assert (count(np.array(one + other), edges) == count(np.array(one), edges) + count(np.array(other), edges)).all()


@given(st.lists(st.floats(0, 200), min_size=1, max_size=60), st.floats(0.01, 1))
def test_a_quantile_lies_in_the_bin_of_the_true_one(values, share):
    edges = edges_of(0, 200)
    values = sorted(values)
    true = values[int(np.ceil(share * len(values) - 1e-9)) - 1]

    found = quantile(count(np.array(values), edges).tolist(), edges, share)

    position = np.searchsorted(edges, true, side="left")
    assert edges[max(position - 1, 0)] - 1e-9 <= found <= edges[position] + 1e-9


def test_a_quantile_of_nobody_is_none_and_of_what_lies_beyond_the_edges_an_edge():
    edges = edges_of(0, 200)

    assert quantile(count(np.array([]), edges).tolist(), edges, 0.5) is None
    assert quantile(count(np.array([-3.0, 0.0]), edges).tolist(), edges, 0.5) == 0
    assert quantile(count(np.array([1e9]), edges).tolist(), edges, 0.5) == 200
