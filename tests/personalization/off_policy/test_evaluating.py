"""Logged worlds whose true values are known: estimates hold them, and what the log cannot tell is refused."""

import random
import uuid
from datetime import timedelta
from functools import partial

import pytest

from campaigns.models import AdVariant, Arm, Campaign, Treatment
from campaigns.treatments import choose, split
from personalization import recording
from personalization.bandits import learning
from personalization.off_policy.evaluating import NO_DECISIONS, evaluation_of
from personalization.off_policy.wording import say
from sites.times import HOUR_MS, moment_of
from tests.goals import make_goal
from tests.personalization.experiments import happenings
from tests.personalization.experiments.happenings import NOW, click, order, shown, visitor
from tracking.decision import LoggedDecision

pytestmark = pytest.mark.django_db
RATES = {"a": 0.1, "b": 0.3, "c": 0.2}
SHARES = {"a": 60, "b": 30, "c": 10}
consume = partial(happenings.consume, steps=(recording.record, learning.learn))


@pytest.fixture
def treatment(site):
    row = Treatment.objects.create(site=site, key="offers", name="Offers", seed="0ffe")
    for key, weight in SHARES.items():
        variant = AdVariant.objects.create(site=site, key=f"offer-{key}", name=key.upper(), headline=key)
        Arm.objects.create(treatment=row, key=key, variant=variant, weight=weight)
    return row


def live_through(site, treatment, visitors: int, rates=RATES, shares=SHARES, **fields) -> None:
    """Each visitor draws by the published hash, is shown the arm, and clicks by its rate."""
    frozen = split.freeze(treatment.pk, "offers", treatment.seed, [(arm, 0, share) for arm, share in shares.items()])
    chance, told = random.Random(4), []
    for number in range(1, visitors + 1):
        drawn = choose(frozen, visitor(number), Nothing)
        at = NOW + number * HOUR_MS // 200
        one = decided(site, treatment.pk, drawn.arm, number, at, propensity=drawn.propensity, **fields)
        told.append(one)
        if chance.random() < rates[drawn.arm]:
            told.append((number, click(one, at + 30_000)))
    consume(site, *told)


class Nothing:
    """That a split without memory looks at."""

    forced = {}


def decided(site, treatment, arm, who, at, propensity, **fields) -> LoggedDecision:
    """By an id of ours, which says when it was made."""
    one = shown(site, treatment, arm, who, at, **fields)
    values = {name: getattr(one, name) for name in one.__struct_fields__}
    identity = at.to_bytes(6, "big") + b"\x70" + uuid.uuid4().bytes[7:]
    return LoggedDecision(**values | {"id": identity, "propensity": propensity})


def asked(treatment, target, reward="click", **span):
    since = moment_of(NOW) - timedelta(days=1)
    told = []
    found = evaluation_of(treatment, target, reward, since, since + timedelta(days=10), told.append)
    assert told == sorted(told) and told[-1] <= 1
    return found


def test_intervals_hold_what_each_arm_would_have_brought(site, treatment):
    live_through(site, treatment, 3_000)

    for arm, rate in RATES.items():
        found = asked(treatment, {"kind": "arm", "arm": arm})
        for name in ("IPW", "SNIPW", "DR"):
            assert found["estimates"][name]["low"] < rate < found["estimates"][name]["high"], (arm, name)
        assert found["decisions"] == found["visitors"] == 3_000
    assert found["largest_weight"] == pytest.approx(10)


def test_other_shares_are_better_or_worse_than_what_was_live_and_it_is_said(site, treatment):
    live_through(site, treatment, 3_000)
    live = sum(SHARES[arm] * rate for arm, rate in RATES.items()) / 100

    better = asked(treatment, {"kind": "shares", "shares": {"a": 10, "b": 80, "c": 10}})
    worse = asked(treatment, {"kind": "shares", "shares": {"a": 100}})

    assert better["live"]["low"] < live < better["live"]["high"]
    assert better["estimates"]["DR"]["low"] < 0.27 < better["estimates"]["DR"]["high"]
    assert (better["verdict"], worse["verdict"]) == ("better", "worse")
    assert "It would have been better" in " ".join(better["words"])
    assert [(arm["arm"], round(arm["would"], 9)) for arm in better["arms"]] == [("a", 0.1), ("b", 0.8), ("c", 0.1)]


