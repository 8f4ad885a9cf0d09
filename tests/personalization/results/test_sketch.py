"""How many different visitors, about."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.results.sketch import EMPTY, ERROR, SIZE, count, join, ranges, sketch_of
from tests.results import sketched, visitor


@given(st.lists(st.sets(st.integers(0, 3000), max_size=1500), max_size=4))
def test_a_joined_sketch_is_that_of_everybody(groups):
    visitors = [{visitor(number) for number in group} for group in groups]

    assert join([sketch_of(group) for group in visitors]) == sketched(set().union(*visitors))


@pytest.mark.parametrize("others", [0, 40, 1500])
def test_many_sketches_are_joined_as_few_are_however_many_visitors_they_share(others):
    groups = [[visitor(number) for number in range(day * others, day * others + 1500)] for day in range(40)]

    assert join(map(sketch_of, groups)) == sketched(set().union(*groups))


def test_few_visitors_are_counted_exactly():
    assert count(EMPTY) == (0, True)
    assert count(sketch_of(visitor(number % 900) for number in range(2000))) == (900, True)


@pytest.mark.parametrize("visitors", [1024, 5000, 60_000])
def test_many_are_counted_within_three_standard_errors(visitors):
    number = count(sketch_of(visitor(number) for number in range(visitors)))

    assert not number.is_exact
    assert math.isclose(number.visitors, visitors, rel_tol=3 * ERROR)


def test_a_sketch_is_bounded():
    assert len(sketch_of(visitor(number) for number in range(5000))) == 8 * SIZE


def test_an_id_lies_in_its_range():
    who = visitor(1)

    ((since,), (until,)) = ranges(sketch_of([who]))

    assert since <= who <= until
