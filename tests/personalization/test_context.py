"""Local days and hours, as caps and rules count them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from personalization.context import local

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Auckland")


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(ZONES))
def test_agrees_with_the_calendar_in_every_zone(now, zone):
    day, hour, weekday = local(zone, now)

    moment = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone))
    assert day == (moment.date() - datetime(1970, 1, 1).date()).days
    assert (hour, weekday) == (moment.hour, moment.isoweekday())