def test_what_was_never_shown_is_refused(site, treatment):
    live_through(site, treatment, 500, shares={"a": 60, "b": 40})

    found = asked(treatment, {"kind": "arm", "arm": "c"})

    assert (found["verdict"], found["unsupported"]) == ("none", 1)
    assert "thin_support" in found["against"] and found["words"][0] == "No conclusion."


def test_decisions_without_a_lot_tell_only_of_what_they_showed(site, treatment):
    live_through(site, treatment, 500, shares={"a": 100})
    live_through(site, treatment, 500, shares={"a": 50, "b": 50})

    found = asked(treatment, {"kind": "arm", "arm": "b"})

    assert found["without_lot"] == pytest.approx(0.5)
    assert found["unsupported"] >= 0.5 and found["verdict"] == "none"
    assert asked(treatment, {"kind": "arm", "arm": "a"})["unsupported"] == 0


def test_what_was_drawn_and_not_shown_counts_for_its_arm(site, treatment):
    one = shown(site, 0, "", 1, assigned=[[treatment.pk + 1, "a", 0.5, 1], [treatment.pk, "c", 0.1, 1]])
    other = shown(site, 0, "", 2, assigned=[[treatment.pk + 1, "a", 0.5, treatment.pk]])
    by_hand = shown(site, treatment.pk, "b", 3, detail="OVERRIDE")
    consume(site, one, other, by_hand)

    found = asked(treatment, {"kind": "arm", "arm": "c"})

    assert [(arm["arm"], arm["decisions"]) for arm in found["arms"]] == [("a", 0), ("b", 0), ("c", 1)]


def test_who_took_no_part_says_nothing(site, treatment):
    with pytest.raises(ValueError, match="Nobody took part"):
        asked(treatment, {"kind": "arm", "arm": "a"})
    assert NO_DECISIONS.startswith("Nobody took part")


def test_a_bandit_is_replayed_and_finds_the_better_arm(site, treatment):
    live_through(site, treatment, 3_000, shares={"a": 34, "b": 33, "c": 33})

    found = asked(treatment, {"kind": "bandit", "settings": {"policy": "thompson", "least_trials": 20}})

    would = {arm["arm"]: arm["would"] for arm in found["arms"]}
    expected = sum(would[arm] * rate for arm, rate in RATES.items())
    assert would["b"] > 0.6 > 0.2 > would["a"]
    assert found["estimates"]["DR"]["low"] < expected < found["estimates"]["DR"]["high"]
    assert found["verdict"] == "better"


def test_a_bandit_knows_at_each_moment_only_what_was_known_then(site, treatment):
    live_through(site, treatment, 150, shares={"a": 34, "b": 33, "c": 33})  # within the first hour

    found = asked(treatment, {"kind": "bandit"})

    assert [round(arm["would"], 2) for arm in found["arms"]] == [0.33, 0.33, 0.33]


def test_goals_reward_the_decision_that_is_credited_with_what_they_bring(site, treatment):
    Campaign.objects.create(id=5, site=site, key="spring", name="Spring", goal=make_goal(site), status="live")
    one = decided(site, treatment.pk, "a", 1, NOW, propensity=0.6)
    other = decided(site, treatment.pk, "b", 2, NOW, propensity=0.3)
    consume(site, one, other, (1, click(one, NOW + 1)))
    consume(site, (1, order("A-1", NOW + 5)), (1, order("A-2", NOW + 9, 20.0)), (2, order("A-3", NOW + 9, 90.0)))

    brought = asked(treatment, {"kind": "arm", "arm": "a"}, "value")
    reached = asked(treatment, {"kind": "arm", "arm": "a"}, "conversion")

    assert brought["live"]["value"] == 3_500 and reached["live"]["value"] == 0.5
    assert brought["estimates"]["IPW"]["value"] == pytest.approx(7_000 / 0.6 / 2)


def test_amounts_are_told_finer_than_coins():
    assert (say(50.36, "value", "EUR"), say(0.0712, "click", "EUR")) == ("0.5036 EUR", "7.12 %")
