"""Each decision is a trial once, each reward counts once, and weights follow what came of the arms."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import connection, transaction

from campaigns.models import AdVariant, Arm, Campaign, Placement, Rule, Treatment
from campaigns.publish import publish
from personalization import recording
from personalization.bandits import batches, learning
from personalization.models import Batch, Delay, Reward, Trial
from sites.times import HOUR_MS, moment_of
from tests.goals import make_goal
from tests.personalization.experiments import happenings
from tests.personalization.experiments.happenings import NOW, click, order, shown
from tracking import consumer
from tracking.decision import LoggedDecision
from tracking.event import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def bandit(site):
    row = Treatment.objects.create(site=site, key="offers", name="Offers", kind="bandit", policy={"least_trials": 5})
    for key in "ab":
        variant = AdVariant.objects.create(site=site, key=f"offer-{key}", name=key.upper(), headline=key)
        Arm.objects.create(treatment=row, key=key, variant=variant)
    return row


consume = partial(happenings.consume, steps=(recording.record, learning.learn))


def decided(site, bandit, arm, who=1, at=NOW, **context):
    """By an id of ours, which says when it was made."""
    one = shown(site, bandit.pk, arm, who, at)
    identity = at.to_bytes(6, "big") + b"\x70" + one.id[7:]
    changed = dict(one.context) | context
    return LoggedDecision(identity, *[getattr(one, name) for name in one.__struct_fields__[1:-1]], changed)


def counts(bandit):
    """By arm: trials, rewards, total, unmatched."""
    found = Counter()
    for row in Trial.objects.filter(treatment_id=bandit.pk):
        for name in ("trials", "rewards", "total", "unmatched"):
            found[row.arm, name] += getattr(row, name)
    return {key: value for key, value in found.items() if value}


def test_the_consumer_knows_this_step_behind_that_of_conversions():
    names = list(consumer.steps)

    assert consumer.steps["bandits"] is learning.learn
    assert names.index("bandits") > names.index("results")


def test_a_decision_is_a_trial_once_and_a_click_a_reward_once(site, bandit):
    one, other = decided(site, bandit, "a"), decided(site, bandit, "b", 2)
    consume(site, one, one, other)
    consume(site, one, (1, click(one, NOW + 90_000)), (1, click(one, NOW + 95_000)))
    consume(site, (1, click(one, NOW + 99_000)))

    assert counts(bandit) == {("a", "trials"): 1, ("a", "rewards"): 1, ("b", "trials"): 1}
    assert [(row.arm, row.delay, row.rewards) for row in Delay.objects.all()] == [("a", 2, 1)]


def test_rewards_go_with_the_cluster_and_the_slice_of_their_decision(site, bandit):
    one = decided(site, bandit, "a", cluster=4, is_random=True)
    consume(site, one, decided(site, bandit, "a", 2))
    consume(site, (1, click(one, NOW + 5)))

    assert set(Trial.objects.values_list("cluster", "is_random", "trials", "rewards")) == {
        (4, True, 1, 1),
        (-1, False, 1, 0),
    }


def test_a_reward_of_an_unknown_decision_is_kept_and_counted_apart(site, bandit):
    consume(site, (1, click(decided(site, bandit, "a"), NOW + 5)))

    assert counts(bandit) == {("a", "rewards"): 1, ("a", "unmatched"): 1}
    assert Reward.objects.count() == 1


def test_a_reward_before_its_decision_took_no_time(site, bandit):
    one = decided(site, bandit, "a")
    consume(site, one, (1, click(one, NOW - 60_000)))

    assert Delay.objects.get().delay == 0


def test_what_somebody_set_by_hand_and_what_is_no_bandit_teach_nothing(site, bandit):
    by_hand = decided(site, bandit, "a")
    by_hand = LoggedDecision(
        *[getattr(by_hand, name) if name != "detail" else "OVERRIDE" for name in by_hand.__struct_fields__]
    )
    consume(site, by_hand, shown(site, bandit.pk + 1, "a"), decided(site, bandit, "a", 0))

    assert counts(bandit) == {}


def test_conversions_reward_the_decision_that_is_credited_with_what_they_bring(site, bandit):
    Treatment.objects.update(reward="value")
    goal = make_goal(site)
    Campaign.objects.create(id=5, site=site, key="spring", name="Spring", goal=goal, status="live")
    one = decided(site, bandit, "a")
    seen = Event("i1", "engagement", "Impression", NOW + 1, NOW + 1, properties=click(one, NOW).properties)
    consume(site, one, (1, seen))
    consume(site, (1, order("A-1", NOW + 5)), (1, click(one, NOW + 2)))
    consume(site, (1, order("A-2", NOW + 9, 20.0)), (1, order("A-1", NOW + 12)))

    assert counts(bandit) == {("a", "trials"): 1, ("a", "rewards"): 1, ("a", "total"): 7000}
    assert Trial.objects.get().squares == 7000**2


def live(site, bandit, publisher, commit) -> None:
    hero = Placement.objects.create(site=site, key="hero", name="Hero")
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    Rule.objects.create(campaign=campaign, placement=hero, name="Offers", treatment=bandit)
    with commit(execute=True):
        publish(site, publisher)


def test_a_batch_gives_more_to_what_does_better_under_a_new_version(
    site, bandit, publisher, django_capture_on_commit_callbacks
):
    live(site, bandit, publisher, django_capture_on_commit_callbacks)
    now = moment_of(NOW) + timedelta(hours=30)
    told = []
    for number in range(1, 201):
        one = decided(site, bandit, "ab"[number % 2], number, NOW + number)
        told.append(one)
        if number % 20 == 0 or (number % 2 and number % 5 == 0):  # a: one of ten, b: one of five
            told.append((number, click(one, NOW + number + 30_000)))
    consume(site, *told)

    assert [row.pk for row in batches.due(now)] == [bandit.pk]
    (batch,) = batches.make(batches.due(now), now)

    shares = {arm["arm"]: arm["share"] for arm in batch.arms}
    assert (batch.version, sum(shares.values())) == (1, pytest.approx(1))
    assert shares["b"] > 0.8 > 0.2 > shares["a"] >= 0.01
    assert batches.due(now + timedelta(minutes=30)) == []
    assert batches.make(batches.due(now + timedelta(hours=2)), now + timedelta(hours=2)) == []
    batch = Batch.objects.get()
    assert (batch.made_at, batch.asked_at) == (now, now + timedelta(hours=2))
    assert batches.weights_in(bandit.pk, 1).version == 1 and batches.weights_in(bandit.pk, 2) is None


def test_a_bandit_that_nobody_draws_from_is_not_asked(site, bandit):
    assert batches.due(datetime.now(UTC)) == []


def test_the_same_log_gives_the_same_weights_however_it_is_read(site, bandit):
    told = []
    for number in range(1, 61):
        one = decided(site, bandit, "ab"[number % 2], number, NOW + number * HOUR_MS // 7, cluster=number % 3)
        told.append(one)
        if number % 7 == 0:
            told.append((number, click(one, one.at + number * 1_000)))
    now = moment_of(NOW) + timedelta(days=2)
    consume(site, *told)
    whole = [sorted(map(str, table.objects.values_list())) for table in (Trial, Delay, Reward)]
    rows = batches.rows_of([bandit.pk], now)
    for table in (Trial, Delay, Reward):
        table.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM personalization_decision")
        cursor.execute("DELETE FROM tracking_event")

    for start in range(0, len(told), 3):
        consume(site, *told[start : start + 3], told[start])

    assert [sorted(map(str, table.objects.values_list())) for table in (Trial, Delay, Reward)] == whole
    assert sorted(batches.rows_of([bandit.pk], now)[bandit.pk]) == sorted(rows[bandit.pk])


def test_a_consumer_that_dies_between_a_reward_and_its_commit_has_learned_nothing_and_learns_it_once(site, bandit):
    one = decided(site, bandit, "a")
    consume(site, one)

    def die(connection, entries, decisions):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        happenings.consume(site, (1, click(one, NOW + 5)), steps=(recording.record, learning.learn, die))
    assert counts(bandit) == {("a", "trials"): 1}

    consume(site, (1, click(one, NOW + 5)))
    assert counts(bandit) == {("a", "trials"): 1, ("a", "rewards"): 1}
