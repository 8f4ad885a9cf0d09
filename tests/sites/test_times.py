import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sites.times import DAY_MS, EPOCH, moment_of, ms_of

ROOT = Path(__file__).resolve().parents[2]
APPS = ("sites", "privacy", "tracking", "segments", "recommendations", "campaigns", "personalization")
MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
HAND_MADE = re.compile(
    r"fromtimestamp\([^)]*/ ?1000|timestamp\(\) \* 1000|time\(\) \* 1000|time_ns\(\) // 1_000_000"
    r"|\b(86_400_000|3_600_000)\b|// timedelta\(milliseconds=1\)"
)


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_moment_made_from_milliseconds_has_these(ms):
    assert ms_of(moment_of(ms)) == ms


@given(MOMENTS)
def test_what_is_smaller_than_a_millisecond_is_left_out_whatever_the_zone(moment):
    kept = moment_of(ms_of(moment))

    assert timedelta() <= moment - kept < timedelta(milliseconds=1)
    assert kept.utcoffset() == timedelta()


def test_no_microsecond_is_lost_to_floating_point():
    """`timestamp()` has 1,790,000,000,000.9999 milliseconds here."""
    moment = datetime(2026, 9, 21, 13, 33, 20, 999, tzinfo=UTC)

    assert ms_of(moment) == (moment - EPOCH) // timedelta(milliseconds=1)


def test_a_year_beyond_calendars_is_an_overflow():
    with pytest.raises(OverflowError):
        moment_of(10**15)


def test_a_day_has_its_milliseconds():
    assert moment_of(DAY_MS) - EPOCH == timedelta(days=1)


@pytest.mark.parametrize("app", APPS)
def test_nobody_converts_by_hand(app):
    """Twenty places did, three ways of rounding among them."""
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / app).rglob("*.py"))
        if path != ROOT / "sites" / "times.py"
        for line in path.read_text().splitlines()
        if HAND_MADE.search(line)
    ]

    assert found == []
