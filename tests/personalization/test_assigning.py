"""Who takes part in an experiment, who does without, and what of it is written down?"""

import uuid

import pytest

from campaigns.bandits.state import NO_CLUSTER
from campaigns.bandits.weights import Dealing
from campaigns.release import FrozenHoldout, FrozenSetting, FrozenTuning
from campaigns.treatments import HELD, WITHOUT, bandit, holdout, split
from campaigns.treatments.weights import FrozenWeights
from personalization.decide import decide
from personalization.keeping import to_keep
from personalization.situation import NO_VISITOR, Assigned, Situation, ready
from segments.clustering.frozen import FrozenClusters
from segments.profile import Profile
from segments.state import Item, Session
from tests.releases import release, rule, variant

NOW, DAY = 1_790_000_000_000, 20_717
VISITORS = [uuid.UUID(int=number).hex for number in range(1, 401)]
FIRST = 8  # position of the first treatment behind those of the variants


def seen_by(of, visitor, placements=("hero",), profile=None, forced=None, *, trace=False):
    situation = Situation(of, profile or Profile(), visitor, True, {}, NOW, DAY, forced=forced or {})
    return decide(situation, placements, trace=trace)


def of_arms(arms, *rules, **fields):
    """A treatment of these arms that rule 1 shows, before further rules."""
    drawn = split.freeze(70, "test", "s", arms, phase=2, **fields)
    return release([rule(1, variant=FIRST, priority=900, campaign_id=5), *rules], treatments=[drawn])


def test_a_control_sees_what_the_next_rule_shows_and_is_an_exposure():
    of = of_arms([("control", WITHOUT, 50), ("b", 3, 50)], rule(2, variant=4))

    shown = {(one.rule.id, one.variant, one.assigned) for who in VISITORS for one in seen_by(of, who)}

    assert shown == {(1, 3, ()), (2, 4, (Assigned(70, "control", 0.5, 2),))}


def test_a_control_without_another_rule_sees_the_default():
    of = of_arms([("control", WITHOUT, 100)])

    (one,) = seen_by(of, VISITORS[0])

    assert (one.variant, one.reason, one.detail) == (7, "DEFAULT", "")
    assert one.assigned == (Assigned(70, "control", 1.0, 2),)
    assert [(each.rule_id, each.outcome) for each in one.passed] == [(1, "CONTROL")]


def test_who_is_outside_is_no_exposure():
    of = of_arms([("a", 1, 50), ("b", 3, 50)], coverage=0.1)

    decisions = [seen_by(of, who)[0] for who in VISITORS]

    outside = [one for one in decisions if one.rule is None]
    assert 320 < len(outside) < 400
    assert {(one.assigned, one.passed[0].outcome) for one in outside} == {((), "OUTSIDE")}


def test_an_arm_that_cannot_be_shown_is_an_exposure_too():
    """Else those whose creative needs something of them would be missing, and no result would be true."""
    drawn = split.freeze(70, "test", "s", [("a", 0, 50), ("b", 1, 50)])
    variants = [variant("plain"), variant("cart", "cart"), *(variant(f"v{i}") for i in range(2, 8))]
    of = release([rule(1, variant=FIRST)], variants, treatments=[drawn])

    got = {(one.variant, one.assigned) for who in VISITORS for one in seen_by(of, who)}

    assert got == {(0, ()), (7, (Assigned(70, "b", 0.5, 0),))}


def test_who_has_seen_enough_drew_nothing_here():
    drawn = split.freeze(70, "test", "s", [("a", WITHOUT, 100)])
    of = release([rule(1, variant=FIRST, cap_total=1)], treatments=[drawn])

    (one,) = seen_by(of, VISITORS[0], profile=Profile(shown={"1": [DAY, 1, 1]}))

    assert (one.detail, one.assigned) == ("CAPPED", ())


