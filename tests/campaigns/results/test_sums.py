"""Sums of an arm, and the variance that they keep."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.results import sums
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import moments
from campaigns.results.sums import Sums, Value

MEAN = Metric("m", "Minutes", Kind.MEAN)
values = st.lists(
    st.builds(Value, st.integers(-(10**12), 10**12), st.integers(0, 99), st.integers(0, 10**6)), max_size=30
)


@given(values, st.randoms())
def test_sums_add_up_in_any_order_and_grouping(of, chance):
    parts = [sums.of_visitor(value) for value in of]
    together = sums.total(parts)
    chance.shuffle(parts)
    cut = len(parts) // 2

    assert sums.total(parts[cut:]) + sums.total(parts[:cut]) == together
    assert together.fault == ""
    if of:
        assert together == sums.of_arrays(*(np.array(column) for column in zip(*of, strict=True)))


@given(values.filter(bool), st.data())
def test_a_step_is_as_if_the_visitor_had_had_the_new_value_from_the_beginning(of, data):
    place = data.draw(st.integers(0, len(of) - 1))
    new = data.draw(st.builds(Value, st.integers(-(10**9), 10**9), st.integers(0, 9)))

    stepped = sums.total([sums.of_visitor(value) for value in of]) + sums.step(of[place], new)

    assert stepped == sums.total([sums.of_visitor(value) for value in [*of[:place], new, *of[place + 1 :]]])


def test_variance_of_large_amounts_keeps_every_digit():
    """A million visitors of about ten million euros each, who differ by cents: doubles lose all of it."""
    values = 10**9 + np.arange(10**6) % 3
    kept = sums.of_arrays(values)
    exact = Fraction(kept.n * kept.yy - kept.y**2, kept.n * (kept.n - 1))
    by_doubles = float(kept.yy) - float(kept.y) ** 2 / kept.n

    assert kept.yy > 10**23
    assert moments(kept, MEAN).variance == float(exact) == pytest.approx(2 / 3, rel=1e-5)
    assert not math.isclose(by_doubles / (kept.n - 1), 2 / 3, rel_tol=0.1)


def test_rows_of_sql_become_whole_numbers():
    row = {"n": 3, "hits": 1, "y": Decimal("1000000000000000000000001"), "yy": None, "x": 2.0}

    assert sums.of_row(row) == Sums(n=3, hits=1, y=10**24 + 1, x=2)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (sums.of_row({"y": float("nan")}), "y is no whole number"),
        (sums.of_row({"yy": Decimal("Infinity")}), "yy is no whole number"),
        (sums.of_row({"y": 1.5}), "y is no whole number"),
        (sums.of_row({"d": Decimal("NaN")}), "d is no whole number"),
        (Sums(n=-1), "n is below zero"),
        (Sums(n=1, hits=2), "2 visitors with a value among 1"),
        (Sums(n=4, hits=2, y=4, yy=1), "the squares do not fit the sums"),
        (Sums(n=4, x=4, xx=1), "the squares do not fit the sums"),
    ],
)
def test_sums_that_no_visitors_have_are_told(wrong, words):
    assert wrong.fault == words


def test_values_that_are_not_whole_are_refused():
    with pytest.raises(ValueError, match="count in a smaller unit"):
        sums.of_arrays(np.array([0.5]))


def test_visitors_may_be_counted_apart():
    assert sums.of_arrays([1, 0, 1]).among(10) == sums.of_arrays([1, 0, 1] + [0] * 7)
