"""Hours of the week, by the clocks of a site."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.hours import ALWAYS, PRESETS, both, in_words, is_open, next_open, of_cells, parse, write
from campaigns.index.bits import positions_of
from campaigns.rules import Schedule
from sites.times import HOUR_MS, MINUTE_MS, moment_of, ms_of
from tests.releases import rule

WEEKS = st.lists(st.integers(0, (1 << 24) - 1), min_size=7, max_size=7).map(tuple)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Lord_Howe", "America/New_York")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)).map(lambda at: ms_of(at.replace(tzinfo=UTC)))


def ms(text: str, zone: str = "UTC", fold: int = 0) -> int:
    return ms_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold))


@given(WEEKS)
def test_what_is_written_is_read_again(week):
    hours = of_cells((day, hour) for day in range(7) for hour in range(24) if week[day] >> hour & 1)

    assert parse(write(hours)) == hours
    assert len(write(hours)) <= 400


@pytest.mark.parametrize(
    ("typed", "kept", "words"),
    [
        ("", "", "always"),
        ("mon-sun 0-24", "", "always"),
        ("Mon-Fri 9-18,  sat 10-14", "mon-fri 9-18, sat 10-14", "Mon to Fri 09:00 to 18:00, Sat 10:00 to 14:00"),
        ("fri 9-12 11-14 20-24", "fri 9-14 20-24", "Fri 09:00 to 14:00 and 20:00 to 24:00"),
        ("sun 0-24", "sun 0-24", "Sun all day"),
    ],
)
def test_hours_have_one_text_and_words(typed, kept, words):
    assert write(parse(typed)) == kept
    assert in_words(parse(typed)) == words


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("monday 9-18", "is not understood"),
        ("mon", "is not understood"),
        ("fri-mon 9-18", "ends before it starts"),
        ("mon 18-9", "is no span of hours"),
        ("mon 9-25", "is no span of hours"),
    ],
)
def test_what_cannot_be_read_is_said(typed, fault):
    with pytest.raises(ValueError, match=fault):
        parse(typed)


def test_every_preset_can_be_read():
    assert all(write(parse(text)) == text for _, text in PRESETS.values())


def test_the_hours_of_a_rule_lie_within_those_of_its_campaign():
    assert write(both(parse("mon-fri 9-18"), parse("fri-sat 12-24"))) == "fri 12-18"
    assert both(parse("mon 9-18"), ALWAYS) == parse("mon 9-18")
    assert both(parse("mon 9-18"), parse("tue 9-18")) == (0,) * 7


FRIDAY = parse("fri 9-24")


def test_hours_are_those_of_the_clocks_of_the_site():
    assert is_open(FRIDAY, "Europe/Berlin", ms("2026-11-27T08:00"))
    assert not is_open(FRIDAY, "Europe/Berlin", ms("2026-11-27T07:59:59"))
    assert not is_open(FRIDAY, "UTC", ms("2026-11-27T08:00"))
    assert is_open(FRIDAY, "Asia/Kathmandu", ms("2026-11-27T03:15"))  # 09:00, five hours and three quarters ahead
    assert not is_open(FRIDAY, "Asia/Kathmandu", ms("2026-11-27T03:14:59"))


def test_the_next_moment_at_which_it_runs_is_told():
    assert next_open(FRIDAY, "Europe/Berlin", ms("2026-11-28T10:00")) == ms("2026-12-04T08:00")
    assert next_open(FRIDAY, "Europe/Berlin", ms("2026-11-27T10:30")) == ms("2026-11-27T10:30")
    assert next_open((0,) * 7, "Europe/Berlin", ms("2026-11-27T10:30")) is None


# --- when clocks change ------------------------------------------------------------------------------

NIGHT = parse("sun 2-3")


def test_the_hour_that_comes_twice_counts_both_times():
    """Berlin, 31 October 2027: 02:00 to 03:00 comes in summer time and again in winter time."""
    first, second = ms("2027-10-31T00:00"), ms("2027-10-31T01:00")

    assert [is_open(NIGHT, "Europe/Berlin", at) for at in (first - 1, first, second, second + HOUR_MS - 1)] == [
        False, True, True, True,
    ]  # fmt: skip
    assert not is_open(NIGHT, "Europe/Berlin", second + HOUR_MS)


def test_the_hour_that_clocks_leave_out_does_not_come_that_day():
    """Berlin, 28 March 2027."""
    day = ms("2027-03-28T00:00", "Europe/Berlin")

    assert not any(is_open(NIGHT, "Europe/Berlin", day + minute * MINUTE_MS) for minute in range(23 * 60))
    assert next_open(NIGHT, "Europe/Berlin", day) == ms("2027-04-04T02:00", "Europe/Berlin")


def test_where_clocks_jump_into_the_middle_of_an_hour_it_begins_there():
    """Lord Howe, 3 October 2027: from 02:00 to 02:30."""
    opens = next_open(NIGHT, "Australia/Lord_Howe", ms("2027-10-03T00:00", "Australia/Lord_Howe"))

    assert opens == ms("2027-10-03T02:30", "Australia/Lord_Howe")


@given(WEEKS, st.sampled_from(ZONES), MOMENTS)
def test_the_next_moment_is_open_and_none_before_it_is(week, zone, now):
    opens = next_open(week, zone, now)

    before = range(now, min(now + 8 * 24 * HOUR_MS, opens if opens is not None else 1 << 60), 15 * MINUTE_MS)
    assert not any(is_open(week, zone, at) for at in before)
    if opens is not None:
        assert is_open(week, zone, opens)
        assert opens == now or moment_of(opens).minute % 15 == 0


@given(
    st.lists(st.tuples(st.one_of(st.just(ALWAYS), WEEKS), st.booleans()), max_size=5),
    st.sampled_from(ZONES),
    MOMENTS,
    st.lists(st.integers(0, 3 * 24 * 60), max_size=8),
)
def test_the_bitmap_of_all_rules_says_what_each_rule_says(rules, zone, start, minutes):
    """In whatever sequence moments are asked, the schedule remembering the last."""
    end = start + 24 * HOUR_MS
    frozen = [rule(i, hours=hours, ends_at=end if is_dated else 0) for i, (hours, is_dated) in enumerate(rules)]
    schedule = Schedule(frozen, zone)

    for now in (start + minute * MINUTE_MS for minute in minutes):
        expected = [
            i for i, one in enumerate(frozen) if is_open(one.hours, zone, now) and not (one.ends_at and now >= end)
        ]
        assert list(positions_of(schedule.live(now))) == expected
