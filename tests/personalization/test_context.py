"""Local days and hours, as caps and rules count them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from personalization.context import gather, local
from segments.attributes import ATTRIBUTES, Attributes
from segments.profile import Profile

ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Auckland")


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(ZONES))
def test_agrees_with_the_calendar_in_every_zone(now, zone):
    day, hour, weekday = local(zone, now)

    moment = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone))
    assert day == (moment.date() - datetime(1970, 1, 1).date()).days
    assert (hour, weekday) == (moment.hour, moment.isoweekday())


def test_says_something_of_every_attribute_that_rules_may_ask_for():
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
    context = gather({"user-agent": agent}, "https://shop.example/p/1", "de-DE", "", "DE", 12, 3)

    attributes = Attributes(Profile(), 0, context)

    names = [name for name in ATTRIBUTES if name.startswith("context.")]
    assert [name for name in names if attributes[name] in (None, "")] == []
    assert attributes["context.url"] == "shop.example/p/1"
