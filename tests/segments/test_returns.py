"""Who comes back from paying or signing in has not arrived: what the pipeline says of page views, folded."""

import json

import pytest

from segments.attributes import Attributes
from segments.profile import Profile, fold
from sites.config import SiteConfig, Sites
from sites.models import default_unwanted_referrers
from tracking.intake import CollectRequest
from tracking.pipeline import Pipeline

NOW = 1_790_000_000_000
MINUTE = 60_000
UNWANTED = frozenset(default_unwanted_referrers())
SHOP = SiteConfig(
    1, "Shop", "shop.example", "wk_1", "5a" * 32, "EUR", hosts=frozenset({"shop.example"}), unwanted_referrers=UNWANTED
)
NEWSLETTER = ("/?utm_source=news&utm_medium=email&utm_campaign=spring", "")


def visit(*pages: tuple[str, str], site: SiteConfig = SHOP) -> dict:
    """The `referral` attributes after page views (path, referrer), nine minutes apart."""
    profile = Profile()
    for number, (path, referrer) in enumerate(pages):
        at = NOW + 9 * number * MINUTE
        message = {
            "type": "page",
            "anonymousId": "a",
            "context": {"page": {"url": f"https://shop.example{path}", "referrer": referrer}},
        }
        received = Pipeline().receive(
            CollectRequest("page", {}, json.dumps({"writeKey": "wk_1"} | message).encode(), ""), Sites([site]), at
        )
        for arrival in received.arrivals:
            for event in arrival.events:
                fold(profile, event)
    attributes = Attributes(profile, NOW + 9 * len(pages) * MINUTE)
    return {name: attributes[f"referral.{name}"] for name in ("channel", "last_channel", "last_campaign")}


@pytest.mark.parametrize(
    "referrer",
    [
        "https://www.paypal.com/",
        "https://pay.klarna.com/eu/hpp",
        "https://checkout.stripe.com/c/pay/cs_1",
        "https://checkoutshopper-live.adyen.com/",
        "https://centinelapi.cardinalcommerce.com/V1/Cruise/Collect",
        "https://acs2.some-bank.example/auth",
        "https://3dsecure.some-bank.example/",
        "https://accounts.google.com/",
        "https://appleid.apple.com/",
        "https://login.microsoftonline.com/",
        "https://acme.eu.auth0.com/",
    ],
)
def test_a_return_within_a_visit_keeps_what_brought_the_visitor(referrer):
    """ingest-payment-return-1"""
    assert visit(NEWSLETTER, ("/thanks", referrer)) == {
        "channel": "email",
        "last_channel": "email",
        "last_campaign": "spring",
    }


def test_who_came_directly_and_signed_in_has_still_come_directly():
    """ingest-sign-in-return-1"""
    assert visit(("/", ""), ("/account", "https://accounts.google.com/"))["channel"] == "direct"


def test_a_visit_that_begins_with_a_return_is_direct():
    assert visit(("/thanks", "https://www.paypal.com/"))["channel"] == "direct"


def test_a_campaign_in_the_address_counts_wherever_its_link_stood():
    assert (
        visit(("/", ""), ("/?utm_source=paypal&utm_medium=email&utm_campaign=offers", "https://www.paypal.com/"))[
            "last_campaign"
        ]
        == "offers"
    )


def test_a_site_may_want_such_a_referrer():
    wanting = SiteConfig(1, "Shop", "shop.example", "wk_1", "5a" * 32, "EUR", hosts=frozenset({"shop.example"}))

    assert visit(("/", ""), ("/thanks", "https://www.paypal.com/"), site=wanting)["channel"] == "referral"


@pytest.mark.parametrize(
    "referrer",
    ["https://pubs.acs.org/doi/1", "https://www.3ds.com/", "https://notpaypal.com/", "https://docs.google.com/"],
)
def test_hosts_that_only_look_like_one_bring_visitors(referrer):
    assert visit(("/", referrer))["channel"] == "referral"
