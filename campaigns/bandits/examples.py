"""What do policies learn from that look at a visitor's features? Logged decisions, one by one. Pure."""

from typing import NamedTuple

import numpy as np

from campaigns.bandits.base import Settings
from campaigns.bandits.delays import EDGES_MS
from campaigns.bandits.scoring import FARTHEST


class Examples(NamedTuple):
    """Arrays of one length: all decisions that should count, for a posterior is made anew each batch. So it is a
    function of the log, as the tallies are."""

    X: np.ndarray  # raw features, shape (n, n_features); NaN: not known
    arm: np.ndarray  # position, from 0
    reward: np.ndarray
    weight: np.ndarray  # by how much each counts, 0 to 1 (`weights_by_age`)


class Space(NamedTuple):
    """How raw features are made comparable: less their mean, in spreads."""

    means: np.ndarray
    spreads: np.ndarray

    def place(self, X: np.ndarray) -> np.ndarray:
        """With a constant before, as a `scoring.Scorer` sees them: NaN is the mean."""
        placed = np.clip((X - self.means) / self.spreads, -FARTHEST, FARTHEST)
        return np.column_stack([np.ones(len(X)), np.where(np.isnan(placed), 0.0, placed)])


def space_of(X: np.ndarray) -> Space:
    """A feature that does not vary, or that nobody has, keeps its unit."""
    is_known = np.isfinite(X)
    count = np.maximum(is_known.sum(axis=0), 1)
    means = np.where(is_known, X, 0.0).sum(axis=0) / count
    variance = np.where(is_known, (np.where(is_known, X, 0.0) - means) ** 2, 0.0).sum(axis=0) / count
    return Space(means, np.where(variance > 0, np.sqrt(variance), 1.0))


def weights_by_age(
    at: np.ndarray, is_rewarded: np.ndarray, now: int, arrived: np.ndarray, settings: Settings
) -> np.ndarray:
    """For `Examples.weight`: a decision without a reward counts by the share of rewards that have come by its age
    (`arrived`, of `state.State`), one that was rewarded counts whole, and all fade. Those of the future do not
    count."""
    ages = np.maximum(now - at, 0)
    ripe = np.where(is_rewarded, 1.0, np.interp(ages, [0, *EDGES_MS], [0.0, *arrived]))
    return np.where(at > now, 0.0, ripe * settings.discount ** (ages / settings.batch_ms))
