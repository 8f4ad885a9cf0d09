"""Rows of a bandit as the consumer counts them, for tests and studies."""

from collections.abc import Sequence

from campaigns.bandits.delays import EDGES_MS, bucket_of
from campaigns.bandits.state import NO_CLUSTER, Row
from sites.times import HOUR_MS

NOW = 1_000 * HOUR_MS
LONG_AGO = NOW - 900 * HOUR_MS  # older than any delay


def make_row(
    arm: str = "a",
    trials: int = 100,
    rewards: int = 10,
    *,
    hour: int = LONG_AGO,
    cluster: int = NO_CLUSTER,
    worth: float = 1.0,
    delay_ms: int = 30_000,
) -> Row:
    """All rewards are worth the same and took as long."""
    counts = [0] * len(EDGES_MS)
    counts[bucket_of(delay_ms)] = rewards
    return Row(arm, cluster, hour, trials, rewards, rewards * worth, rewards * worth**2, counts)


def make_rows(arms: dict[str, tuple[int, int]]) -> Sequence[Row]:
    """By arm, trials and rewards."""
    return [make_row(arm, *counts) for arm, counts in arms.items()]
