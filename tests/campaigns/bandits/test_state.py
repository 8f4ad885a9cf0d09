"""From rows to what is known of each arm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bandits.base import Settings
from campaigns.bandits.state import FUTURE, MENDED, UNKNOWN_ARM, UNREADABLE, as_history, gather
from sites.times import DAY_MS, HOUR_MS
from tests.campaigns.bandits.rows import LONG_AGO, NOW, make_row, make_rows

ARMS = ["a", "b"]
AT_ONCE = Settings(expected_delay_ms=0)
rows = st.builds(
    make_row,
    st.sampled_from([*ARMS, "gone"]),
    st.integers(0, 1_000),
    st.integers(0, 1_000),
    hour=st.integers(0, 1_002).map(lambda hour: hour * HOUR_MS),
    cluster=st.integers(-1, 3),
    worth=st.floats(-100, 100),
    delay_ms=st.integers(0, 2 * DAY_MS),
)


def same(one, other) -> bool:
    return all((a == b).all() for a, b in zip(one.tally, other.tally, strict=True)) and (
        (one.arrived == other.arrived).all() and one.clusters == other.clusters and one.set_aside == other.set_aside
    )


@given(st.lists(rows, max_size=30), st.randoms(use_true_random=False), st.floats(0.9, 1))
def test_rows_in_another_order_are_the_same_to_the_last_bit(rows, random, discount):
    settings = Settings(discount=discount)
    mixed = random.sample(rows, len(rows))

    assert same(gather(rows, ARMS, NOW, settings), gather(mixed, ARMS, NOW, settings))


@given(st.lists(rows, max_size=20))
def test_trials_only_mature_and_never_become_more_than_there_were(rows):
    soon, later = (gather(rows, ARMS, NOW + wait, AT_ONCE).tally.seen[0] for wait in (3 * HOUR_MS, 40 * DAY_MS))

    there_were = [sum(max(row.trials, row.rewards) for row in rows if row.arm == arm) for arm in ARMS]
    assert (soon <= later + 1e-6).all()
    assert later == pytest.approx(there_were)


@given(st.lists(rows, min_size=1, max_size=20), st.floats(0.9, 1), st.floats(0.9, 1))
def test_what_fades_faster_counts_less(rows, one, two):
    slow, fast = (
        gather(rows, ARMS, NOW, Settings(discount=discount)).tally for discount in (max(one, two), min(one, two))
    )

    assert (fast.trials <= slow.trials + 1e-9).all()
    assert (fast.rewards <= slow.rewards + 1e-9).all()
    assert (fast.seen == slow.seen).all()


def test_a_batch_ago_counts_as_the_discount_says():
    settings = Settings(discount=0.98, batch_ms=2 * HOUR_MS, expected_delay_ms=0)

    tally = gather([make_row(hour=NOW - 401 * HOUR_MS)], ["a"], NOW, settings).tally

    assert tally.rewards[0, 0] == pytest.approx(10 * 0.98**200)
    assert tally.trials[0, 0] == pytest.approx(100 * 0.98**200, rel=1e-3)


def test_an_impression_is_no_failure_at_once():
    settings = Settings(expected_delay_ms=DAY_MS)

    fresh = gather([make_row(trials=1_000, rewards=0, hour=NOW)], ["a"], NOW, settings).tally
    begun = gather([make_row(trials=1_000, rewards=0, hour=NOW - HOUR_MS)], ["a"], NOW, settings).tally

    assert fresh.trials[0, 0] == 0
    assert 10 < begun.trials[0, 0] < 40  # half an hour of a day


def test_a_cluster_has_a_row_of_its_own_and_nobodys_is_in_the_whole():
    state = gather([make_row(cluster=5), make_row("b", cluster=2), make_row("b", 7, 1)], ARMS, NOW, AT_ONCE)

    assert state.clusters == (2, 5)
    assert state.tally.rewards.tolist() == [[10, 11], [0, 10], [10, 0]]


def test_what_cannot_be_does_not_count_and_is_counted():
    bad = [
        make_row("gone"),
        make_row(hour=NOW + 1),
        make_row(worth=float("nan")),
        make_row(trials=-1, rewards=0),
        make_row(rewards=0)._replace(squares=-1.0),
        make_row("b", trials=3, rewards=5),
    ]

    state = gather([*bad, make_row()], ARMS, NOW, AT_ONCE)

    assert state.set_aside == {UNKNOWN_ARM: 1, FUTURE: 1, UNREADABLE: 3, MENDED: 1}
    assert state.tally.rewards[0].tolist() == [10, 5]
    assert state.tally.seen[0] == pytest.approx([100, 5])


def test_without_rows_nothing_is_known():
    state = gather([], ARMS, NOW, AT_ONCE)

    assert all((measure == np.zeros((1, 2))).all() for measure in state.tally)
    assert state.set_aside == {}


def test_history_is_a_hint_that_is_bounded():
    before = gather(make_rows({"a": (10_000, 900), "b": (40, 3)}), ARMS, NOW, AT_ONCE)

    history = as_history(before.tally, most_trials=200)
    state = gather([make_row("a", 50, 5, hour=LONG_AGO)], ARMS, NOW, AT_ONCE, history)

    assert state.tally.trials[0] == pytest.approx([250, 40])
    assert state.tally.rewards[0] == pytest.approx([23, 3])
