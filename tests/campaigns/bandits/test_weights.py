"""From shares to ranges of the hash."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from campaigns.bandits.base import Settings
from campaigns.bandits.weights import STEPS, bounded, deal, whole
from campaigns.bucketing import choose_variation

shares = st.lists(st.floats(0, 1), min_size=1, max_size=12).map(lambda parts: np.array(parts) + 1e-9)
shares = shares.map(lambda parts: (parts / parts.sum())[None])
settings = st.builds(Settings, floor=st.floats(0, 0.05), control=st.floats(0, 0.3))


NO, YES = False, True


@given(shares, st.floats(0, 0.3), st.data())
def test_every_arm_has_the_floor_really_and_a_beginner_its_part(shares, floor, data):
    n_arms = shares.shape[1]
    is_new = np.array([data.draw(st.lists(st.booleans(), min_size=n_arms, max_size=n_arms))])

    found = bounded(shares, is_new, floor)

    assert found.sum() == pytest.approx(1, abs=1e-9)
    assert found.min() >= min(floor, 1 / n_arms) - 1e-12
    assert found[is_new] == pytest.approx(1 / n_arms)


def test_the_floor_is_paid_in_proportion():
    found = bounded(np.array([[0.6, 0.39, 0.0099, 0.0001]]), np.array([[NO] * 4]), 0.01)

    assert found[0] == pytest.approx([0.98 * 0.6 / 0.99, 0.98 * 0.39 / 0.99, 0.01, 0.01])


def test_who_pays_for_the_floor_does_not_fall_below_it():
    found = bounded(np.array([[0.95, 0.0105] + [0.00395] * 10]), np.array([[NO] * 12]), 0.01)[0]

    assert found[1:] == pytest.approx(0.01)
    assert found[0] == pytest.approx(0.89)


def test_a_beginner_has_its_part_and_the_others_divide_the_rest():
    found = bounded(np.array([[0.96, 0.03, 0.01, 0.0]]), np.array([[YES, NO, NO, NO]]), 0.0)

    assert found[0] == pytest.approx([0.25, 0.5625, 0.1875, 0], abs=1e-9)


def test_where_a_policy_leaves_nothing_the_rest_is_shared_alike():
    found = bounded(np.array([[1.0, 0.0, 0.0]]), np.array([[YES, NO, NO]]), 0.01)

    assert found[0] == pytest.approx([1 / 3] * 3)


@given(shares, st.integers(0, STEPS))
def test_whole_numbers_sum_and_lie_beside_the_share(shares, steps):
    found = whole(shares, steps)

    assert found.sum() == steps
    assert abs(found - shares * steps).max() < 1 + 1e-6


@examples(max_examples=25)  # each asks for ten thousand values
@given(shares, settings)
def test_the_chance_of_an_arm_is_exactly_its_propensity(shares, settings):
    """All values that the hash takes, through the house's own choice."""
    n_arms = shares.shape[1]

    dealing = deal(shares, np.full(shares.shape, 1e6), settings)[0]

    ranges = dealing.ranges
    chosen = [choose_variation(step / STEPS, ranges) for step in range(STEPS)]
    counts = np.bincount(np.array(chosen) % n_arms, minlength=n_arms)
    assert min(chosen) >= 0
    assert [count / STEPS for count in counts.tolist()] == dealing.propensities
    assert sum(dealing.control) + sum(dealing.policy) == STEPS
    assert min(dealing.propensities) >= int(min(settings.floor, 1 / n_arms) * STEPS - 1) / STEPS
    assert all((place < n_arms) == dealing.is_control(step / STEPS) for step, place in enumerate(chosen))


@pytest.mark.parametrize("n_arms", [1, 2, 7, 50, 100, 101, 300])
def test_a_floor_of_one_per_cent_is_one_per_cent_of_the_hash(n_arms):
    first = np.eye(1, n_arms)

    dealing = deal(first, np.full((1, n_arms), 1e6), Settings(control=0.05))[0]

    # Beyond a hundred arms it is an equal share, rounded down in the slice and in the rest.
    assert min(dealing.propensities) >= (0.01 if n_arms <= 100 else 1 / n_arms - 2 / STEPS)


def test_the_slice_keeps_its_arms_whatever_the_policy_thinks():
    before, after = (
        deal(np.array([shares]), np.full((1, 3), 1e6), Settings(control=0.1))[0]
        for shares in ([0.2, 0.3, 0.5], [0.9, 0.05, 0.05])
    )

    assert before.ranges[:3] == after.ranges[:3]
    assert before.control == (334, 333, 333)


def test_a_bandit_without_arms_is_a_mistake():
    with pytest.raises(ValueError, match="0 arms"):
        deal(np.empty((1, 0)), np.empty((1, 0)), Settings())
