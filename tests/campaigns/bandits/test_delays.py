"""How long rewards take, and how much of them has come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bandits.delays import EDGES_MS, bucket_of, expected, learn, matured
from sites.times import DAY_MS, HOUR_MS

NOW = 200 * HOUR_MS


def count(delays_ms: np.ndarray) -> np.ndarray:
    places = np.minimum(np.searchsorted(EDGES_MS, delays_ms, side="right"), len(EDGES_MS) - 1)
    return np.bincount(places, minlength=len(EDGES_MS)).astype(float)


def simulated(mean_ms: float, n_hours: int, per_hour: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rewards as they are seen at NOW: those that have come."""
    hours = NOW - HOUR_MS * np.arange(1, n_hours + 1)
    counts = []
    for hour in hours:
        at = hour + rng.uniform(0, HOUR_MS, per_hour)
        delay = rng.exponential(mean_ms, per_hour)
        counts.append(count(delay[at + delay <= NOW]))
    return hours, np.array(counts)


@pytest.mark.parametrize(
    ("delay_ms", "bucket"), [(-5_000, 0), (0, 0), (59_999, 0), (60_000, 1), (HOUR_MS, 12), (400 * DAY_MS, 31)]
)
def test_a_delay_has_a_bucket(delay_ms, bucket):
    assert bucket_of(delay_ms) == bucket


def test_what_was_seen_lately_leans_to_short_delays_and_the_estimate_does_not():
    """Delays of 30 hours, of which 40 hours were watched: half of the rewards have not come."""
    mean_ms = 30 * HOUR_MS
    hours, counts = simulated(mean_ms, 40, 4_000, np.random.default_rng(2))
    within_day = np.searchsorted(EDGES_MS, DAY_MS)
    # Of the delays that the oldest decisions can have shown, this share takes at most a day.
    longest = 1 - np.exp(-EDGES_MS[within_day + 1] / mean_ms)
    truth = (1 - np.exp(-EDGES_MS[within_day] / mean_ms)) / longest

    found = learn(hours, counts, NOW, mean_ms=1.0)[within_day]

    naive = counts[:, : within_day + 1].sum() / counts.sum()
    assert found == pytest.approx(truth, abs=0.03)
    assert naive > truth + 0.08


def test_before_any_reward_the_expected_delay_stands_in():
    nothing = learn(np.empty(0), np.empty((0, len(EDGES_MS))), NOW, mean_ms=HOUR_MS)

    assert nothing[np.searchsorted(EDGES_MS, HOUR_MS)] == pytest.approx(1 - np.exp(-EDGES_MS[12] / HOUR_MS), abs=0.02)
    assert nothing[-1] == 1


def test_enough_rewards_outweigh_what_was_expected_up_to_the_oldest():
    hours, counts = simulated(10 * 60_000, 100, 200, np.random.default_rng(3))

    found = learn(hours, counts, NOW, mean_ms=30 * HOUR_MS)

    oldest = bucket_of(99 * HOUR_MS) - 1
    assert found[bucket_of(HOUR_MS)] / found[oldest] > 0.99
    assert found[oldest] == pytest.approx(1 - np.exp(-EDGES_MS[oldest] / (30 * HOUR_MS)), abs=0.01)


@given(
    st.lists(st.tuples(st.integers(0, 199), st.integers(0, 31), st.integers(0, 50)), max_size=30),
    st.floats(0, 1e9),
)
def test_the_share_that_has_come_grows_with_age_from_none_to_all(rewards, mean_ms):
    hours = np.array([hour * HOUR_MS for hour, _, _ in rewards], dtype=np.int64)
    counts = np.zeros((len(rewards), len(EDGES_MS)))
    for place, (_, bucket, number) in enumerate(rewards):
        counts[place, bucket] = number

    arrived = learn(hours, counts, NOW, mean_ms)

    ages = NOW - np.array([0, HOUR_MS, 2 * HOUR_MS, DAY_MS, 8 * DAY_MS])
    shares = matured(ages, NOW, arrived)
    assert (np.diff(arrived) >= 0).all()
    assert 0 <= arrived[0] <= arrived[-1] == 1
    assert (np.diff(shares) >= -1e-12).all()


def test_a_decision_of_this_moment_counts_as_nothing_and_one_of_long_ago_whole():
    arrived = expected(HOUR_MS).cumsum()

    now, hour_begun, long_ago = matured(np.array([NOW, NOW - HOUR_MS, 0]), NOW - 0, arrived)

    assert now == 0
    assert 0.3 < hour_begun < 0.45  # the mean of 1 - exp(-t) over the hour is .37
    assert long_ago == pytest.approx(1, abs=1e-6)
