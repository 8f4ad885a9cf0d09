"""Consent by the country of the visitor: collect and decide ask for the same."""

import msgspec
import pytest

from personalization.edge.asker import consent_of
from personalization.edge.http import Request
from sites.config import Access
from tests.intake import SHOP
from tracking.formats.segment import Context
from tracking.regions import consent_mode_for

REGIONAL = msgspec.structs.replace(SHOP, consent_mode="opt_out", consent_in_europe="opt_in")
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "origin": "https://shop.example"}
PROXIES = 1


def mode(*, is_secret=False, trusted_proxies=PROXIES, **headers) -> str:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return consent_mode_for(REGIONAL, named, trusted_proxies, is_secret)


@pytest.mark.parametrize(
    ("country", "expected"), [("DE", "opt_in"), ("CH", "opt_in"), ("US", "opt_out"), ("XX", "opt_in")]
)
def test_the_country_that_the_proxy_states_counts(country, expected):
    assert mode(**BROWSER, cf_ipcountry=country) == expected


def test_without_a_trusted_proxy_the_header_is_a_claim_and_the_stricter_mode_holds():
    assert mode(**BROWSER, cf_ipcountry="US", trusted_proxies=0) == "opt_in"
    assert mode(**BROWSER) == "opt_in"


def test_where_a_server_stands_says_nothing_about_its_visitor():
    assert mode(**BROWSER, cf_ipcountry="US", is_secret=True) == "opt_in"
    assert mode(user_agent="python-requests/2.32", cf_ipcountry="US") == "opt_in"


@pytest.mark.parametrize("country", ["DE", "US", ""])
def test_a_decision_asks_for_the_consent_that_collecting_asks_for(country):
    headers = BROWSER | ({"cf-ipcountry": country} if country else {})
    told = [(name.encode(), value.encode()) for name, value in headers.items()]
    request = Request({"method": "POST", "headers": told})

    allowed = consent_of(Access(REGIONAL, is_secret=False), request, Context(), PROXIES)

    assert allowed.may_store == (consent_mode_for(REGIONAL, headers, PROXIES, False) == "opt_out")
