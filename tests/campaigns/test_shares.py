import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.shares import equal, shares_of


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=12).filter(any))
def test_shares_are_whole_sum_up_to_a_hundred_and_are_off_by_less_than_one(weights):
    shares = shares_of(weights)

    assert sum(shares) == 100
    exact = [weight * 100 / sum(weights) for weight in weights]
    assert all(abs(share - wanted) < 1 for share, wanted in zip(shares, exact, strict=True))


@pytest.mark.parametrize(
    ("number", "shares"), [(1, [100]), (2, [50, 50]), (3, [34, 33, 33]), (7, [15, 15, 14, 14, 14, 14, 14])]
)
def test_equal_shares_differ_by_one_at_most(number, shares):
    assert equal(number) == shares


def test_without_a_weight_nobody_has_a_share():
    assert shares_of([0, 0]) == [0, 0] and shares_of([]) == []
