"""How frozen draws vote for a visitor."""

from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bandits import Settings
from campaigns.bandits.scoring import FINENESS, Scorer, ScoringDraws, dealt, freeze
from campaigns.bandits.weights import STEPS
from campaigns.bucketing import choose_variation

features = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=3, max_size=3)
votes = st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(any)


def draws(n_arms: int = 4, seed: int = 0, known: list[int] | None = None, **settings) -> ScoringDraws:
    known = list(range(n_arms)) if known is None else known
    coefficients = np.random.default_rng(seed).normal(size=(100, len(known), 4)) * 50
    return freeze(coefficients, known, n_arms, [1.0, -2.0, 0.0], [1.0, 10.0, 1e-3], Settings(**settings))


@given(features, st.integers(0, 20))
def test_shares_are_those_of_exact_arithmetic(x, seed):
    """Fractions instead of doubles: nothing was rounded on the way, so no processor finds anything else."""
    frozen = draws(seed=seed, floor=0.0)
    row = [Fraction(FINENESS)]
    for value, mean, spread in zip(x, frozen.means, frozen.spreads, strict=True):
        place = (value - mean) * (FINENESS / spread)
        row.append(Fraction(round(min(max(place, -8 * FINENESS), 8 * FINENESS))) if place == place else Fraction(0))
    table = np.frombuffer(frozen.coefficients, "<i4").reshape(100, 4, 4).tolist()
    wins = [0] * 4
    for draw in table:
        scores = [sum(a * b for a, b in zip(arm, row, strict=True)) for arm in draw]
        wins[scores.index(max(scores))] += 1

    assert list(Scorer(frozen).weights_for(x).policy) == [100 * each for each in wins]


@given(features, st.integers(0, 20))
def test_every_visitor_falls_to_an_arm_and_every_arm_has_its_floor(x, seed):
    dealing = Scorer(draws(seed=seed, control=0.1)).weights_for(x)

    assert sum(dealing.control) + sum(dealing.policy) == STEPS
    assert min(dealing.propensities) >= 0.01
    assert choose_variation((STEPS - 1) / STEPS, dealing.ranges) >= 0


def test_the_same_visitor_has_the_same_shares_after_a_release_has_travelled():
    frozen = draws(seed=3)
    arrived = msgspec.msgpack.decode(msgspec.msgpack.encode(frozen), type=ScoringDraws)
    x = [0.3, 1.0, 0.0002]

    assert Scorer(arrived).weights_for(x) == Scorer(frozen).weights_for(x)


def test_what_is_not_known_of_a_visitor_is_the_mean():
    scorer = Scorer(draws(seed=4))

    assert scorer.weights_for([float("nan")] * 3) == scorer.weights_for([1.0, -2.0, 0.0])
    with pytest.raises(ValueError, match="longer"):
        scorer.weights_for([1.0])


def test_a_beginner_has_an_equal_share_and_the_draws_divide_the_rest():
    dealing = Scorer(draws(known=[0, 2, 3], control=0.1)).weights_for([1, 2, 3])

    assert dealing.policy[1] == 2_250
    assert sum(dealing.policy) == 9_000
    assert Scorer(draws(known=[])).weights_for([1, 2, 3]).policy == (2_500,) * 4


@given(votes, st.integers(1_000, STEPS), st.integers(0, 100))
def test_votes_become_steps_in_proportion(votes, steps, least):
    found = dealt(votes, steps, least)

    assert sum(found) == steps
    assert min(found) >= least
    above = [(count, part) for count, part in zip(votes, found, strict=True) if part > least + len(votes)]
    for count, part in above:
        assert part / count == pytest.approx(above[0][1] / above[0][0], rel=0.1, abs=len(votes))


def test_the_floor_is_paid_in_proportion():
    assert dealt([60, 40, 0, 0], 10_000, 100) == [5_880, 3_920, 100, 100]
