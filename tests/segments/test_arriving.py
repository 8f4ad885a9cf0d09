"""Whose history the events of an arrival go to, step by step: plain values, nothing stored."""

import pytest

from segments.arriving import Append, Delivery, Follow, Join, Move, Stop, next_step
from segments.state import Profile
from sites.pseudonyms import visitor_apart
from tests.events import event
from tracking.event import Arrival

DEVICE, OTHER, USER, STRANGER = "a" * 32, "b" * 32, "c" * 32, "d" * 32


def delivery(*names, user="", claimed="", visitor=DEVICE):
    return Delivery.of(Arrival(1, visitor, user, [event(message_id=name) for name in names or ("m1",)], claimed))


@pytest.mark.parametrize("profile", [Profile(), Profile(user=USER), Profile(claimed=USER), Profile(seq=3)])
def test_events_that_name_nobody_belong_to_the_device_whoever_owns_it(profile):
    assert next_step(delivery(), profile) == Append()


@pytest.mark.parametrize("names", [{}, {"user": USER}, {"claimed": USER}])
@pytest.mark.parametrize("seq", [0, 3])
def test_a_redirect_is_followed_before_anything_is_asked(names, seq):
    assert next_step(delivery(**names), Profile(merged_into=OTHER, seq=seq)) == Follow(OTHER, is_full=seq > 0)


@pytest.mark.parametrize("profile", [Profile(), Profile(seq=3), Profile(claimed=USER)])
def test_a_device_that_is_nobody_elses_is_joined_with_the_user_who_proves_it(profile):
    assert next_step(delivery(user=USER), profile) == Join(USER)


def test_the_users_own_history_is_joined_with_nothing():
    assert next_step(delivery(user=USER), Profile(user=USER)) == Append()
    assert next_step(delivery(user=USER, visitor=USER), Profile()) == Append()


@pytest.mark.parametrize("profile", [Profile(user=STRANGER), Profile(claimed=STRANGER)])
def test_events_of_a_user_on_somebody_elses_device_move_to_the_user(profile):
    assert next_step(delivery(user=USER), profile) == Move(USER)


@pytest.mark.parametrize("profile", [Profile(), Profile(user=USER), Profile(claimed=USER)])
def test_a_name_without_proof_joins_nothing(profile):
    assert next_step(delivery(claimed=USER), profile) == Append()


@pytest.mark.parametrize("profile", [Profile(user=STRANGER), Profile(claimed=STRANGER)])
def test_a_name_without_proof_has_a_history_apart_on_somebody_elses_device(profile):
    assert next_step(delivery(claimed=USER), profile) == Move(visitor_apart(DEVICE, USER))


def test_whose_the_events_are_is_asked_once():
    settled = delivery(user=USER)

    settled.settle(DEVICE, Profile())

    assert next_step(settled, Profile(user=STRANGER)) == Append()
    assert settled.lender == ""


@pytest.mark.parametrize("owner", ["", STRANGER])
def test_a_device_lends_only_where_it_has_an_owner_and_the_events_leave_it(owner):
    leaving, staying = delivery(user=USER), delivery(user=USER)

    leaving.settle(USER, Profile(user=owner))
    staying.settle(DEVICE, Profile(user=owner))

    assert leaving.lender == (DEVICE if owner else "")
    assert staying.lender == ""


def test_what_is_known_or_comes_twice_is_left_out_and_counted():
    repeated = delivery("m1", "m2", "m1", "m3")
    assert [one.message_id for one in repeated.events] == ["m1", "m2", "m3"]

    repeated.leave_out([0, 1, 0])

    assert [one.message_id for one in repeated.events] == ["m1", "m3"]
    assert repeated.duplicates == 2
    assert next_step(repeated, Profile()) == Append()


def test_nothing_is_left_to_do_where_all_events_are_known():
    repeated = delivery("m1", "m2")

    repeated.leave_out([1, 1])

    assert next_step(repeated, Profile()) == Stop()
    assert repeated.duplicates == 2


def test_whose_they_are_is_asked_even_of_events_that_are_known():
    """A request that was broken off between the log and the joining of two histories is finished by its repeat."""
    repeated = delivery(user=USER)

    repeated.leave_out([1])

    assert next_step(repeated, Profile()) == Join(USER)
