"""From rows to ranges, for many bandits at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bandits import POLICIES, Settings
from campaigns.bandits.batch import Asked, decide
from campaigns.bandits.state import NO_CLUSTER, as_history, gather
from campaigns.bandits.weights import STEPS
from tests.campaigns.bandits.rows import NOW, make_row, make_rows

GOOD_AND_BAD = make_rows({"a": (2_000, 40), "b": (2_000, 120)})


WEIGHING = [name for name, policy in POLICIES.items() if policy.weigh]


@pytest.mark.parametrize("policy", WEIGHING)
def test_a_bandit_without_rows_deals_alike_and_one_arm_gets_all(policy):
    none, alone = decide([Asked("ab", [], Settings(policy=policy)), Asked("a", [], Settings(policy=policy))], NOW)

    assert none.dealing(NO_CLUSTER).propensities == [0.5, 0.5]
    assert alone.dealing(NO_CLUSTER).propensities == [1.0]


def test_the_better_arm_gets_all_but_the_floor():
    [found] = decide([Asked("ab", GOOD_AND_BAD, Settings())], NOW)

    assert found.dealing(NO_CLUSTER).propensities == [0.01, 0.99]


def test_a_new_arm_joins_and_nothing_is_forgotten():
    [found] = decide([Asked("abc", GOOD_AND_BAD, Settings())], NOW)

    assert found.dealing(NO_CLUSTER).propensities == pytest.approx([0.01, 0.6567, 0.3333], abs=1e-4)


def test_an_arm_is_new_until_its_trials_have_matured():
    day = 24 * 3_600_000
    slow = [make_row(arm, 2_000, 90, delay_ms=10 * day) for arm in "ab"]
    fresh = [*slow, make_row("c", 5_000, 0, hour=NOW - 3_600_000)]

    [found] = decide([Asked("abc", fresh, Settings(expected_delay_ms=20 * day))], NOW)

    assert found.dealing(NO_CLUSTER).propensities[2] == pytest.approx(1 / 3, abs=1e-4)


def test_a_warm_start_is_no_beginning():
    history = as_history(gather(GOOD_AND_BAD, "ab", NOW, Settings()).tally, most_trials=1_000)

    [found] = decide([Asked("ab", [], Settings(), history)], NOW)

    assert found.dealing(NO_CLUSTER).propensities == [0.01, 0.99]


def test_clusters_have_shares_of_their_own_where_the_policy_says_so():
    rows = [
        *(make_row("a", 3_000, 300, cluster=1), make_row("b", 3_000, 90, cluster=1)),
        *(make_row("a", 3_000, 90, cluster=2), make_row("b", 3_000, 300, cluster=2)),
    ]
    ways = [Settings(policy="per_cluster"), Settings()]

    own, whole = decide([Asked("ab", rows, settings) for settings in ways], NOW)

    assert own.dealing(1).propensities == [0.99, 0.01]
    assert own.dealing(2).propensities == [0.01, 0.99]
    assert own.dealing(7) == own.dealing(NO_CLUSTER)  # a cluster that nobody has seen
    assert whole.dealing(1) == whole.dealing(2) == whole.dealing(NO_CLUSTER)


@given(st.lists(st.tuples(st.integers(0, 3_000), st.floats(0, 1)), min_size=1, max_size=6), st.floats(0, 1))
def test_more_success_never_lowers_a_share(arms, more):
    """But for the step that rounding may take."""
    counts = {f"arm {place}": (trials, round(trials * rate)) for place, (trials, rate) in enumerate(arms)}
    trials, rewards = counts["arm 0"]
    better = counts | {"arm 0": (trials, rewards + int(more * (trials - rewards)))}

    before, after = decide([Asked(list(counts), make_rows(each), Settings()) for each in (counts, better)], NOW)

    step = 1 / STEPS
    assert after.dealing(-1).propensities[0] >= before.dealing(-1).propensities[0] - 1.5 * step
    assert min(after.dealing(-1).propensities) >= 0.01


def test_a_policy_that_looks_at_features_is_not_asked_here():
    with pytest.raises(ValueError, match="logistic looks at features"):
        decide([Asked("ab", [], Settings(policy="logistic"))], NOW)


def test_who_else_is_in_the_batch_changes_nothing():
    rng = np.random.default_rng(6)
    bandits = [
        Asked(
            "abcdef"[: rng.integers(1, 7)],
            make_rows({arm: (int(rng.integers(50, 900)), int(rng.integers(0, 50))) for arm in "abcdef"}),
            Settings(policy=str(rng.choice(WEIGHING))),
        )
        for _ in range(40)
    ]

    together = decide(bandits, NOW)

    alone = [decide([bandit], NOW)[0] for bandit in bandits]
    assert [each.dealings for each in together] == [each.dealings for each in alone]
