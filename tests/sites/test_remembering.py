"""What strangers send is not kept in memory: caches of texts are bounded in bytes (security finding B4)."""

import base64
import tracemalloc

import pytest

from privacy import consent
from sites.config import SiteConfig, Sites
from sites.remembering import remember
from tracking import addresses, referrers

LOOKUP = Sites([SiteConfig(1, "Shop", "shop.example", "wk_1", "5a" * 32, "EUR")])
HOSTILE, LENGTH = 1_000, 30_000


def grown(look) -> int:
    """Bytes that stay after so many different texts were looked at."""
    tracemalloc.start()
    for number in range(HOSTILE):
        look(f"{number:08}" + "x" * LENGTH)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return kept


@pytest.mark.parametrize(
    "look",
    [
        lambda text: LOOKUP.find({"authorization": f"Bearer {text}"}),
        lambda text: LOOKUP.find({"authorization": "Basic " + base64.b64encode(text.encode()).decode()}),
        lambda text: LOOKUP.find({"authorization": f"{text} wk_1"}),
        lambda text: LOOKUP.find({"x-write-key": text}),
        lambda text: LOOKUP.find({}, text),
        addresses.truncate,
        addresses.subscriber,
        addresses.in_data_centre,
        referrers.split_address,
        lambda text: referrers.classify(f"https://shop.example/{text}", "", None, frozenset()),
        lambda text: referrers.classify("https://shop.example/", f"https://{text}.example/", None, frozenset()),
        lambda text: referrers.classify("https://shop.example/", "", (text, text, "", "", ""), frozenset()),
        lambda text: consent.resolve("opt_in", False, {}, {text: True}),
    ],
    ids=[
        "bearer",
        "basic",
        "scheme",
        "key",
        "key in the body",
        "network",
        "subscriber",
        "data centre",
        "address",
        "page",
        "referrer",
        "campaign",
        "category",
    ],
)
def test_a_thousand_long_texts_leave_nothing_behind(look):
    assert grown(look) < HOSTILE * LENGTH / 20


def test_short_texts_are_worked_out_once_and_long_ones_each_time():
    seen = []

    @remember(most=2, longest=3)
    def look(text: str) -> str:
        seen.append(text)
        return text.upper()

    assert [look(text) for text in ("abc", "abc", "abcd", "abcd")] == ["ABC", "ABC", "ABCD", "ABCD"]
    assert seen == ["abc", "abcd", "abcd"]


@pytest.mark.parametrize("password", ["", "x" * 64])
def test_the_longest_key_is_found_with_and_without_a_password(password):
    key = "k" * 64
    sites = Sites([SiteConfig(1, "Shop", "shop.example", key, "5a" * 32, "EUR")])

    assert sites.find({"authorization": "Basic " + base64.b64encode(f"{key}:{password}".encode()).decode()})
    assert sites.find({"authorization": f"Bearer {key}"})
