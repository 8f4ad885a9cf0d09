"""How long after a decision does its reward come, and what part of the rewards has come by now? Pure.

A decision of a minute ago without a click is no failure: its click may be on the way. If D(t) is the share of
rewards that have come within t of their decision, a decision of age t counts as D(t) of a trial.

D is learned from the rewards that came, and those lean to short delays: of the decisions of the last hour no reward
can have taken a day. (The data are truncated on the right: what has not come is not seen, and cannot be told from
what will never come.) The estimate that is right nevertheless looks back in time. Among rewards that took at most as
long as bucket k, of decisions old enough to show a delay of bucket k,

    D(k - 1) / D(k) = 1 - (those in bucket k) / (all up to bucket k)

and the product of these from the longest delay down is D. It is the product-limit estimate in reversed time: each
decision is compared with those that could have shown the same delay, and no others. What takes longer than the
oldest decision is old cannot be known: there the delay that was expected stands in. Among rewards that came it
counts as PRIOR_REWARDS more.

References
----------
S. W. Lagakos, L. M. Barraj, V. De Gruttola, "Nonparametric analysis of truncated survival data, with application to
AIDS", Biometrika 75 (1988). C. Vernade et al., "Linear bandits with stochastic delayed feedback", ICML 2020, for
counting trials by D.
"""

from bisect import bisect_right

import numpy as np

from sites.times import HOUR_MS

# Upper ends of the buckets of delays: a minute, and each the square root of two longer, up to 32 days. The last bucket
# holds what is longer too.
EDGES_MS = tuple(round(60_000 * 2 ** (k / 2)) for k in range(32))
PRIOR_REWARDS = 5.0  # the weight of the delay that was expected, in rewards
MOMENTS = 8  # of an hour, of which its decisions are taken to be


def bucket_of(delay_ms: int) -> int:
    """Where the consumer counts a delay. A reward before its decision (clocks differ) took no time."""
    return min(bisect_right(EDGES_MS, delay_ms), len(EDGES_MS) - 1)


def expected(mean_ms: float) -> np.ndarray:
    """The share of rewards in each bucket if delays were exponential with this mean."""
    arrived = -np.expm1(-np.asarray(EDGES_MS) / max(mean_ms, 1.0))
    return np.diff(arrived, prepend=0.0)


def learn(hours: np.ndarray, delays: np.ndarray, now: int, mean_ms: float) -> np.ndarray:
    """D at each of EDGES_MS. `hours` begin the hours of the decisions, shape (n,), `delays` count their rewards by
    bucket, shape (n, n_buckets); `mean_ms` is the delay that was expected."""
    # The youngest decision of the hour must be old enough.
    is_shown = (now - hours - HOUR_MS)[:, None] >= np.asarray(EDGES_MS)
    prior = PRIOR_REWARDS * expected(mean_ms)
    within = (delays * is_shown).sum(axis=0) + prior
    up_to = (delays.cumsum(axis=1) * is_shown).sum(axis=0) + prior.cumsum()
    kept = 1 - within / up_to
    return np.append(kept[:0:-1].cumprod()[::-1], 1.0)


def matured(hours: np.ndarray, now: int, arrived: np.ndarray) -> np.ndarray:
    """What part of the rewards of an hour's decisions has come: the mean of D over the moments of the hour that are
    over. `arrived` is D at EDGES_MS."""
    over = np.clip(now - hours, 0, HOUR_MS)
    moments = (np.arange(MOMENTS) + 0.5) / MOMENTS
    ages = (now - hours)[:, None] - over[:, None] * moments
    return np.interp(ages, [0, *EDGES_MS], [0.0, *arrived]).mean(axis=1)
