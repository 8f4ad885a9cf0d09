"""Who gets which arm is settled by a hash of the visitor: the same for ever, in the shares that were asked for."""

import uuid
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.bucketing import hash_value
from campaigns.treatments import KINDS, choose, single, split

ANYBODY = SimpleNamespace(now=0, attributes={})
UNITS = st.uuids().map(lambda identity: identity.hex)
PARTS = st.lists(st.integers(0, 100), min_size=1, max_size=5).filter(any)


def halves(seed: str = "s1"):
    return split.freeze(7, "headline", seed, [("a", 3, 50), ("b", 5, 50)])


def of_weights(weights: list[int]):
    return split.freeze(1, "t", "s", [(str(number), number, weight) for number, weight in enumerate(weights)])


def test_a_variant_alone_is_shown_to_everybody_also_to_nobody_in_particular():
    treatment = single.freeze(4)

    assert choose(treatment, uuid.uuid4().hex, ANYBODY) == choose(treatment, "", ANYBODY) == (4, "", 1.0, 0, None)


def test_an_arm_says_its_chance_and_the_hash_that_fell_to_it():
    unit = "0123456789abcdef" * 2

    choice = choose(halves(), unit, ANYBODY)

    draw = hash_value("s1", unit)
    assert choice == ((3, "a") if draw < 0.5 else (5, "b")) + (0.5, 0, draw)


def test_a_split_gives_way_where_nobody_is_known():
    assert choose(halves(), "", ANYBODY) is None


@given(PARTS, UNITS)
def test_propensities_sum_to_one_and_every_unit_gets_one_arm_again_and_again(weights, unit):
    treatment = of_weights(weights)

    choice = choose(treatment, unit, ANYBODY)

    assert sum(arm.weight for arm in treatment.arms) == pytest.approx(1)
    assert choice == choose(treatment, unit, SimpleNamespace(now=10**12, attributes={"a": 1}))
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
    assert set(KINDS) == {"single", "split"}
