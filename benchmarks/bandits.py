"""Bandits: shares of the traffic against SciPy's adaptive quadrature, arm by arm, and a batch of a thousand bandits.

`python -m benchmarks bandits` prints the table. The yardstick is the integral of the same chance as one would write it:
for each arm its density times the distribution functions of all others. Both are compared first.
"""

import time

import numpy as np
from scipy import integrate, special, stats

from benchmarks.measure import LOOP, Row, loop, within
from campaigns.bandits.base import Settings
from campaigns.bandits.batch import Asked, decide
from campaigns.bandits.contextual import learn
from campaigns.bandits.delays import EDGES_MS
from campaigns.bandits.examples import Examples
from campaigns.bandits.scoring import Scorer
from campaigns.bandits.state import Row as Counted
from campaigns.bandits.winning import Beta, Normal, chances_to_win
from sites.times import HOUR_MS

ARMS, BANDITS, HOURS, ARMS_OF_EACH = 50, 1_000, 24, 10


def by_quadrature(middle: np.ndarray, scale: np.ndarray) -> np.ndarray:
    def chance(arm: int) -> float:
        others, spreads = np.delete(middle, arm), np.delete(scale, arm)

        def integrand(t: float) -> float:
            z = (middle[arm] + t * scale[arm] - others) / spreads
            return np.exp(-t * t / 2) / np.sqrt(2 * np.pi) * np.prod(special.ndtr(z))

        return integrate.quad(integrand, -np.inf, np.inf)[0]

    return np.array([chance(arm) for arm in range(len(middle))])


def by_quadrature_of_rates(successes: np.ndarray, failures: np.ndarray) -> np.ndarray:
    def chance(arm: int) -> float:
        others, rest = np.delete(successes, arm), np.delete(failures, arm)
        log_scale = special.betaln(successes[arm], failures[arm])

        def integrand(x: float) -> float:
            log_density = (successes[arm] - 1) * np.log(x) + (failures[arm] - 1) * np.log1p(-x) - log_scale
            return np.exp(log_density) * np.prod(special.betainc(others, rest, x))

        ends = stats.beta.ppf([1e-9, 1 - 1e-9], successes[arm], failures[arm])
        return integrate.quad(integrand, *ends)[0]

    return np.array([chance(arm) for arm in range(len(successes))])


def _seconds(work, repeat: int) -> float:
    """Of one call, the best of several: what was slower was somebody else's."""
    took = []
    for _ in range(repeat):
        begun = time.process_time()
        work()
        took.append(time.process_time() - begun)
    return min(took)


def _times_as_fast(name: str, ours, theirs) -> Row:
    expected, found = theirs(), ours()[0]
    if abs(found - expected / expected.sum()).max() > 1e-5:
        raise RuntimeError(f"{name}: {found} here, {expected} by quadrature")
    mine, its = _seconds(ours, 20), _seconds(theirs, 3)
    return Row(name, mine * 1e6, "us", "scipy.integrate.quad, arm by arm", its * 1e6, its / mine, must=20, aim=100)


def rows_of(rng: np.random.Generator, arms: list[str]) -> list[Counted]:
    """A day, an hour a row for each arm."""
    rows = []
    for hour in range(HOURS):
        for arm in arms:
            trials = int(rng.poisson(200))
            delays = rng.multinomial(int(rng.binomial(trials, 0.05)), np.full(len(EDGES_MS), 1 / len(EDGES_MS)))
            rewards = int(delays.sum())
            rows.append(Counted(arm, -1, hour * HOUR_MS, trials, rewards, rewards, rewards, delays.tolist()))
    return rows


def scorer_of(rng: np.random.Generator) -> Scorer:
    """Five arms, eight features, a hundred draws."""
    arm, reward = rng.integers(0, 5, 5_000), (rng.random(5_000) < 0.05).astype(float)
    examples = Examples(rng.normal(size=(5_000, 8)), arm, reward, np.ones(5_000))
    return Scorer(learn(examples, 5, Settings(policy="logistic"), seed=1))


def run() -> list[Row]:
    rng = np.random.default_rng(9)
    middle, scale = rng.normal(0.05, 0.01, ARMS), rng.uniform(0.004, 0.01, ARMS)
    won = rng.integers(10, 60, ARMS).astype(float)
    lost = 20 * rng.integers(10, 60, ARMS).astype(float)
    arms = [f"arm {number}" for number in range(ARMS_OF_EACH)]
    bandits = [Asked(arms, rows_of(rng, arms), Settings(control=0.05)) for _ in range(BANDITS)]
    scorer, visitor = scorer_of(rng), rng.normal(size=8).tolist()
    took = _seconds(lambda: decide(bandits, HOURS * HOUR_MS), 3)
    return [
        _times_as_fast(
            f"weights of {ARMS} arms, normal",
            lambda: chances_to_win(Normal(middle[None], scale[None])),
            lambda: by_quadrature(middle, scale),
        ),
        _times_as_fast(
            f"weights of {ARMS} arms, Beta",
            lambda: chances_to_win(Beta(won[None], lost[None])),
            lambda: by_quadrature_of_rates(won, lost),
        ),
        Row(
            f"batch update of {BANDITS:,} bandits",
            took,
            "s",
            "a bound",
            2.0,
            took / 2.0,
            must=1.0,
            aim=0.5,
            lower=True,
            note=f"{ARMS_OF_EACH} arms, a day of hourly rows each, {BANDITS * HOURS * ARMS_OF_EACH:,} rows together",
        ),
        within(
            "shares by a visitor's features",
            lambda: scorer.weights_for(visitor),
            LOOP,
            loop,
            must=8,
            aim=5,
            repeat=200,
            note="5 arms, 8 features, 100 draws",
        ),
    ]
