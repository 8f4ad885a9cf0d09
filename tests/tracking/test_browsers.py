import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sites.config import SiteConfig
from tests.questions import ASKED
from tracking.browsers import MAX_HEADER_NAME, MAX_HEADER_NAMES, origin_allowed, preflight, settings_answer

SHOP = SiteConfig(
    1, "Shop", "shop.example", "wk_1", "5a" * 32, "EUR", allowed_origins=frozenset({"https://shop.example"})
)
OPEN = SiteConfig(2, "Open", "open.example", "wk_2", "5a" * 32, "EUR")


@pytest.mark.parametrize(
    ("site", "origin", "allowed"),
    [
        (SHOP, "https://shop.example", True),
        (SHOP, "HTTPS://SHOP.EXAMPLE", True),
        (SHOP, "", True),
        (SHOP, "https://evil.example", False),
        (SHOP, "http://shop.example", False),
        (SHOP, "https://shop.example:8443", False),
        (SHOP, "null", False),
        (OPEN, "https://anywhere.example", True),
    ],
)
def test_only_listed_origins_may_use_a_key_if_any_are_listed(site, origin, allowed):
    assert origin_allowed(site, origin) is allowed


# What a browser asks a preflight for, by who adds it to the request.
def allowed(asked: str) -> list[str]:
    given = dict(preflight({"origin": "https://shop.example", "access-control-request-headers": asked}))
    return [name for name in given[b"access-control-allow-headers"].decode().split(", ") if name]


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_preflight_allows_what_clients_and_the_tracing_of_a_page_send(asked):
    """ingest-tracing-headers-1, and part 9f of issue 7: RudderStack's `SentAt`."""
    assert allowed(asked) == asked.split(",")


def test_a_preflight_answers_any_origin_and_never_with_credentials():
    headers = dict(preflight({"origin": "https://shop.example", "access-control-request-headers": "cookie"}))

    assert headers[b"access-control-allow-origin"] == b"https://shop.example"
    assert b"access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", []),
        ("content-type, traceparent", ["content-type", "traceparent"]),
        ("a b,c\r\nset-cookie: d,e;f,g,\xe9,,*", ["g", "*"]),
        ("a" * 65 + ",b", ["b"]),
    ],
    ids=["nothing", "spaces", "no names", "too long"],
)
def test_a_preflight_gives_back_only_what_can_be_the_name_of_a_header(asked, names):
    assert allowed(asked) == names


@given(
    st.text(st.characters(max_codepoint=255)) | st.lists(st.text("ab,-\r\n ", max_size=80), max_size=200).map(",".join)
)
def test_the_answer_to_a_preflight_is_bounded_whatever_is_asked(asked):
    assert len(", ".join(allowed(asked))) <= MAX_HEADER_NAMES * (MAX_HEADER_NAME + 2)


def test_settings_name_the_address_without_scheme_as_analytics_next_expects():
    answer = json.loads(settings_answer(SHOP, "segue.example:8000", "https"))

    destination = answer["integrations"]["Segment.io"]
    assert (destination["apiKey"], destination["apiHost"], destination["protocol"]) == (
        "wk_1",
        "segue.example:8000/v1",
        "https",
    )
