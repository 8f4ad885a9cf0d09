"""What is asked of a policy, and with what settings? Pure.

A policy turns what came of each arm into a share of the traffic for each arm. It is asked once a batch; until the
next batch the shares stand, and the keyed hash of `campaigns.bucketing` draws by them. So the chance that an arm had
is known exactly for every decision, and the edge works out no posterior.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec
import numpy as np

from sites.times import HOUR_MS

COUNT, VALUE = "count", "value"  # what a reward is: that it came, or how much it was


class Settings(msgspec.Struct, frozen=True):
    """What a marketer sets for one bandit; `faults_of` says what is wrong with it."""

    policy: str = "thompson"  # a key of campaigns.bandits.POLICIES
    reward: str = COUNT
    floor: float = 0.01  # the least share of an arm: a policy may not forget one
    least_trials: int = 100  # matured, of each arm, before the policy has a say in its share
    control: float = 0.0  # share of the visitors who get all arms alike, whatever the policy thinks
    discount: float = 1.0  # by which what came before fades, a batch; .98 to .995 where tastes change
    batch_ms: int = HOUR_MS
    expected_delay_ms: int = HOUR_MS  # from a decision to its reward, on average: until enough of them were seen
    prior: tuple[float, float] = (1.0, 1.0)  # successes and failures taken for granted of each arm
    epsilon: float = 0.1  # of epsilon-greedy: the share that all arms have alike
    boldness: float = 0.5  # of policies that look at features: how far from the mean they draw, in standard deviations


class Tally(NamedTuple):
    """What came of each arm, shape (n_rows, n_arms) each: a row for a bandit, or for one context of a bandit. Parts of
    trials occur, for they mature and fade."""

    trials: np.ndarray  # matured and faded: a decision whose reward may still come counts in part
    rewards: np.ndarray  # how many of them were rewarded, faded
    total: np.ndarray  # of the rewards' values, faded
    squares: np.ndarray  # of the rewards' values, faded
    seen: np.ndarray  # trials, matured and not faded

    def rows(self, which: slice | list[int]) -> "Tally":
        return Tally(*(each[which] for each in self))


class Learned(NamedTuple):
    """A normal posterior of each arm's coefficients."""

    means: np.ndarray  # shape (n_arms, n_features + 1): a constant stands first
    precisions: np.ndarray  # shape (n_arms, n_features + 1, n_features + 1)


# Of rows of features with a constant first, arms, rewards, weights, and the number of arms.
Learn = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int], Learned]


class Policy(NamedTuple):
    """A member of the family: it weighs tallies, or learns from the features of visitors."""

    title: str
    sentence: str  # for marketers: what it does, and when to choose it
    weigh: Callable[[Tally, Settings], np.ndarray] | None = None  # shares (n_rows, n_arms); each row on its own, sum 1
    learn: Learn | None = None
    per_cluster: bool = False  # whether each cluster of visitors has shares of its own
    is_poor_in_batches: bool = False  # decides one way for the whole of a batch


def faults_of(settings: Settings) -> dict[str, str]:
    """By field, what a person should change."""
    bounds = {
        "floor": (0.0, 0.5),
        "control": (0.0, 0.5),
        "discount": (0.5, 1.0),
        "epsilon": (0.0, 1.0),
        "boldness": (0.0, 2.0),
        "least_trials": (0, 1_000_000),
        "batch_ms": (60_000, 7 * 24 * HOUR_MS),
        "expected_delay_ms": (0, 31 * 24 * HOUR_MS),
    }
    faults = {
        name: f"Must be from {low:g} to {high:g}."
        for name, (low, high) in bounds.items()
        if not low <= getattr(settings, name) <= high
    }
    if settings.reward not in (COUNT, VALUE):
        faults["reward"] = f"Must be {COUNT} or {VALUE}."
    if not all(0 < part < float("inf") for part in settings.prior):
        faults["prior"] = "Both numbers must be above 0."
    return faults


def evenly(where: np.ndarray) -> np.ndarray:
    """Shares, shape (n_rows, n_arms): alike among those arms of a row where `where` holds, which is one at least."""
    return where / where.sum(axis=-1, keepdims=True)


def observed(tally: Tally, settings: Settings) -> np.ndarray:
    """Reward per trial, infinite for an arm that was never tried: whoever follows the best will try it."""
    rewards = tally.rewards if settings.reward == COUNT else tally.total
    trials = np.maximum(tally.trials, tally.rewards)
    return np.where(trials > 0, rewards / np.where(trials > 0, trials, 1), np.inf)
