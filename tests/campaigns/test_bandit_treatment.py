"""Whoever comes to a bandit draws by the weights of the latest batch, with a chance that is known exactly."""

import uuid
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bandits import Settings
from campaigns.bandits.scoring import freeze as freeze_draws
from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.weights import STEPS, Dealing
from campaigns.bucketing import hash_value
from campaigns.treatments import bandit, choose
from campaigns.treatments.weights import FrozenWeights, Weights, fit
from segments.profile import Profile

UNITS = [uuid.UUID(int=number).hex for number in range(1, 2_001)]
KEYS = ["a", "b", "c"]
BANDIT = bandit.freeze(9, "offers", "s", [("a", 3, 1), ("b", 4, 50), ("c", 5, 7)])
DEALING = Dealing((300, 300, 400), (6_000, 2_500, 500))


def coming(weights=None, **attributes):
    known = {9: weights} if weights else {}
    return SimpleNamespace(
        now=0, attributes={"cluster.id": None} | attributes, profile=Profile(), forced={}, weights=known
    )


def by(**fields) -> Weights:
    return Weights(FrozenWeights(4, KEYS, **fields), KEYS)


def test_before_the_first_batch_all_arms_are_alike_under_version_0():
    drawn = [choose(BANDIT, unit, coming()) for unit in UNITS]

    shares = Counter(one.arm for one in drawn)
    assert {one.weights for one in drawn} == {0}
    assert sum({one.arm: one.propensity for one in drawn}.values()) == pytest.approx(1)
    assert all(abs(shares[arm] - 667) < 110 for arm in KEYS)


def test_a_batch_deals_by_its_weights_and_the_slice_alike():
    drawn = [choose(BANDIT, unit, coming(by(dealings={NO_CLUSTER: DEALING}))) for unit in UNITS]

    shares = Counter(one.arm for one in drawn)
    chances = {one.arm: one.propensity for one in drawn}
    assert chances == {"a": 0.63, "b": 0.28, "c": 0.09}
    assert all(abs(shares[arm] - 2_000 * chance) < 5 * (2_000 * chance) ** 0.5 for arm, chance in chances.items())
    assert {one.weights for one in drawn} == {4}
    assert all(one.is_random == (hash_value("s", unit) < 0.1) for one, unit in zip(drawn, UNITS, strict=True))


def test_each_cluster_has_weights_of_its_own_and_who_is_in_none_those_of_all():
    only = {"a": (STEPS, 0, 0), "b": (0, STEPS, 0)}
    weights = by(dealings={NO_CLUSTER: DEALING, 2: Dealing((0, 0, 0), only["a"]), 5: Dealing((0, 0, 0), only["b"])})

    arms = {
        cluster: {choose(BANDIT, unit, coming(weights, **{"cluster.id": cluster})).arm for unit in UNITS[:200]}
        for cluster in (2, 5, 7, None)
    }

    assert arms == {2: {"a"}, 5: {"b"}, 7: set(KEYS), None: set(KEYS)}


def test_features_vote_and_what_is_not_known_counts_as_the_mean():
    coefficients = np.zeros((100, 3, 2))
    coefficients[:, 0, 1], coefficients[:, 1, 1] = 1.0, -1.0  # a for who has much, b for who has little
    draws = freeze_draws(coefficients, [0, 1, 2], 3, [10.0], [2.0], Settings())
    weights = by(features=["feature.cart_value"], draws=draws)

    chances = {
        value: {
            one.arm: one.propensity
            for one in (choose(BANDIT, unit, coming(weights, **{"feature.cart_value": value})) for unit in UNITS[:900])
        }
        for value in (30.0, 0.0, None)
    }

    assert chances[30.0]["a"] == chances[0.0]["b"] == 0.98
    assert chances[None]["a"] > 0.9  # nobody votes against the first of equals


def test_coverage_and_groups_leave_visitors_outside():
    covered = bandit.freeze(9, "offers", "s", [("a", 3, 1)], coverage=0.3)
    grouped = bandit.freeze(9, "offers", "s", [("a", 3, 1)], group=("g", 0.0, 0.5))

    outside = [sum(choose(one, unit, coming()).is_outside for unit in UNITS) for one in (covered, grouped)]

    assert abs(outside[0] - 1_400) < 110 and abs(outside[1] - 1_000) < 120
    assert choose(BANDIT, "", coming()) is None


STEPS_OF = (
    st.lists(st.integers(0, 2_000), min_size=2, max_size=6)
    .map(lambda parts: (*parts[:-1], STEPS - sum(parts[:-1])))
    .filter(lambda parts: parts[-1] >= 0)
)


@given(STEPS_OF, st.permutations("abcdefgh"), st.integers(1, 8))
def test_arms_that_come_and_go_leave_weights_that_sum_to_one(steps, names, kept):
    known = [chr(97 + number) for number in range(len(steps))]
    arms = list(names[:kept])

    fitted = fit(Dealing((0,) * len(steps), steps), known, arms)

    assert sum(fitted.control) + sum(fitted.policy) == STEPS
    assert all(part >= 0 for part in fitted.policy)
    if set(arms) > set(known) and sum(steps):
        new = fitted.policy[arms.index(next(arm for arm in arms if arm not in known))]
        assert new == pytest.approx(STEPS / len(arms), abs=1)


def test_an_arm_that_joins_takes_its_part_and_the_others_keep_their_order():
    fitted = fit(DEALING, KEYS, [*KEYS, "d"])

    assert fitted.policy[3] == 2_250
    assert fitted.policy[0] > fitted.policy[1] > fitted.policy[2]
    assert sum(fitted.control) == 1_000
