"""Who has drawn an arm that is to be kept keeps it."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.treatments import WITHOUT, split
from personalization.decide import decide
from personalization.keeping import to_keep
from personalization.situation import NO_VISITOR, Situation
from segments.bounds import MAX_KEPT
from segments.profile import Profile, decode, encode, fold, merge
from segments.state import Kept
from tests.releases import release, rule
from tracking.event import Event

NOW, DAY, FIRST = 1_790_000_000_000, 20_717, 8
WHO = [uuid.UUID(int=number).hex for number in range(1, 60)]


def drawing(weights=(50, 50), generation=0, phase=1, keeps=True, control=False):
    parts = [("a", WITHOUT if control else 1, weights[0]), ("b", 2, weights[1])]
    drawn = split.freeze(70, "test", "s", parts, phase=phase, generation=generation, keeps=keeps)
    return release([rule(1, variant=FIRST)], treatments=[drawn])


def asked(of, who, profile=None, **fields):
    situation = Situation(of, profile or Profile(), who, True, {}, NOW, DAY, **fields)
    return situation, decide(situation, ["hero"])


def arm_of(decisions):
    (one,) = decisions
    return one.choice.arm if one.choice else one.assigned[0].arm


def remember(profile, arrival):
    for event in arrival.events:
        fold(profile, event)
    return decode(encode(profile))


@pytest.mark.parametrize("control", [False, True])
def test_shares_that_change_move_nobody_who_has_drawn(control):
    moved = 0
    for who in WHO:
        first, decisions = asked(drawing(control=control), who)
        profile = remember(Profile(), to_keep(first, decisions))
        later = drawing((5, 95), phase=2, control=control)
        again, now = asked(later, who, profile)

        assert arm_of(now) == arm_of(decisions)
        assert to_keep(again, now) is None
        moved += arm_of(asked(later, who)[1]) != arm_of(decisions)
    assert moved > 10  # who has drawn nothing draws by the new shares


def test_what_is_told_is_the_chance_and_the_phase_it_was_drawn_by():
    first, decisions = asked(drawing((20, 80), phase=3), WHO[0])
    arrival = to_keep(first, decisions)
    profile = remember(Profile(), arrival)
    _, (again,) = asked(drawing((80, 20), phase=4), WHO[0], profile)

    share = {"a": 0.2, "b": 0.8}[again.choice.arm]
    assert (again.choice.propensity, again.choice.weights, again.reason) == (share, 3, "SPLIT")
    assert [event.message_id for event in arrival.events] == [f"assigned:70:0:{WHO[0]}"]


def test_dealt_anew_everybody_draws_again():
    profile = Profile(kept={"70": Kept(1, "a", 0, 1, 0.5)})
    situation, decisions = asked(drawing((0, 100), generation=1), WHO[0], profile)

    assert arm_of(decisions) == "b"
    assert remember(profile, to_keep(situation, decisions)).kept["70"].generation == 1


@pytest.mark.parametrize(
    ("of", "who", "fields"),
    [
        (drawing(keeps=False), WHO[0], {}),
        (drawing(), NO_VISITOR, {}),
        (drawing(), WHO[0], {"forced": {70: "a"}}),
    ],
)
def test_nothing_is_kept_of_nobody_and_where_nobody_asked_for_it(of, who, fields):
    assert to_keep(*asked(of, who, **fields)) is None


def told(at=NOW, arm="a", **properties):
    known = {"treatment_id": 70, "arm": arm, "generation": 0, "phase": 1, "propensity": 0.5}
    return Event(f"m{at}{arm}", "engagement", "Assigned", at, at, properties=known | properties)


@pytest.mark.parametrize(
    "properties",
    [
        {"treatment_id": "70"},
        {"treatment_id": -1},
        {"treatment_id": True},
        {"arm": ""},
        {"arm": "x" * 65},
        {"arm": None},
        {"generation": 2**60},
        {"phase": None},
        {"propensity": 1.5},
        {"propensity": "1"},
    ],
)
def test_what_cannot_have_been_told_is_passed_over(properties):
    profile = Profile()
    fold(profile, told(**properties))

    assert profile.kept == {}


@given(st.permutations([told(NOW, "b"), told(NOW - 5, "a"), told(NOW + 9, "b", generation=0)]))
def test_the_first_draw_counts_in_whatever_sequence_it_is_told(events):
    profile = Profile()
    for event in events:
        fold(profile, event)

    assert profile.kept == {"70": Kept(NOW - 5, "a", 0, 1, 0.5)}


def test_who_turns_out_to_be_somebody_keeps_what_either_drew_first():
    known, unknown = Profile(), Profile()
    fold(known, told(NOW, "a"))
    fold(known, told(NOW, "b", treatment_id=71))
    fold(unknown, told(NOW - 9, "b"))
    merge(known, unknown)

    assert {key: kept.arm for key, kept in known.kept.items()} == {"70": "b", "71": "b"}


def test_a_profile_remembers_the_latest_draws():
    profile = Profile()
    for number in range(MAX_KEPT + 5):
        fold(profile, told(NOW + number, treatment_id=number))

    assert sorted(map(int, profile.kept)) == list(range(5, MAX_KEPT + 5))
