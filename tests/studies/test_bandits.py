"""What do the bandits lose against always showing the best arm? Mean regret beside the reference runs of the design.

Each visitor is new, is drawn by the house's own hash and ranges, and what came of it goes through rows, state and policy
as a batch job would send it. The reference runs had no floor and no slice, so neither has the first figure of each line;
the second has the settings that a bandit begins with, and shows what these cost here. Standard errors stand beside.

The reference says how much uniform shares lose, and by that the worlds here are the same: ten arms of which one has .06 and
the others .04; five such arms with delays; five arms whose log odds are a sum over eight features.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest

from campaigns.bandits import Settings
from campaigns.bandits.batch import Asked, decide
from campaigns.bandits.contextual import learn
from campaigns.bandits.delays import EDGES_MS
from campaigns.bandits.examples import Examples
from campaigns.bandits.scoring import Scorer
from campaigns.bandits.state import NO_CLUSTER, Row
from campaigns.bucketing import choose_variation, hash_value
from sites.times import HOUR_MS

pytestmark = [pytest.mark.study, pytest.mark.timeout(1_200)]
BARE = {"floor": 0.0, "least_trials": 0}
MARGIN = 1.1


def draws_of(runs: int, steps: int) -> np.ndarray:
    """Of each visitor of each run: the hash."""
    return np.array([[hash_value(f"run {run}", f"visitor {step}") for step in range(steps)] for run in range(runs)])


def tell(name: str, regrets: dict[str, np.ndarray], reference: float) -> None:
    said = [
        f"{how} {regret.mean():6.1f} (s.e. {regret.std(ddof=1) / len(regret) ** 0.5:4.1f})"
        for how, regret in regrets.items()
    ]
    print(f"\n  {name:44} {', '.join(said)}, reference {reference:g}", flush=True)


# --- arms that do not know whom they speak to -------------------------------------------------------


@dataclass
class World:
    """Runs side by side: what was shown, and when which reward comes."""

    rates: np.ndarray
    draws: np.ndarray  # of the hash, (n_runs, n_steps)
    batch: int  # an hour
    delay: float  # mean, in steps; 0 for none
    seed: int = 1
    regret: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        n_runs, n_steps = self.draws.shape
        rng = np.random.default_rng(self.seed)
        self.arms = [f"arm {number}" for number in range(len(self.rates))]
        self.regret = np.zeros(n_runs)
        self.shown = np.zeros(self.draws.shape, int)
        self.counts = np.zeros((2, n_runs, len(self.rates)), int)  # trials and rewards, where rewards come at once
        self.luck = rng.random(self.draws.shape)
        self.came_at = np.arange(n_steps) + rng.exponential(self.delay, self.draws.shape)
        self.hour = np.arange(n_steps) // self.batch

    def run(self, settings: Settings) -> np.ndarray:
        for start in range(0, self.draws.shape[1], self.batch):
            asked = [Asked(self.arms, self._rows(run, start), settings) for run in range(len(self.draws))]
            for run, decided in enumerate(decide(asked, self._now(start))):
                self._show(run, start, decided.dealing(NO_CLUSTER).ranges)
        return self.regret

    def _now(self, step: int) -> int:
        return step // self.batch * HOUR_MS

    def _show(self, run: int, start: int, ranges: list[tuple[float, float]]) -> None:
        steps = slice(start, start + self.batch)
        draws = self.draws[run, steps]
        places = np.searchsorted([high for _, high in ranges], draws, side="right")
        assert [choose_variation(draw, ranges) for draw in draws[:20]] == places[:20].tolist()
        self.shown[run, steps] = shown = places % len(self.arms)
        self.regret[run] += (self.rates.max() - self.rates[shown]).sum()
        won = shown[self.luck[run, steps] < self.rates[shown]]
        self.counts[:, run] += [np.bincount(each, minlength=len(self.arms)) for each in (shown, won)]

    def _rows(self, run: int, until: int) -> list[Row]:
        """As counted so far; where rewards come at once, all hours are alike and stand in one row."""
        if not self.delay:
            rest = [0] * (len(EDGES_MS) - 1)
            counts = zip(self.arms, *self.counts[:, run].tolist(), strict=True)
            return [Row(arm, -1, 0, n, won, won, won, [won, *rest]) for arm, n, won in counts if until]
        n_arms, n_buckets = len(self.arms), len(EDGES_MS)
        shown, steps = self.shown[run, :until], slice(0, until)
        came = (self.luck[run, steps] < self.rates[shown]) & (self.came_at[run, steps] <= until)
        hour = self.hour[steps]
        spot, n_spots = hour * n_arms + shown, (int(hour.max(initial=-1)) + 1) * n_arms
        waited = (self.came_at[run, steps] - np.arange(until))[came] * (HOUR_MS / self.batch)
        bucket = np.minimum(np.searchsorted(EDGES_MS, waited, side="right"), n_buckets - 1)
        trials, rewards = np.bincount(spot, minlength=n_spots), np.bincount(spot[came], minlength=n_spots)
        delays = np.bincount(spot[came] * n_buckets + bucket, minlength=n_spots * n_buckets).reshape(-1, n_buckets)
        return [
            Row(self.arms[place % n_arms], -1, place // n_arms * HOUR_MS, int(n), int(won), won, won, counts.tolist())
            for place, (n, won, counts) in enumerate(zip(trials, rewards, delays, strict=True))
            if n
        ]


RUNS, STEPS = 100, 50_000


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    return draws_of(RUNS, STEPS)


@pytest.mark.parametrize(("batch", "runs", "reference"), [(100, 50, 174), (1_000, 100, 183), (5_000, 100, 204)])
def test_ten_arms(draws, batch, runs, reference):
    rates, draws = np.array([0.04] * 9 + [0.06]), draws[:runs]
    at_once = {"expected_delay_ms": 0}

    regrets = {
        "bare": World(rates, draws, batch, 0).run(Settings(**BARE, **at_once)),
        "as it begins": World(rates, draws, batch, 0).run(Settings(**at_once)),
    }

    tell(f"Thompson, batches of {batch:,}", regrets, reference)
    assert regrets["bare"].mean() <= MARGIN * reference


@pytest.mark.parametrize(("policy", "reference"), [("epsilon_greedy", 214), ("ucb1", 828)])
def test_others_on_ten_arms(draws, policy, reference):
    settings = Settings(policy=policy, **BARE, expected_delay_ms=0)

    regret = World(np.array([0.04] * 9 + [0.06]), draws[:20], 100, 0).run(settings)

    tell(f"{policy}, batches of 100", {"bare": regret}, reference)


def test_rewards_that_come_late(draws):
    """3,000 visitors after their decision, on average; an hour is 500 of them."""
    rates, delay, batch = np.array([0.04] * 4 + [0.06]), 3_000, 500
    expected = {"expected_delay_ms": delay * HOUR_MS // batch}

    regrets = {
        "bare": World(rates, draws[:, :40_000], batch, delay).run(Settings(**BARE, **expected)),
        "as it begins": World(rates, draws[:, :40_000], batch, delay).run(Settings(**expected)),
        "an hour expected": World(rates, draws[:, :40_000], batch, delay).run(Settings(**BARE)),
    }

    tell("delays, maturity-weighted", regrets, 125)
    assert regrets["bare"].mean() <= MARGIN * 125


# --- arms that look at features ---------------------------------------------------------------------

N_ARMS, N_FEATURES, VISITORS, BATCH, SPREAD = 5, 8, 20_000, 500, 0.52


def contextual_regret(settings: Settings | None, seed: int) -> float:
    """None: uniform shares."""
    rng = np.random.default_rng(seed)
    tastes, X = rng.normal(0, SPREAD, (N_ARMS, N_FEATURES)), rng.normal(size=(VISITORS, N_FEATURES))
    rates = 1 / (1 + np.exp(-X @ tastes.T))
    if settings is None:
        return float((rates.max(axis=1) - rates.mean(axis=1)).sum())
    won = rng.random(VISITORS)[:, None] < rates
    shown, rewards = np.zeros(VISITORS, int), np.zeros(VISITORS)
    for start in range(0, VISITORS, BATCH):
        before = Examples(X[:start], shown[:start], rewards[:start], np.ones(start))
        scorer = Scorer(learn(before, N_ARMS, settings, seed=start))
        for visitor in range(start, start + BATCH):
            ranges = scorer.weights_for(X[visitor].tolist()).ranges
            draw = hash_value(f"run {seed}", f"visitor {visitor}")
            shown[visitor] = choose_variation(draw, ranges) % N_ARMS
            rewards[visitor] = won[visitor, shown[visitor]]
    return float((rates.max(axis=1) - rates[np.arange(VISITORS), shown]).sum())


@pytest.mark.parametrize(("policy", "reference"), [("linear", 265), ("logistic", 290)])
def test_features(policy, reference):
    runs = range(20)

    regrets = {
        "bare": np.array([contextual_regret(Settings(policy=policy, **BARE), seed) for seed in runs]),
        "as it begins": np.array([contextual_regret(Settings(policy=policy), seed) for seed in runs]),
        "uniform": np.array([contextual_regret(None, seed) for seed in runs]),
    }

    tell(f"{policy}, 8 features, batches of 500", regrets, reference)
    assert regrets["bare"].mean() <= MARGIN * reference
