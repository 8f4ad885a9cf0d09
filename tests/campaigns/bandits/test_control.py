"""What the control slice says of a bandit."""

import numpy as np
import pytest

from campaigns.bandits import COUNT, VALUE
from campaigns.bandits.control import Side, worth


def side(values: np.ndarray) -> Side:
    return Side(len(values), int((values != 0).sum()), values.sum(), (values**2).sum())


def test_the_gain_times_the_visitors_is_the_regret_avoided():
    found = worth(Side(19_000, 1_140, 0, 0), Side(1_000, 42, 0, 0), COUNT)

    assert (found.policy, found.control) == pytest.approx((0.06, 0.042))
    assert found.gain.difference == pytest.approx(0.018)
    assert found.avoided.difference == pytest.approx(342)
    assert found.gain.low < 0.018 < found.gain.high
    assert found.avoided.low == pytest.approx(19_000 * found.gain.low)
    assert found.price == pytest.approx(18)


def test_a_policy_that_costs_more_than_chance_is_told_so():
    found = worth(Side(19_000, 760, 0, 0), Side(1_000, 80, 0, 0), COUNT)

    assert found.gain.verdict == "lower"
    assert found.price < 0


@pytest.mark.parametrize("reward", [COUNT, VALUE])
@pytest.mark.parametrize("few", [Side(99, 50, 50, 50), Side(5_000, 9, 9, 9), Side(0, 0, 0, 0)])
def test_few_data_say_nothing(few, reward):
    many = Side(5_000, 300, 300, 300)

    assert worth(many, few, reward) is None
    assert worth(few, many, reward) is None


def test_the_interval_of_values_holds_the_truth_with_refunds_too():
    """Of 1,000 pairs drawn with a known seed, about 95 %: some pay 40, some take back 30."""
    rng, held = np.random.default_rng(5), []
    for _ in range(1_000):
        sides = [side(rng.choice([0, 40, -30], n, p=[0.9 - p, p, 0.1])) for n, p in ((3_000, 0.2), (900, 0.15))]
        found = worth(*sides, VALUE)
        held.append(found.gain.low <= 2.0 <= found.gain.high)

    assert np.mean(held) == pytest.approx(0.95, abs=0.02)
