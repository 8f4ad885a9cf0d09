"""How much clusters lean on the whole."""

import numpy as np
import pytest

from campaigns.bandits import VALUE, Settings, Tally
from campaigns.bandits.per_cluster import MOST_LIKE, borrowed, worth_of_others

N_CLUSTERS, N_ARMS = 12, 4


def drawn(spread: float, trials: int, seed: int) -> Tally:
    """Clusters whose rates differ with this intraclass correlation around those of the arms."""
    rng = np.random.default_rng(seed)
    centre = np.array([0.05, 0.08, 0.1, 0.2])
    k = 1 / spread - 1 if spread else 1e9
    rate = rng.beta(k * centre, k * (1 - centre), (N_CLUSTERS, N_ARMS))
    won = rng.binomial(trials, rate).astype(float)
    return Tally(np.full(won.shape, float(trials)), won, won * 30, won * 900, np.full(won.shape, float(trials)))


def with_whole(own: Tally) -> Tally:
    return Tally(*(np.vstack([each.sum(axis=0), each]) for each in own))


@pytest.mark.parametrize("reward", ["count", VALUE])
@pytest.mark.parametrize("spread", [0.005, 0.02, 0.1])
def test_the_worth_of_the_others_is_found(spread, reward):
    found = [worth_of_others(drawn(spread, 2_000, seed), Settings(reward=reward)) for seed in range(30)]

    assert np.median(found) == pytest.approx(1 / spread - 1, rel=0.2)


def test_clusters_that_differ_by_chance_alone_know_what_all_know():
    own = drawn(0, 400, 1)
    known = borrowed(with_whole(own), Settings())

    assert np.median([worth_of_others(drawn(0, 400, seed), Settings()) for seed in range(20)]) > 2_000
    assert known.trials[1:] == pytest.approx(known.trials[:1].repeat(N_CLUSTERS, axis=0), rel=0.35)


def test_a_new_cluster_leans_on_the_whole_and_a_large_one_on_itself():
    own = drawn(0.05, 3_000, 2)
    own = Tally(*(np.vstack([each, 0 * each[:1]]) for each in own))  # one of which nothing is known

    known = borrowed(with_whole(own), Settings())
    rate = known.rewards / known.trials

    assert rate[-1] == pytest.approx(rate[0])
    assert known.trials[-1] == pytest.approx([19] * N_ARMS, rel=0.5)  # about k
    assert rate[1] == pytest.approx(own.rewards[0] / own.trials[0], rel=0.1)
    assert (known.trials[0] == own.trials.sum(axis=0)).all()  # who is in no cluster


def test_one_cluster_and_none_say_nothing_of_a_difference():
    one = drawn(0.1, 500, 3).rows([0])

    assert worth_of_others(one, Settings()) == MOST_LIKE
    assert borrowed(with_whole(one).rows([0]), Settings()).trials.shape == (1, N_ARMS)
