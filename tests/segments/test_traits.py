"""Traits are what the site told last, by the time of telling."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.attributes import Attributes
from segments.bounds import MAX_TRAITS
from segments.conditions import compile_condition, matches
from segments.features import FEATURES
from segments.profile import Profile, decode, encode, merge
from sites.times import DAY_MS
from tests.events import START, copied, event, folded, identify


def test_null_unsets_a_trait():
    """ingest-traits-that-do-not-arrive-1"""
    assert folded(identify(plan="pro", size=3), identify(plan=None)).traits == {"size": 3}


def test_null_that_arrives_before_what_it_unsets_unsets_it():
    """ingest-traits-that-do-not-arrive-1, ingest-late-event-changes-the-present-2"""
    assert folded(identify(START, plan=None), identify(START - 1, plan="pro")).traits == {}


def test_many_traits_are_kept():
    """ingest-traits-that-do-not-arrive-2"""
    told = {f"attr_{number:02}": number for number in range(16)} | {"vip": True}

    assert folded(identify(**told)).traits == told


def test_beyond_the_bound_the_oldest_go_and_are_counted():
    """ingest-traits-that-do-not-arrive-2"""
    first = {f"a{number:02}": number for number in range(MAX_TRAITS)}

    profile = folded(identify(START, **first), identify(START + 1, vip=True))

    assert profile.traits == {name: value for name, value in first.items() if name != "a00"} | {"vip": True}
    assert FEATURES["traits_left_out"].compute(profile, START) == 1


@pytest.mark.parametrize("value", [2**53 + 1, "x" * 300, ["x" * 60] * 9, {"deep": {"number": 2**60}}, [2**60]])
def test_what_cannot_be_kept_is_counted_and_leaves_what_was_told_before(value):
    """ingest-traits-that-do-not-arrive-2"""
    profile = folded(identify(plan="pro"), identify(START + 1, plan=value))

    assert profile.traits == {"plan": "pro"}
    assert profile.traits_left_out == 1


@pytest.mark.parametrize(
    "value", [2**53, -(2**53), 4_567_890_123_456_789, 0.5, False, 0, "", "x" * 200, [], {"a": [1, {"b": "c"}]}]
)
def test_what_can_be_kept_is_exact(value):
    """ingest-traits-that-do-not-arrive-2: numbers to 2^53"""
    assert decode(encode(folded(identify(it=value)))).traits == {"it": value}


def test_what_was_told_earlier_does_not_overwrite():
    """ingest-late-event-changes-the-present-2"""
    assert folded(identify(plan="new"), identify(START - 3 * DAY_MS, plan="old", size=3)).traits == {
        "plan": "new",
        "size": 3,
    }


def test_traits_that_an_older_version_kept_give_way_to_what_is_told():
    stored = Profile(traits={"plan": "old", "size": 3})

    profile = folded(identify(plan="new"), profile=decode(encode(stored)))

    assert profile.traits == {"plan": "new", "size": 3}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"visitor.trait.address.city": "Berlin"}, True),
        ({"visitor.trait.address.city": "Bonn"}, False),
        ({"visitor.trait.address.zip": {"$exists": False}}, True),
        ({"visitor.trait.tags": {"$in": ["a"]}}, True),
        ({"visitor.trait.tags": {"$in": ["c"]}}, False),
        ({"visitor.trait.tags": {"$elemMatch": {"$eq": "b"}}}, True),
        ({"visitor.trait.tags.1": "b"}, True),
        ({"visitor.trait.a.b": "dotted"}, True),
    ],
)
def test_nested_traits_match_along_their_dots(condition, holds):
    """R26"""
    profile = folded(identify(address={"city": "Berlin", "zip": None}, tags=["a", "b"], **{"a.b": "dotted"}))

    assert compile_condition(condition)(Attributes(profile, START)) is holds
    assert matches(condition, Attributes(profile, START)) is holds


# --- in whatever order ----------------------------------------------------------------------------

names = st.sampled_from([f"t{number}" for number in range(90)])
told = st.lists(st.dictionaries(names, st.sampled_from([None, 1, "x", True, {"a": 1}, [2]]), max_size=40), max_size=8)


def known(profile):
    return json.dumps([profile.traits, profile.trait_times])


@settings(max_examples=60, deadline=None)
@given(told, st.randoms(use_true_random=False))
def test_traits_are_the_same_in_whatever_sequence_they_are_told(told, rng):
    """ingest-late-event-changes-the-present-2"""
    events = [identify(START + number, **traits) for number, traits in enumerate(told)]
    shuffled = copied(events)
    rng.shuffle(shuffled)

    assert known(folded(*shuffled)) == known(folded(*events))


@settings(max_examples=60, deadline=None)
@given(told, st.randoms(use_true_random=False))
def test_traits_of_two_histories_are_those_of_one(told, rng):
    events = [identify(START + number, **traits) for number, traits in enumerate(told)]
    parts = [], []
    for one in copied(events):
        rng.choice(parts).append(one)
    first, second = (folded(event("Something", START), *part) for part in parts)
    left, right = decode(encode(first)), decode(encode(second))

    merge(left, decode(encode(second)))
    merge(right, decode(encode(first)))

    assert known(left) == known(right) == known(folded(*events))
