"""What is said of a campaign is what visitors see of it."""

from datetime import timedelta
from itertools import product

import pytest

from campaigns.hours import parse
from campaigns.states import SEEN, WORDS, Intent, State, standing
from sites.times import moment_of
from tests.releases import rule

NOW = moment_of(1_760_000_000_000)
HOUR = 3_600_000


def at(hours: int) -> int:
    return 1_760_000_000_000 + hours * HOUR


LAUNCHED, PAUSED = Intent(True, was_published=True), Intent(False, was_published=True)
NEW, ARCHIVED = Intent(False, is_new=True), Intent(False, is_archived=True, was_published=True)
RUNNING, AHEAD, OVER = rule(1), rule(1, starts_at=at(2), ends_at=at(5)), rule(1, ends_at=at(-1))


@pytest.mark.parametrize(
    ("intent", "rules", "flags", "state"),
    [
        (NEW, [], {}, State.DRAFT),
        (Intent(True), [], {}, State.DRAFT),  # wanted, but nobody has published it
        (NEW, [], {"is_waiting": True}, State.WAITING),
        (LAUNCHED, [RUNNING], {}, State.LIVE),
        (LAUNCHED, [RUNNING], {"is_changed": True}, State.CHANGED),
        (LAUNCHED, [AHEAD], {}, State.SCHEDULED),
        (LAUNCHED, [AHEAD, RUNNING], {}, State.LIVE),
        (LAUNCHED, [OVER], {}, State.ENDED),
        (LAUNCHED, [OVER, AHEAD], {}, State.SCHEDULED),
        (PAUSED, [], {}, State.PAUSED),
        (LAUNCHED, [], {}, State.PAUSED),  # every rule of it is switched off
        (LAUNCHED, [], {"is_held": True, "is_changed": True}, State.HELD),
        (LAUNCHED, [], {"is_held": True}, State.PAUSED),  # nothing is left that could be held
        (ARCHIVED, [], {}, State.ARCHIVED),
        (ARCHIVED, [RUNNING], {"is_changed": True}, State.CHANGED),  # archived in the draft only
        (PAUSED, [RUNNING], {"is_changed": True}, State.CHANGED),
    ],
)
def test_one_state_for_each_case(intent, rules, flags, state):
    assert standing(intent, rules, NOW, **flags).state == state


@pytest.mark.parametrize("rules", [[], [RUNNING], [AHEAD], [OVER]])
def test_only_what_visitors_have_in_their_release_is_said_to_be_seen(rules):
    for intent, changed, held, waiting in product((NEW, LAUNCHED, PAUSED, ARCHIVED), *([False, True],) * 3):
        found = standing(intent, rules, NOW, is_changed=changed, is_held=held, is_waiting=waiting)

        assert (found.state in SEEN) == bool(rules)
        assert found.words == WORDS[found.state]
        assert found.may_stop == (rules in ([RUNNING], [AHEAD]))


def test_what_is_scheduled_says_when():
    found = standing(LAUNCHED, [AHEAD], NOW, is_changed=True)

    assert (found.at, found.notes) == (NOW + timedelta(hours=2), ["unpublished changes"])
    assert standing(LAUNCHED, [AHEAD], NOW + timedelta(hours=2)).state == State.LIVE
    assert standing(LAUNCHED, [AHEAD], NOW + timedelta(hours=5)).state == State.ENDED


def test_what_the_state_alone_does_not_say_stands_beside_it():
    assert standing(PAUSED, [RUNNING], NOW, is_changed=True).notes == ["pausing is not published yet"]
    assert standing(LAUNCHED, [RUNNING], NOW, is_changed=True, is_held=True).notes == ["changes held after a roll back"]
    assert standing(LAUNCHED, [RUNNING], NOW, is_changed=True, is_waiting=True).notes == ["waiting for approval"]
    assert standing(NEW, [], NOW, is_waiting=True).notes == []


# NOW is a Thursday, 08:53 in UTC and 10:53 in Berlin.
MORNINGS, EVENINGS = parse("mon-fri 9-10"), parse("mon-sun 18-23")


@pytest.mark.parametrize(
    ("rules", "zone", "until"),
    [
        ([rule(1, hours=MORNINGS)], "UTC", (9, 9)),
        ([rule(1, hours=MORNINGS)], "Europe/Berlin", (10, 7)),
        ([rule(1, hours=MORNINGS), rule(2, hours=EVENINGS)], "Europe/Berlin", (9, 16)),
        ([rule(1, hours=MORNINGS), RUNNING], "UTC", None),
        ([rule(1, hours=MORNINGS, ends_at=at(1) - 1), rule(2, hours=EVENINGS)], "Europe/Berlin", (9, 16)),
        ([rule(1, hours=MORNINGS, ends_at=at(1))], "Europe/Berlin", None),
        ([rule(1, hours=EVENINGS, starts_at=at(24)), rule(2, hours=MORNINGS)], "Europe/Berlin", (10, 7)),
    ],
)
def test_what_is_live_says_until_when_it_is_off(rules, zone, until):
    found = standing(LAUNCHED, rules, NOW, time_zone=zone)

    assert found.state == State.LIVE
    assert found.rests_until == (until and NOW.replace(day=until[0], hour=until[1], minute=0, second=0, microsecond=0))


def test_what_has_not_begun_or_is_over_is_not_off():
    found = [standing(LAUNCHED, [each], NOW).rests_until for each in (AHEAD, OVER)]

    assert found == [None, None]
