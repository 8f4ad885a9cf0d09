"""Policies that look at features: what they learn, and what they make of it."""

import numpy as np
import pytest
from scipy import optimize

from campaigns.bandits import POLICIES, Settings
from campaigns.bandits.contextual import learn
from campaigns.bandits.examples import Examples, space_of, weights_by_age
from campaigns.bandits.scoring import Scorer
from sites.times import HOUR_MS

LEARNING = [name for name, policy in POLICIES.items() if policy.learn]
each_policy = pytest.mark.parametrize("name", LEARNING)


def made(n: int = 4_000, n_arms: int = 3, seed: int = 1) -> Examples:
    """Arm 0 works where the first feature is high, arm 2 where it is low, arm 1 never."""
    rng = np.random.default_rng(seed)
    X = rng.normal([100, 0], [20, 1], (n, 2))
    arm = rng.integers(0, n_arms, n)
    scores = np.select([arm == 0, arm == 2], [(X[:, 0] - 100) / 20, (100 - X[:, 0]) / 20], -1.5) - 1
    return Examples(X, arm, (rng.random(n) < 1 / (1 + np.exp(-scores))).astype(float), np.ones(n))


@each_policy
def test_each_visitor_gets_what_suits(name):
    scorer = Scorer(learn(made(), 3, Settings(policy=name), seed=1))

    assert scorer.weights_for([140, 0]).propensities == pytest.approx([0.98, 0.01, 0.01])
    assert scorer.weights_for([60, 0]).propensities == pytest.approx([0.01, 0.01, 0.98])


@each_policy
def test_the_same_examples_and_seed_give_the_same_draws(name):
    settings = Settings(policy=name)

    assert learn(made(), 3, settings, seed=1) == learn(made(), 3, settings, seed=1)
    assert learn(made(), 3, settings, seed=1) != learn(made(), 3, settings, seed=2)


@each_policy
def test_without_examples_all_arms_are_alike_and_a_new_one_has_its_part(name):
    examples = made()
    none = Examples(*(each[:0] for each in examples))

    assert Scorer(learn(none, 4, Settings(policy=name), 1)).weights_for([1, 2]).propensities == [0.25] * 4
    assert Scorer(learn(examples, 4, Settings(policy=name), 1)).weights_for([140, 0]).propensities[3] == 0.25


@each_policy
def test_features_in_another_unit_say_the_same(name):
    examples = made()
    cents = examples._replace(X=examples.X * [100, 1e-6])

    one, other = (learn(each, 3, Settings(policy=name), 1) for each in (examples, cents))

    assert Scorer(other).weights_for([10_900, 5e-7]) == Scorer(one).weights_for([109, 0.5])


@each_policy
@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_rewards_and_features_that_never_vary_are_no_trouble(name, reward):
    examples = made(600)
    flat = Examples(np.full((600, 2), np.nan), examples.arm, np.full(600, reward), examples.weight)

    dealing = Scorer(learn(flat, 3, Settings(policy=name), 1)).weights_for([1, float("nan")])

    assert sum(dealing.policy) == 10_000


def test_more_boldness_explores_more():
    examples = made(400)

    careful, bold = (
        Scorer(learn(examples, 3, Settings(policy="linear", boldness=boldness), 1)).weights_for([105, 0]).propensities
        for boldness in (0.25, 2)
    )

    assert max(bold) < max(careful)


def test_linear_is_the_published_posterior():
    examples = made(900)._replace(weight=np.random.default_rng(2).uniform(0, 1, 900))
    Z = space_of(examples.X).place(examples.X)

    found = POLICIES["linear"].learn(Z, *examples[1:], 3)

    own = examples.arm == 1
    A = np.eye(3) + sum(w * np.outer(z, z) for w, z in zip(examples.weight[own], Z[own], strict=True))
    b = (examples.weight * examples.reward)[own] @ Z[own]
    assert found.means[1] == pytest.approx(np.linalg.solve(A, b))
    ratio = found.precisions[1] / A
    assert ratio == pytest.approx(ratio[0, 0])
    assert 1 / ratio[0, 0] == pytest.approx(examples.reward.var(), rel=0.25)


def test_logistic_finds_the_highest_posterior():
    examples = made(900)._replace(weight=np.random.default_rng(2).uniform(0, 1, 900))
    Z, own = space_of(examples.X).place(examples.X), examples.arm == 0
    rows, won, weight = Z[own], examples.reward[own], examples.weight[own]

    found = POLICIES["logistic"].learn(Z, *examples[1:], 3)

    best = optimize.minimize(lambda m: m @ m / 2 + weight @ (np.logaddexp(0, rows @ m) - won * (rows @ m)), np.zeros(3))
    chance = 1 / (1 + np.exp(-rows @ found.means[0]))
    assert found.means[0] == pytest.approx(best.x, abs=1e-4)
    assert found.precisions[0] == pytest.approx(np.diag(1 + (weight * chance * (1 - chance)) @ rows**2))


def test_logistic_does_not_run_away_from_what_is_separated():
    Z = np.column_stack([np.ones(40), np.repeat([-8.0, 8.0], 20)])

    found = POLICIES["logistic"].learn(Z, np.zeros(40, int), np.repeat([0.0, 1.0], 20), np.ones(40), 1)

    assert 0.3 < found.means[0, 1] < 3


def test_a_decision_without_a_reward_counts_by_what_has_come():
    now, settings = 1_000 * HOUR_MS, Settings(discount=0.98)
    arrived = np.concatenate([np.zeros(12), np.ones(20)])  # all rewards take about an hour
    at = np.array([now, now - HOUR_MS // 2, now - 5 * HOUR_MS, now - HOUR_MS // 2, now + 1])

    found = weights_by_age(at, np.array([False, False, False, True, True]), now, arrived, settings)

    assert found == pytest.approx([0, 0, 0.98**5, 0.98**0.5, 0])


def test_a_policy_of_tallies_does_not_learn_from_features():
    with pytest.raises(ValueError, match="thompson does not look at features"):
        learn(made(), 3, Settings(), 1)
