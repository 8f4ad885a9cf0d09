"""What each policy must do, by one list of checks; and what is each one's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bandits import POLICIES, VALUE, Settings, Tally, faults_of
from campaigns.bandits.thompson import means

WEIGHING = [name for name, policy in POLICIES.items() if policy.weigh]
each_policy = pytest.mark.parametrize("name", WEIGHING)
each_reward = pytest.mark.parametrize("reward", ["count", VALUE])
arms = st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1), st.floats(-500, 500)), min_size=1, max_size=8)


def tally(*arms: tuple[float, float, float]) -> Tally:
    """Arms by trials, rate, and what a reward is worth."""
    trials, rate, worth = np.array(arms, dtype=float).T[:, None]
    rewards = trials * rate
    return Tally(trials, rewards, rewards * worth, rewards * worth**2, trials)


@each_policy
@each_reward
@given(arms=arms, random=st.randoms(use_true_random=False))
def test_shares_sum_to_one_whoever_is_named_first(name, reward, arms, random):
    settings, order = Settings(policy=name, reward=reward), list(range(len(arms)))
    random.shuffle(order)

    shares = POLICIES[name].weigh(tally(*arms), settings)[0]
    mixed = POLICIES[name].weigh(tally(*[arms[place] for place in order]), settings)[0]

    assert shares.sum() == pytest.approx(1, abs=1e-9)
    assert (shares >= 0).all()
    # Sums in another order differ in their last bit, and where two arms are as good as each other that decides.
    if not POLICIES[name].is_poor_in_batches:
        assert mixed == pytest.approx(shares[order], abs=1e-5)


@each_policy
@each_reward
def test_without_data_all_are_alike(name, reward):
    shares = POLICIES[name].weigh(tally(*[(0, 0, 0)] * 4), Settings(policy=name, reward=reward))

    assert shares == pytest.approx(0.25)


@each_policy
@each_reward
@pytest.mark.parametrize("worth", [0.0, 7.0, -7.0, 1e-159])
def test_without_variance_all_are_alike(name, reward, worth):
    """Every trial was rewarded, and with the same."""
    shares = POLICIES[name].weigh(tally(*[(500, 1, worth)] * 3), Settings(policy=name, reward=reward))

    assert shares == pytest.approx(1 / 3, abs=1e-9)


@each_policy
@each_reward
def test_the_better_arm_gets_most(name, reward):
    shares = POLICIES[name].weigh(tally((5_000, 0.02, 9), (5_000, 0.05, 9), (5_000, 0.03, 9)), Settings(reward=reward))

    assert shares[0].argmax() == 1
    assert shares[0, 1] > 0.9


@each_policy
def test_each_row_is_on_its_own(name):
    rng = np.random.default_rng(4)
    both = Tally(*rng.uniform(1, 100, (5, 2, 6)))

    shares = POLICIES[name].weigh(both, Settings())

    assert (shares[1:] == POLICIES[name].weigh(both.rows([1]), Settings())).all()


def test_refunds_make_an_arm_the_worst():
    shares = POLICIES["thompson"].weigh(tally((900, 0.1, -50), (900, 0.1, 20), (900, 0, 0)), Settings(reward=VALUE))

    assert shares[0] == pytest.approx([0, 1, 0], abs=1e-4)


def test_of_values_the_unit_says_nothing():
    small, large = (
        POLICIES["thompson"].weigh(
            tally((90, 0.1, 50 * unit), (90, 0.12, 45 * unit), (20, 0.1, 60 * unit)), Settings(reward=VALUE)
        )
        for unit in (0.01, 1e6)
    )

    assert small == pytest.approx(large, abs=1e-9)


def test_an_arm_never_tried_may_be_as_good_as_any():
    found = means(tally((0, 0, 0), (1_000, 0.1, 40)))

    assert found.middle[0, 0] == pytest.approx(found.middle[0, 1], rel=1e-2)
    assert found.scale[0, 0] > 20 * found.scale[0, 1]


def test_the_mean_of_values_is_as_sure_as_student_says():
    """500 values: the standard error of the mean, but for the bit that the prior knows."""
    values = np.random.default_rng(5).exponential(40, 500)
    alone = Tally(*(np.array([[each]]) for each in (500.0, 500.0, values.sum(), (values**2).sum(), 500.0)))

    found = means(alone)

    assert found.middle[0, 0] == pytest.approx(values.mean(), rel=1e-9)
    assert found.scale[0, 0] == pytest.approx(values.std(ddof=1) / 500**0.5, rel=0.01)


def test_epsilon_is_what_all_share():
    shares = POLICIES["epsilon_greedy"].weigh(tally((100, 0.1, 1), (100, 0.3, 1), (100, 0.2, 1)), Settings(epsilon=0.3))

    assert shares[0] == pytest.approx([0.1, 0.8, 0.1])


def test_ucb1_is_the_published_bound():
    """.3 + sqrt(2 ln 300 / 100) loses to .2 + sqrt(2 ln 300 / 20)."""
    shares = POLICIES["ucb1"].weigh(tally((280, 0.3, 1), (20, 0.2, 1)), Settings())

    assert shares[0].tolist() == [0, 1]


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_says_what_it_does_and_knows_one_way_to_do_it(name):
    policy = POLICIES[name]

    assert policy.title
    assert policy.sentence.endswith(".")
    assert (policy.weigh is None) != (policy.learn is None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"floor": 0.6}, "floor"),
        ({"control": -0.1}, "control"),
        ({"discount": 1.1}, "discount"),
        ({"epsilon": float("nan")}, "epsilon"),
        ({"reward": "clicks"}, "reward"),
        ({"prior": (0.0, 1.0)}, "prior"),
        ({"batch_ms": 0}, "batch_ms"),
        ({"boldness": -1}, "boldness"),
    ],
)
def test_a_wrong_setting_is_told_at_its_field(wrong, field):
    assert list(faults_of(Settings(**wrong))) == [field]
    assert faults_of(Settings()) == {}
