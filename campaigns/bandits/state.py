"""What is known of each arm, by what the log has counted? Pure.

The consumer keeps one row for each arm, cluster and hour of the decision. All that a policy knows is a function of
those rows, the settings and `now`: rows in another order, or counted again from the log, give the same numbers to
the last bit.

A row counts by two factors. It matures: of its trials, those count whose reward would have come by now (`delays`),
so that a decision is never a failure at once. And it fades, where tastes change: by `Settings.discount` for each
batch that has gone by since its hour. Rewards fade with their trials, not by when they came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from campaigns.bandits.base import Settings, Tally
from campaigns.bandits.delays import EDGES_MS, learn, matured
from sites.times import HOUR_MS

NO_CLUSTER = -1  # of visitors in no cluster, or whose cluster was not known
REASONS = UNREADABLE, UNKNOWN_ARM, FUTURE, MENDED = "unreadable", "unknown arm", "in the future", "mended"


class Row(NamedTuple):
    """What came of one arm in one hour, for the visitors of one cluster."""

    arm: str  # its key
    cluster: int  # of the visitors, when it was decided
    hour: int  # of the decisions: its beginning
    trials: int  # decisions
    rewards: int  # decisions that were rewarded, each once
    total: float  # of the rewards' values; below zero where refunds exceed it
    squares: float  # of the rewards' values
    delays: Sequence[int]  # rewards by `delays.bucket_of` the time from decision to reward


class Columns(NamedTuple):
    """Rows as arrays of one length; arms by their position, -1 for one that the bandit has not."""

    arm: np.ndarray
    cluster: np.ndarray
    hour: np.ndarray
    trials: np.ndarray
    rewards: np.ndarray
    total: np.ndarray
    squares: np.ndarray
    delays: np.ndarray  # shape (n_rows, len(EDGES_MS))

    def where(self, which: np.ndarray) -> "Columns":
        return Columns(*(each[which] for each in self))


@dataclass(frozen=True)
class State:
    """The tally's first row is of everybody; those of `clusters` follow. What came of visitors in NO_CLUSTER is in the
    first alone."""

    arms: tuple[str, ...]
    clusters: tuple[int, ...]
    tally: Tally
    arrived: np.ndarray  # the share of rewards that have come within each of EDGES_MS
    set_aside: dict[str, int]  # rows that do not count, by reason; those MENDED do


def gather(
    rows: Sequence[Row], arms: Sequence[str], now: int, settings: Settings, history: Tally | None = None
) -> State:
    """`arms` are those that the bandit has now: one that is new has no rows, and rows of one that was taken out do not
    count. `history` is what was known before (`as_history`): it neither matures nor fades.

    Rows that cannot be (of the future, of an unknown arm, below nothing, no numbers) do not count, and are counted
    under their reason. More rewards than trials prove that trials were lost: there are as many.
    """
    columns, set_aside = _sound(_columns(rows, arms), now)
    arrived = learn(columns.hour, columns.delays, now, settings.expected_delay_ms)
    ripe = columns.trials * matured(columns.hour, now, arrived)
    batches = np.maximum(now - columns.hour - HOUR_MS, 0) / settings.batch_ms
    faded = settings.discount**batches
    clusters = np.unique(columns.cluster[columns.cluster != NO_CLUSTER])
    tally = Tally(
        *(
            _by_context(columns, clusters, len(arms), measure)
            for measure in (ripe * faded, *(each * faded for each in columns[4:7]), ripe)
        )
    )
    if history is not None:
        for now_known, before in zip(tally, history, strict=True):
            now_known[0] += before[0]
    return State(tuple(arms), tuple(clusters.tolist()), tally, arrived, set_aside)


def as_history(tally: Tally, most_trials: float) -> Tally:
    """What an earlier bandit or test tells a new one, for its warm start: the first row, scaled down so that no arm
    begins with more than `most_trials`. It is a hint, not a verdict: things may have changed since."""
    first = tally.rows(slice(0, 1))
    scale = np.minimum(1.0, most_trials / np.maximum(first.trials, 1e-12))
    return Tally(*(each * scale for each in first))


def _columns(rows: Sequence[Row], arms: Sequence[str]) -> Columns:
    position = {arm: place for place, arm in enumerate(arms)}
    arm, cluster, hour, *numbers, delays = zip(*rows, strict=True) if rows else ((),) * len(Row._fields)
    counts = np.fromiter(chain.from_iterable(delays), np.float64)  # half the time of np.array
    trials, rewards, total, squares = (np.array(each, np.float64) for each in numbers)
    return Columns(
        np.array([position.get(each, -1) for each in arm], np.int64),
        np.array(cluster, np.int64),
        np.array(hour, np.int64),
        trials,
        rewards,
        total,
        squares,
        counts.reshape(len(rows), len(EDGES_MS)),
    )


def _sound(columns: Columns, now: int) -> tuple[Columns, dict[str, int]]:
    """Those that count, in an order of their own: sums of floats depend on it."""
    counts = np.stack([columns.trials, columns.rewards, columns.squares, columns.delays.min(axis=1)])
    is_readable = (np.isfinite(counts) & (counts >= 0)).all(axis=0) & np.isfinite(columns.total)
    # The first that holds says why; a row of which none holds has the place behind the last.
    tests = [~is_readable, columns.arm < 0, columns.hour > now, columns.rewards > columns.trials]
    place = np.select(tests, range(len(REASONS)), default=len(REASONS))
    set_aside = dict(zip(REASONS, np.bincount(place, minlength=len(REASONS)).tolist(), strict=False))
    order = np.lexsort(columns[6::-1])
    kept = columns.where(order[place[order] >= REASONS.index(MENDED)])
    kept = kept._replace(trials=np.maximum(kept.trials, kept.rewards))
    return kept, {reason: count for reason, count in set_aside.items() if count}


def _by_context(columns: Columns, clusters: np.ndarray, n_arms: int, values: np.ndarray) -> np.ndarray:
    everybody = np.bincount(columns.arm, values, n_arms)
    is_known = columns.cluster != NO_CLUSTER
    places = np.searchsorted(clusters, columns.cluster[is_known]) * n_arms + columns.arm[is_known]
    of_clusters = np.bincount(places, values[is_known], len(clusters) * n_arms)
    return np.vstack([everybody, of_clusters.reshape(len(clusters), n_arms)]).astype(np.float64)
