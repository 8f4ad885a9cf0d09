"""Local times, around the changes of clocks."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sites.local_time import first_after_gap, moments_of, readings
from sites.zones import COMMON, choices

BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
KATHMANDU, KOLKATA, APIA = ZoneInfo("Asia/Kathmandu"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Apia")
ZONES = (BERLIN, LORD_HOWE, KATHMANDU, KOLKATA, APIA, ZoneInfo("America/St_Johns"), ZoneInfo("UTC"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def utc(text: str) -> datetime:
    return at(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "shown", "moments"),
    [
        (BERLIN, "2026-11-27T09:00", ["2026-11-27T08:00"]),
        (BERLIN, "2027-10-31T02:30", ["2027-10-31T00:30", "2027-10-31T01:30"]),  # clocks go back at 03:00
        (BERLIN, "2027-10-31T03:00", ["2027-10-31T02:00"]),
        (BERLIN, "2027-03-28T02:30", []),  # clocks go forward at 02:00
        (BERLIN, "2027-03-28T03:00", ["2027-03-28T01:00"]),
        (KOLKATA, "2027-03-28T02:30", ["2027-03-27T21:00"]),  # five and a half hours, and no change
        (KATHMANDU, "2027-03-28T00:15", ["2027-03-27T18:30"]),
        (LORD_HOWE, "2027-04-04T01:45", ["2027-04-03T14:45", "2027-04-03T15:15"]),  # half an hour twice
        (LORD_HOWE, "2027-10-03T02:15", []),  # half an hour left out
        (APIA, "2011-12-30T12:00", []),  # a day left out
    ],
)
def test_a_time_on_the_clock_is_one_moment_two_or_none(zone, shown, moments):
    assert moments_of(at(shown), zone) == [utc(moment) for moment in moments]


@pytest.mark.parametrize(
    ("zone", "shown", "first"),
    [
        (BERLIN, "2027-03-28T02:00", "2027-03-28T03:00"),
        (BERLIN, "2027-03-28T02:59:59", "2027-03-28T03:00"),
        (LORD_HOWE, "2027-10-03T02:15", "2027-10-03T02:30"),
        (APIA, "2011-12-30T12:00", "2011-12-31T00:00"),
    ],
)
def test_behind_a_time_that_clocks_never_show_the_next_is_told(zone, shown, first):
    assert first_after_gap(at(shown), zone).astimezone(zone).replace(tzinfo=None) == at(first)


def test_what_may_be_meant_is_told_in_words():
    assert [each.words for each in readings(at("2027-10-31T02:30"), BERLIN)] == [
        "02:30 CEST (00:30 UTC), before clocks go back",
        "02:30 CET (01:30 UTC), after they went back",
    ]
    assert [each.words for each in readings(at("2027-03-28T02:30"), BERLIN)] == ["03:00 CEST (01:00 UTC)"]


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), st.sampled_from(ZONES))
def test_what_a_moment_shows_on_the_clock_leads_back_to_it(moment, zone):
    moment = moment.replace(tzinfo=UTC)
    shown = moment.astimezone(zone).replace(tzinfo=None)

    assert moment in moments_of(shown, zone)
    assert len(moments_of(shown, zone)) == len(
        {each.utcoffset() for each in (shown.replace(tzinfo=zone, fold=f) for f in (0, 1))}
    )


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), st.sampled_from(ZONES))
def test_whatever_is_typed_there_is_something_to_take(shown, zone):
    offered = readings(shown, zone)

    assert 1 <= len(offered) <= 2
    assert all(
        timedelta() <= each.moment.astimezone(zone).replace(tzinfo=None) - shown < timedelta(days=2) for each in offered
    )


def test_zones_are_listed_common_ones_first_and_what_is_chosen_stays_a_choice():
    first, *regions = choices()

    assert [value for value, _ in first[1]] == list(COMMON)
    assert ("America/New_York", "America/New York") in dict(regions)["America"]
    assert choices("US/Eastern")[0] == ("As it is now", [("US/Eastern", "US/Eastern")])
