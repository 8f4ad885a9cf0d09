"""Who gets which arm is settled by a hash of the visitor: the same for ever, in the shares that were asked for."""

import uuid
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.bucketing import hash_value
from campaigns.treatments import HELD, KINDS, OUTSIDE, WITHOUT, Choice, choose, holdout, single, split
from segments.profile import Profile
from segments.state import Kept


def somebody(now: int = 0, **fields):
    return SimpleNamespace(**{"now": now, "attributes": {}, "profile": Profile(), "forced": {}, "weights": {}} | fields)


ANYBODY = somebody()
UNITS = st.uuids().map(lambda identity: identity.hex)
PARTS = st.lists(st.integers(0, 100), min_size=1, max_size=5).filter(any)


def halves(seed: str = "s1"):
    return split.freeze(7, "headline", seed, [("a", 3, 50), ("b", 5, 50)])


def of_weights(weights: list[int]):
    return split.freeze(1, "t", "s", [(str(number), number, weight) for number, weight in enumerate(weights)])


def test_a_variant_alone_is_shown_to_everybody_also_to_nobody_in_particular():
    treatment = single.freeze(4)

    assert choose(treatment, uuid.uuid4().hex, ANYBODY) == choose(treatment, "", ANYBODY) == Choice(4)


def test_an_arm_says_its_chance_and_the_hash_that_fell_to_it():
    unit = "0123456789abcdef" * 2

    choice = choose(halves(), unit, ANYBODY)

    draw = hash_value("s1", unit)
    assert choice == Choice(*((3, "a") if draw < 0.5 else (5, "b")), 0.5, 0, draw)


def test_a_split_gives_way_where_nobody_is_known():
    assert choose(halves(), "", ANYBODY) is None


@given(PARTS, UNITS)
def test_propensities_sum_to_one_and_every_unit_gets_one_arm_again_and_again(weights, unit):
    treatment = of_weights(weights)

    choice = choose(treatment, unit, ANYBODY)

    assert sum(arm.weight for arm in treatment.arms) == pytest.approx(1)
    assert choice == choose(treatment, unit, somebody(now=10**12, attributes={"a": 1}))
    assert choice.propensity == weights[int(choice.arm)] / sum(weights) > 0


@settings(max_examples=20)
@given(st.lists(st.integers(1, 20), min_size=2, max_size=4))
def test_shares_are_as_asked(weights):
    """Of 4,000 units; five standard deviations."""
    treatment, n = of_weights(weights), 4_000
    got = [0] * len(weights)
    for number in range(n):
        got[int(choose(treatment, uuid.UUID(int=number).hex, ANYBODY).arm)] += 1

    for weight, count in zip(weights, got, strict=True):
        share = weight / sum(weights)
        assert abs(count - n * share) < 5 * (n * share * (1 - share)) ** 0.5 + 1


def test_another_seed_deals_anew():
    units = [uuid.UUID(int=number).hex for number in range(1_000)]

    moved = sum(choose(halves("s1"), unit, ANYBODY).arm != choose(halves("s2"), unit, ANYBODY).arm for unit in units)

    assert 400 < moved < 600


def test_a_share_that_grows_takes_from_its_neighbour_alone():
    units = [uuid.UUID(int=number).hex for number in range(1_000)]
    before, after = of_weights([50, 50]), of_weights([60, 40])

    for unit in units:
        was, now = choose(before, unit, ANYBODY).arm, choose(after, unit, ANYBODY).arm
        assert (was, now) != ("0", "1")


def test_every_kind_can_be_chosen_from():
    assert set(KINDS) == {"bandit", "single", "split"}


UNITS_OF_MANY = [uuid.UUID(int=number).hex for number in range(2_000)]


@given(PARTS, st.integers(0, 100), st.integers(0, 100), UNITS)
def test_more_coverage_moves_nobody_who_takes_part(weights, one, other, unit):
    less, more = sorted((one, other))
    parts = [(str(number), number, weight) for number, weight in enumerate(weights)]
    before = choose(split.freeze(1, "t", "s", parts, coverage=less / 100), unit, ANYBODY)
    after = choose(split.freeze(1, "t", "s", parts, coverage=more / 100), unit, ANYBODY)

    assert before == after or before.is_outside


def test_coverage_takes_its_share_and_the_others_are_outside():
    treatment = split.freeze(1, "t", "s", [("a", 0, 1), ("b", 1, 1)], coverage=0.2)

    arms = [choose(treatment, unit, ANYBODY).arm for unit in UNITS_OF_MANY]

    assert abs(arms.count("a") - 200) < 5 * 200**0.5
    assert abs(arms.count("b") - 200) < 5 * 200**0.5
    assert {choose(treatment, unit, ANYBODY).propensity for unit in UNITS_OF_MANY} == {0.5, 1.0}


def test_parts_of_one_exclusion_group_have_no_visitor_in_common():
    parts = [("a", 0, 1)]
    first = split.freeze(1, "one", "s1", parts, group=("checkout", 0.0, 0.4))
    second = split.freeze(2, "two", "s2", parts, group=("checkout", 0.4, 1.0))

    drawn = [(choose(first, unit, ANYBODY), choose(second, unit, ANYBODY)) for unit in UNITS_OF_MANY]

    assert all(one.is_outside != two.is_outside for one, two in drawn)
    assert 700 < sum(not one.is_outside for one, _ in drawn) < 900


def test_a_control_shows_what_there_is_without_the_rule_and_takes_part():
    treatment = split.freeze(1, "t", "s", [("control", WITHOUT, 1), ("b", 3, 1)])

    controls = [choose(treatment, unit, ANYBODY) for unit in UNITS_OF_MANY]

    assert {(one.arm, one.variant, one.is_outside) for one in controls} == {
        ("control", WITHOUT, False),
        ("b", 3, False),
    }


def test_who_keeps_an_arm_keeps_it_with_the_chance_of_then_until_all_are_dealt_anew():
    parts = [("a", 3, 0), ("b", 5, 100)]
    unit = UNITS_OF_MANY[0]
    kept = somebody(profile=Profile(kept={"1": Kept(5, "a", 2, 1, 0.25)}))

    same = split.freeze(1, "t", "s", parts, phase=4, generation=2, keeps=True)
    anew = split.freeze(1, "t", "s", parts, phase=4, generation=3, keeps=True)
    loose = split.freeze(1, "t", "s", parts, phase=4, generation=2)
    without = split.freeze(1, "t", "s", parts[1:], phase=4, generation=2, keeps=True)

    assert choose(same, unit, kept) == Choice(3, "a", 0.25, 1)
    assert [choose(one, unit, kept).arm for one in (anew, loose, without)] == ["b", "b", "b"]


def test_whom_somebody_set_by_hand_gets_that_arm_whatever_the_shares_and_has_no_chance():
    treatment = split.freeze(9, "t", "s", [("a", 3, 0), ("b", 5, 100)], coverage=0.01)

    assert choose(treatment, "", somebody(forced={9: "a"})) == Choice(3, "a", is_forced=True)
    assert choose(treatment, UNITS_OF_MANY[0], somebody(forced={9: "gone"})) is OUTSIDE
    assert choose(treatment, UNITS_OF_MANY[0], somebody(forced={8: "a"})) is OUTSIDE


def test_a_holdout_keeps_its_share_back():
    treatment = holdout.freeze(1, "all", "s", 50)

    held = [choose(treatment, unit, ANYBODY).arm == HELD for unit in UNITS_OF_MANY]

    assert abs(sum(held) - 100) < 50
    assert choose(treatment, "", ANYBODY) is None
