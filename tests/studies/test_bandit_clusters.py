"""What does it gain to learn for each cluster where clusters differ, and what does it cost where they do not?

Four clusters of unequal size, four arms. In one world each cluster has a favourite of its own, in the other all have the
same. Regret against showing each cluster what it likes best, mean of fifty runs.
"""

import numpy as np
import pytest

from campaigns.bandits import Settings
from campaigns.bandits.batch import Asked, decide
from campaigns.bandits.delays import EDGES_MS
from campaigns.bandits.state import Row
from campaigns.bandits.weights import STEPS
from sites.times import HOUR_MS

pytestmark = [pytest.mark.study, pytest.mark.timeout(600)]
RUNS, BATCHES, BATCH = 50, 60, 500
SIZES = np.array([0.5, 0.3, 0.15, 0.05])  # of the clusters
USUAL, FAVOURITE = 0.04, 0.07
OWN = np.full((4, 4), USUAL) + np.eye(4) * (FAVOURITE - USUAL)
SAME = np.full((4, 4), USUAL) + np.eye(4)[[0, 0, 0, 0]] * (FAVOURITE - USUAL)


def regrets(rates: np.ndarray, policy: str) -> np.ndarray:
    rng = np.random.default_rng(8)
    settings = Settings(policy=policy, floor=0.0, least_trials=50, expected_delay_ms=0)
    trials, won, regret = np.zeros((RUNS, 4, 4), int), np.zeros((RUNS, 4, 4), int), np.zeros(RUNS)
    for batch in range(BATCHES):
        asked = [Asked("abcd", rows(trials[run], won[run]), settings) for run in range(RUNS)]
        for run, decided in enumerate(decide(asked, (batch + 10) * HOUR_MS)):
            for cluster, visitors in enumerate(rng.multinomial(BATCH, SIZES)):
                highs = [high for _, high in decided.dealing(cluster).ranges]
                draws = rng.integers(0, STEPS, visitors) / STEPS
                shown = np.bincount(np.searchsorted(highs, draws, side="right") % 4, minlength=4)
                trials[run, cluster] += shown
                won[run, cluster] += rng.binomial(shown, rates[cluster])
                regret[run] += shown @ (rates[cluster].max() - rates[cluster])
    return regret


def rows(trials: np.ndarray, won: np.ndarray) -> list[Row]:
    rest = [0] * (len(EDGES_MS) - 1)
    return [
        Row("abcd"[arm], cluster, 0, int(n), int(won[cluster, arm]), 0.0, 0.0, [int(won[cluster, arm]), *rest])
        for (cluster, arm), n in np.ndenumerate(trials)
        if n
    ]


@pytest.mark.parametrize(("name", "rates", "most"), [("each its own", OWN, 0.6), ("all the same", SAME, 1.3)])
def test_clusters(name, rates, most):
    found = {policy: regrets(rates, policy) for policy in ("thompson", "per_cluster")}

    told = ", ".join(
        f"{policy} {regret.mean():.1f} (s.e. {regret.std(ddof=1) / RUNS**0.5:.1f})" for policy, regret in found.items()
    )
    print(f"\n  favourites: {name:14} {told}", flush=True)
    assert found["per_cluster"].mean() <= most * found["thompson"].mean()
