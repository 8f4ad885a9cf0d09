"""The chance to be the best, against SciPy's adaptive quadrature and against drawing."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from campaigns.bandits.winning import Beta, Normal, chances_to_win

counts = st.tuples(st.floats(0.5, 1e5), st.floats(0.5, 1e5))


def by_quadrature(middle: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """The integral of ALGORITHMS section 4, arm by arm."""

    def chance(arm: int) -> float:
        others = np.arange(len(middle)) != arm
        ends = (middle[others, None] + scale[others, None] * [-6, -2, 0, 2, 6] - middle[arm]) / scale[arm]

        def integrand(t: float) -> float:
            z = (middle[arm] + t * scale[arm] - middle[others]) / scale[others]
            return np.exp(-t * t / 2) / np.sqrt(2 * np.pi) * np.prod(special.ndtr(z))

        # By itself it overlooks the step of an arm that is a thousand times as narrow.
        points = np.unique(np.clip([-9, *ends.ravel(), 9], -9, 9))
        return sum(integrate.quad(integrand, low, high)[0] for low, high in pairwise(points))

    return np.array([chance(arm) for arm in range(len(middle))])


def beta(*arms: tuple[float, float]) -> Beta:
    successes, failures = np.array(arms, dtype=float).T
    return Beta(successes[None], failures[None])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-3, 0)), min_size=2, max_size=6))
def test_of_normal_arms_it_is_the_integral(arms):
    middle, exponent = np.array(arms).T
    scale = 10**exponent

    found = chances_to_win(Normal(middle[None], scale[None]))[0]

    assert found == pytest.approx(by_quadrature(middle, scale), abs=2e-5)


@settings(max_examples=200)
@given(counts, counts)
def test_of_two_rates_it_is_the_known_sum(one, two):
    """P(X > Y) for whole parameters of X: Cook, "Exact calculation of beta inequalities" (2005)."""
    (a, b), (c, d) = (float(min(round(one[0]) or 1, 500)), one[1]), two
    below = sum(
        np.exp(special.betaln(c + i, d + b) - np.log(b + i) - special.betaln(1 + i, b) - special.betaln(c, d))
        for i in range(int(a))
    )

    found = chances_to_win(beta((a, b), (c, d)))[0]

    assert found[0] == pytest.approx(below, abs=5e-6)


@pytest.mark.parametrize(
    "arms",
    [
        [(1, 1), (1, 1), (1, 1)],
        [(1, 1), (40, 960), (45, 955)],
        [(2, 9), (1, 30), (4, 60), (0.5, 0.5)],
        [(4_000, 96_000), (4_100, 95_900), (3, 60)],
        [(1, 1), (2, 1), (1, 4), (30, 20), (300, 200), (3_000, 2_000)],
    ],
    ids=str,
)
def test_of_rates_it_is_what_drawing_gives(arms):
    """The normal distribution would be off by several per cent here."""
    successes, failures = np.array(arms).T
    draws = np.random.default_rng(3).beta(successes, failures, (400_000, len(arms)))
    drawn = np.bincount(draws.argmax(axis=1), minlength=len(arms)) / len(draws)

    assert chances_to_win(beta(*arms))[0] == pytest.approx(drawn, abs=0.003)


def test_the_normal_distribution_is_no_stand_in_for_few_data():
    few = beta((1, 40), (4, 300))
    moments = Normal(
        few.successes / (few.successes + few.failures),
        np.sqrt(few.successes * few.failures / (few.successes + few.failures + 1)) / (few.successes + few.failures),
    )

    assert abs(chances_to_win(few) - chances_to_win(moments)).max() > 0.03


@given(st.lists(counts, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arms_says_nothing(arms, random):
    order = list(range(len(arms)))
    random.shuffle(order)

    found = chances_to_win(beta(*arms))[0]

    assert chances_to_win(beta(*[arms[place] for place in order]))[0] == pytest.approx(found[order], abs=1e-9)
    assert found.sum() == pytest.approx(1, abs=1e-12)


@settings(max_examples=100)
@given(st.lists(counts, min_size=2, max_size=5), st.floats(0.5, 200))
def test_more_success_never_lowers_a_chance(arms, more):
    better = [(arms[0][0] + more, arms[0][1]), *arms[1:]]

    assert chances_to_win(beta(*better))[0, 0] >= chances_to_win(beta(*arms))[0, 0] - 1e-5


def test_bandits_do_not_look_at_each_other():
    rng = np.random.default_rng(1)
    many = Beta(rng.uniform(1, 100, (500, 7)), rng.uniform(1, 2_000, (500, 7)))

    together = chances_to_win(many)

    assert (together[123:124] == chances_to_win(many[123:124])).all()
    assert chances_to_win(many[:0]).shape == (0, 7)


def test_what_is_believed_lies_within_its_interval_as_often_as_it_says():
    rate, mean = beta((5, 95), (1, 1)).within(0.9), Normal(np.array([[3.0]]), np.array([[2.0]])).within(0.95)

    assert [each[0].tolist() for each in rate] == pytest.approx(np.array([[0.0199, 0.05], [0.0909, 0.95]]), abs=0.0015)
    assert [each.item() for each in mean] == pytest.approx([3 - 3.92, 3 + 3.92], abs=0.001)


def test_one_arm_is_the_best():
    assert chances_to_win(beta((1, 1))) == pytest.approx(1)
