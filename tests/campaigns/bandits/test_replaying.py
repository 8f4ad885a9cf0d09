"""What a draft would have dealt, by what was known at each moment."""

from campaigns.bandits import Settings
from campaigns.bandits.batch import Asked, decide
from campaigns.bandits.replaying import known_at, replayed
from campaigns.bandits.state import NO_CLUSTER
from sites.times import DAY_MS, HOUR_MS
from tests.campaigns.bandits.rows import NOW, make_row

SLOW = make_row(hour=NOW - 10 * HOUR_MS, delay_ms=5 * HOUR_MS, worth=7.0)


def test_a_reward_is_known_when_it_has_arrived():
    [early], [late] = known_at([SLOW], NOW - 6 * HOUR_MS), known_at([SLOW], NOW)

    assert (early.trials, early.rewards, early.total) == (100, 0, 0)
    assert late == SLOW._replace(delays=list(SLOW.delays))


def test_an_hour_is_known_when_it_is_over():
    assert known_at([SLOW], NOW - 10 * HOUR_MS + 1) == []
    assert len(known_at([SLOW], NOW - 9 * HOUR_MS)) == 1


def test_a_draft_learns_no_earlier_than_the_live_one_could():
    begun = NOW - 40 * DAY_MS
    rows = [make_row(arm, 1_000, rewards, hour=begun, delay_ms=5 * HOUR_MS) for arm, rewards in (("a", 30), ("b", 90))]
    settings = Settings(expected_delay_ms=5 * HOUR_MS)

    before, after, now = replayed(Asked("ab", rows, settings), [begun + HOUR_MS, begun + DAY_MS, NOW])

    assert before.dealing(NO_CLUSTER).propensities == [0.5, 0.5]
    assert after.dealing(NO_CLUSTER).propensities == [0.01, 0.99]
    assert now.dealings == decide([Asked("ab", rows, settings)], NOW)[0].dealings
