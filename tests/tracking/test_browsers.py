import json

import pytest

from tracking.browsers import origin_allowed, preflight, settings_answer
from tracking.site_config import SiteConfig

SHOP = SiteConfig(1, "Shop", "shop.example", "wk_1", "5a" * 32, allowed_origins=frozenset({"https://shop.example"}))
OPEN = SiteConfig(2, "Open", "open.example", "wk_2", "5a" * 32)


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


def test_a_preflight_allows_what_the_official_clients_send():
    headers = dict(preflight({"origin": "https://shop.example"}))

    assert headers[b"access-control-allow-origin"] == b"https://shop.example"
    assert {b"authorization", b"content-type", b"x-retry-count", b"x-write-key"} <= set(headers[b"access-control-allow-headers"].split(b", "))


def test_settings_name_the_address_without_scheme_as_analytics_next_expects():
    answer = json.loads(settings_answer(SHOP, "segue.example:8000", "https"))

    destination = answer["integrations"]["Segment.io"]
    assert (destination["apiKey"], destination["apiHost"], destination["protocol"]) == ("wk_1", "segue.example:8000/v1", "https")
