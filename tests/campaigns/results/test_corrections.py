"""Benjamini and Hochberg, against statsmodels."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from campaigns.results.corrections import benjamini_hochberg

ps = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(ps)
def test_it_is_statsmodels(of):
    assert benjamini_hochberg(of) == pytest.approx(list(multipletests(of, method="fdr_bh")[1]), abs=1e-9)


@given(ps)
def test_it_keeps_the_order_and_makes_nothing_surer(of):
    found = benjamini_hochberg(of)

    assert all(given <= adjusted <= 1 for given, adjusted in zip(of, found, strict=True))
    order = sorted(range(len(of)), key=lambda i: of[i])
    assert [found[i] for i in order] == sorted(found)


@given(ps, st.data())
def test_a_larger_probability_makes_none_smaller(of, data):
    place = data.draw(st.integers(0, len(of) - 1))
    larger = [*of[:place], data.draw(st.floats(of[place], 1)), *of[place + 1 :]]

    assert all(a <= b + 1e-12 for a, b in zip(benjamini_hochberg(of), benjamini_hochberg(larger), strict=True))


def test_nothing_has_nothing():
    assert benjamini_hochberg([]) == []
