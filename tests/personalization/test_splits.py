"""A rule that draws lots: decided, told, stored and made again alike."""

import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bucketing import hash_value
from campaigns.treatments import split
from personalization import explain
from personalization.decide import decide
from personalization.edge.answer import exposure_of
from personalization.reasons import Detail, Outcome, Reason
from personalization.situation import NO_VISITOR, Situation
from segments.profile import Profile
from tests.releases import release, rule, variant

TEST = split.freeze(40, "headline", "s1", [("a", 1, 50), ("b", 2, 50)])
UNITS = st.uuids().map(lambda identity: identity.hex)


def of_visitor(visitor: str, *, rules=None, consent=True, now=5_000, **fields) -> Situation:
    rules = rules or [rule(1, variant=8)]  # behind the eight variants alone stands TEST
    return Situation(release(rules, treatments=[TEST]), Profile(), visitor, consent, {}, now, 1, **fields)


def visitor_of(arm: str) -> str:
    """Somebody who draws it."""
    units = (uuid.UUID(int=number).hex for number in range(1, 100))
    return next(unit for unit in units if (hash_value("s1", unit) < 0.5) == (arm == "a"))


@given(UNITS, st.integers(0, 10**13))
def test_two_equal_questions_and_any_later_one_have_the_same_arm(unit, now):
    (first,), (again,), (later,) = (decide(of_visitor(unit, now=moment), ["hero"]) for moment in (5_000, 5_000, now))

    assert first == again
    assert (later.variant, later.choice) == (first.variant, first.choice)
    assert first.variant in (1, 2)


@pytest.mark.parametrize(("arm", "position"), [("a", 1), ("b", 2)])
def test_a_lot_is_a_reason_of_its_own_with_its_chance(arm, position):
    (decision,) = decide(of_visitor(visitor_of(arm)), ["hero"])

    assert (decision.variant, decision.reason, decision.propensity) == (position, Reason.SPLIT, 0.5)
    assert (decision.choice.arm, decision.choice.draw) == (arm, hash_value("s1", visitor_of(arm)))


def test_what_was_shown_names_the_treatment_and_its_arm():
    situation = of_visitor(visitor_of("b"))
    (decision,) = decide(situation, ["hero"])

    shown = exposure_of(decision, TEST, situation.release.variants[decision.variant])

    assert (shown.treatment_id, shown.arm, shown.variant) == (40, "b", "v2")


def test_the_sentence_says_the_shares_and_the_hash():
    visitor = visitor_of("b")
    situation = of_visitor(visitor)
    (decision,) = decide(situation, ["hero"], trace=True)

    assert explain.summary(decision, situation.release) == (
        f"“hero” shows “v2”: rule “rule 1” won and drew arm “b” of 50/50 in “headline”, by hash"
        f" {hash_value('s1', visitor):.4f}."
    )


def test_where_nobody_is_known_the_rule_gives_way_and_says_why():
    (decision,) = decide(of_visitor(NO_VISITOR), ["hero"], trace=True)

    assert (decision.rule, decision.variant, decision.reason) == (None, 7, Reason.DEFAULT)
    assert decision.trace[0].outcome == Outcome.UNDRAWN


def test_without_consent_no_lot_is_drawn():
    (decision,) = decide(of_visitor(visitor_of("a"), consent=False), ["hero"], trace=True)

    assert (decision.rule, decision.detail) == (None, Detail.NO_CONSENT)


def test_an_arm_whose_creative_is_on_the_page_gives_way_and_is_not_drawn_anew():
    rules = [rule(1, variant=1, placement="side"), rule(2, variant=8)]

    _, seen = decide(of_visitor(visitor_of("a"), rules=rules), ["side", "hero"])
    _, other = decide(of_visitor(visitor_of("b"), rules=rules), ["side", "hero"])

    assert (seen.rule, seen.variant) == (None, 7)
    assert (other.rule.id, other.variant) == (2, 2)


def test_two_rules_of_one_treatment_give_a_visitor_the_same_arm():
    rules = [rule(1, variant=8, placement="side"), rule(2, variant=8)]

    for arm in ("a", "b"):
        situation = of_visitor(visitor_of(arm), rules=rules)
        alone = [decide(situation, [placement])[0].choice.arm for placement in ("side", "hero")]
        assert alone == [arm, arm]


def test_a_split_whose_arms_fill_slots_asks_for_the_drawn_ones_values():
    slotted = split.freeze(41, "slots", "s1", [("a", 0, 50), ("b", 1, 50)])
    variants = [variant("item", "viewed"), variant("plain"), *(variant(f"v{i}") for i in range(2, 8))]
    what = release([rule(1, variant=8)], variants, treatments=[slotted])

    (unfilled,) = decide(Situation(what, Profile(), visitor_of("a"), True, {}, 5, 1), ["hero"], trace=True)
    (plain,) = decide(Situation(what, Profile(), visitor_of("b"), True, {}, 5, 1), ["hero"])

    assert unfilled.trace[0].outcome == Outcome.UNFILLED
    assert plain.variant == 1


def test_a_variant_alone_is_no_lot():
    (decision,) = decide(of_visitor(visitor_of("a"), rules=[rule(1, variant=3)]), ["hero"])

    assert (decision.variant, decision.reason, decision.propensity) == (3, Reason.STATIC, 1.0)
    assert decision.choice.draw is None


def test_a_preview_shows_an_arm_to_whoever_asks():
    (decision,) = decide(of_visitor(visitor_of("a")), ["hero"], preview="v2")

    assert (decision.variant, decision.detail) == (2, Detail.PREVIEW)


def test_a_frozen_treatment_travels_in_the_release():
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(TEST), type=type(TEST)) == TEST
    assert of_visitor(NO_VISITOR).release.treatments[8] == TEST