def test_a_holdout_of_all_campaigns_takes_them_from_its_visitors_and_tells_both_sides():
    held_out = FrozenHoldout(holdout.freeze(90, "all", "s", 100))
    of = release([rule(1, variant=1), rule(2, variant=2)], holdouts=[held_out])

    got = [(one.rule and one.rule.id, one.detail, one.assigned) for who in VISITORS for one in seen_by(of, who)]

    held = (None, "HOLDOUT", (Assigned(90, HELD, 0.1, 0),))
    assert set(got) == {held, (1, "", (Assigned(90, "open", 0.9, 0),))}
    assert 15 < got.count(held) < 70


@pytest.mark.parametrize("consent", ["stored", "denied"])
def test_nobody_is_held_out_who_may_not_be_personalised_for(consent):
    """No lot without consent: not even one that takes something away."""
    of = release([rule(1, variant=1)], holdouts=[FrozenHoldout(holdout.freeze(90, "all", "s", 1000))])

    (one,) = seen_by(of, VISITORS[0], profile=Profile(consent=consent))

    assert (one.variant, one.assigned) == (1, ())


def test_a_holdout_of_one_campaign_leaves_the_others():
    held_out = FrozenHoldout(holdout.freeze(90, "five", "s", 500), campaign_id=5)
    of = release([rule(1, variant=1, campaign_id=5), rule(2, variant=2, campaign_id=6)], holdouts=[held_out])

    got = {(one.rule.id, one.assigned) for who in VISITORS for one in seen_by(of, who)}

    assert got == {(1, (Assigned(90, "open", 0.5, 0),)), (2, (Assigned(90, HELD, 0.5, 0),))}


def test_who_never_meets_the_campaign_is_no_exposure_of_its_holdout():
    held_out = FrozenHoldout(holdout.freeze(90, "five", "s", 500), campaign_id=5)
    rules = [rule(1, {"n": 1}, variant=1, campaign_id=5), rule(2, variant=2, campaign_id=6, priority=1)]
    of = release(rules, holdouts=[held_out])

    assert {one.assigned for who in VISITORS for one in seen_by(of, who)} == {()}


def test_an_arm_set_by_hand_is_shown_says_so_and_is_no_exposure():
    of = of_arms([("control", WITHOUT, 100), ("b", 3, 0)])

    (set_,) = seen_by(of, VISITORS[0], forced={70: "b"})
    (without,) = seen_by(of, VISITORS[0], forced={70: "control"})

    assert (set_.variant, set_.reason, set_.detail, set_.assigned) == (3, "STATIC", "OVERRIDE", ())
    assert (without.variant, without.assigned) == (7, ())


@pytest.mark.parametrize(
    ("arms", "outcome", "fields"),
    [
        ([("control", WITHOUT, 1)], "CONTROL", {}),
        ([("a", 1, 1)], "OUTSIDE", {"coverage": 0.0}),
        ([("a", 1, 1)], "OUTSIDE", {"group": ("g", 0.0, 0.0)}),
    ],
)
def test_a_trace_says_why_the_rule_gave_way(arms, outcome, fields):
    of = of_arms(arms, **fields)

    (one,) = seen_by(of, VISITORS[0], trace=True)

    assert [step.outcome for step in one.trace] == [outcome]


def trying(settings, **fields):
    """A test of settings with an arm for each, beside a rule whose creative needs an item that is like another."""
    arms = [(f"{number}", WITHOUT, 1) for number in range(len(settings))]
    tuning = FrozenTuning(split.freeze(80, "settings", "s", arms, phase=1), settings)
    variants = [variant("v0", "related"), *(variant(f"v{i}") for i in range(1, 8))]
    return release([rule(1, variant=0)], variants, tunings=[tuning], **fields)


def test_a_test_of_recommendations_fills_slots_otherwise_for_its_visitors():
    of = trying([FrozenSetting(), FrozenSetting(slots={"related": "similar"})])
    looked = Profile(session=Session(number=1, started_at=NOW, last_at=NOW, longest_product="p1"))
    looked.items = {"p1": Item(views=1, at=NOW)}

    got = {(one.values["item.name"], one.assigned) for who in VISITORS for one in seen_by(of, who, profile=looked)}

    assert got == {
        ("Road Runner", (Assigned(80, "0", 0.5, 1),)),
        ("Easy Walker", (Assigned(80, "1", 0.5, 1),)),
    }


