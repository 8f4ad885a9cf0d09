"""Local days and hours, as caps and rules count them."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.context import gather
from segments.attributes import ATTRIBUTES, Attributes
from segments.profile import Profile
from sites.config import SiteConfig, Sites
from sites.local_time import local
from tracking.formats.segment import Context, Page
from tracking.intake import CollectRequest
from tracking.pipeline import Pipeline

SHOP = SiteConfig(1, "Shop", "shop.example", "wk_1", "5a" * 32, "EUR")
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Auckland")


@given(st.integers(0, 4_000_000_000_000), st.sampled_from(ZONES))
def test_agrees_with_the_calendar_in_every_zone(now, zone):
    day, hour, weekday = local(zone, now)

    moment = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone))
    assert day == (moment.date() - datetime(1970, 1, 1).date()).days
    assert (hour, weekday) == (moment.hour, moment.isoweekday())


def test_says_something_of_every_attribute_that_rules_may_ask_for():
    agent = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
        " Mobile/15E148 Safari/604.1"
    )
    context, _ = gather(
        SHOP,
        {"user-agent": agent, "cf-ipcountry": "DE"},
        Context(page=Page(url="https://shop.example/p/1"), locale="de-DE"),
        1,
        1_772_359_200_000,
    )

    attributes = Attributes(Profile(), 0, context)

    names = [name for name in ATTRIBUTES if name.startswith("context.")]
    assert [name for name in names if attributes[name] in (None, "")] == []
    assert attributes["context.url"] == "shop.example/p/1"


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/k%C3%BCche?a=b",
        "https://shop.example/u/jane@shop.example/orders",
        "https://shop.example/u/jane%40shop.example",
        "https://shop.example/u/visitor-0001/orders",
        "https://shop.example/" + "x" * 3000,
        "https://shop.example",
    ],
)
def test_a_question_sees_the_path_that_the_events_of_the_page_have(url):
    message = {"type": "page", "anonymousId": "visitor-0001", "context": {"page": {"url": url}}}
    request = CollectRequest(
        "batch", {"origin": "https://shop.example"}, json.dumps({"writeKey": "wk_1", "batch": [message]}).encode()
    )
    ((event,),) = [arrival.events for arrival in Pipeline().receive(request, Sites([SHOP]), 1_772_359_200_000).arrivals]

    context, _ = gather(SHOP, {}, Context(page=Page(url=url)), 0, 1_772_359_200_000, ["visitor-0001"])
    assert context["path"] == event.path


@pytest.mark.parametrize(
    ("stated", "language"),
    [
        ("fil-PH,fil;q=0.9,en;q=0.8", "fil"),
        ("de-DE,de;q=0.9", "de"),
        ("pt_BR", "pt"),
        ("EN", "en"),
        ("*", ""),
        ("", ""),
        ("é", ""),
    ],
)
def test_a_language_is_the_primary_subtag_of_what_is_named_first(stated, language):
    """ingest-three-letter-languages-1"""
    context, _ = gather(SHOP, {"accept-language": stated}, Context(), 0, 1_772_359_200_000)

    assert context["language"] == language