def test_a_test_of_models_takes_visitors_for_somebody_else():
    def clusters(identity: int) -> FrozenClusters:
        model = {"low": [0.0], "high": [9.0], "mean": [0.0], "scale": [1.0], "centers": [[0.0]], "temperature": 1.0}
        return FrozenClusters(identity, "kmeans", ["orders_total"], ["All"], [identity], model)

    of = trying([FrozenSetting(models={"cluster": clusters(3)}), FrozenSetting(models={"cluster": clusters(4)})])

    taken = set()
    for who in VISITORS:
        situation = Situation(of, Profile(events=10), who, True, {}, NOW, DAY)
        ((_, choice),) = situation.tuned
        taken.add((choice.arm, situation.attributes["cluster.id"]))

    assert taken == {("0", 3), ("1", 4)}


def test_nobody_takes_part_in_a_test_of_settings_whom_nobody_knows():
    of = trying([FrozenSetting(), FrozenSetting(slots={"related": "similar"})])

    unknown = Situation(of, Profile(), NO_VISITOR, True, {}, NOW, DAY)
    refused = Situation(of, Profile(), VISITORS[0], False, {}, NOW, DAY)

    assert (unknown.tuned, refused.tuned) == ((), ())


def previewed(of, preview, placements=("hero",)):
    situation = Situation(of, Profile(), VISITORS[0], True, {}, NOW, DAY)
    return decide(situation, placements, preview=preview)


def test_an_arm_is_previewed_where_its_rules_stand_and_nothing_of_it_counts():
    of = of_arms([("a", 1, 50), ("b", 3, 50)], rule(2, variant=4), rule(3, variant=5, placement="side"))

    hero, side = previewed(of, "test:b", ("hero", "side"))

    assert (hero.rule, hero.variant, hero.detail) == (None, 3, "PREVIEW")
    assert (side.rule.id, side.variant, side.detail) == (3, 5, "PREVIEW")


def test_a_control_previews_what_there_is_without_the_rule():
    of = of_arms([("control", WITHOUT, 50), ("b", 3, 50)], rule(2, variant=4))

    (one,) = previewed(of, "test:control")

    assert (one.rule.id, one.variant, one.detail, one.assigned) == (2, 4, "PREVIEW", ())


def test_only_what_the_release_has_can_be_previewed():
    of = of_arms([("control", WITHOUT, 50), ("b", 3, 50)])

    assert of.can_preview("test:b") and of.can_preview("v3")
    assert not of.can_preview("test:c") and not of.can_preview("other:b")


def test_a_preview_keeps_no_arm():
    of = of_arms([("a", 1, 50), ("b", 3, 50)], rule(2, variant=FIRST, placement="side"), keeps=True)
    of_other = previewed(of, "test:b", ("hero", "side"))

    assert to_keep(Situation(of, Profile(), VISITORS[0], True, {}, NOW, DAY), of_other) is None


def test_a_decision_names_the_weights_that_its_page_drew_by_and_no_others():
    """A site may have a thousand bandits, and each row of the log would name them all."""
    drawn = [bandit.freeze(pk, f"b{pk}", "s", [("a", 1, 1), ("b", 2, 1)]) for pk in (70, 71, 72)]
    rules = [rule(1, variant=FIRST), rule(2, variant=FIRST + 1, placement="side"), rule(3, {"n": 1}, variant=FIRST + 2)]
    of = release(rules, treatments=drawn)
    halves = {NO_CLUSTER: Dealing((0, 0), (5_000, 5_000))}
    weights = ready(of, {pk: FrozenWeights(pk - 60, ["a", "b"], halves) for pk in (70, 71, 72)})
    situation = Situation(of, Profile(), VISITORS[0], True, {}, NOW, DAY, weights=weights)

    alone, both = decide(situation, ["hero"]), decide(situation, ["hero", "side"])

    assert [one.versions for one in alone] == [{70: 10}]
    assert [one.versions for one in both] == [{70: 10, 71: 11}] * 2
