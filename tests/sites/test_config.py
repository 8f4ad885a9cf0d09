"""Whose a key is, and what a site's settings say."""

import base64

import msgspec
import pytest

from sites.config import Access, SiteConfig, Sites

SHOP = SiteConfig(
    1,
    "Shop",
    "shop.example",
    "wk_1",
    "5a" * 32,
    "EUR",
    personal_traits=frozenset({"email", "name"}),
    secret_key="wsk_1",
)
LOOKUP = Sites([SHOP])


def basic(user: str) -> str:
    return "Basic " + base64.b64encode(user.encode()).decode()


@pytest.mark.parametrize(
    ("headers", "write_key"),
    [
        ({"authorization": basic("wk_1:")}, ""),
        ({"authorization": basic("wk_1:").replace("Basic", "basic")}, ""),
        ({"authorization": basic("wk_1")}, ""),
        ({"authorization": "Bearer wk_1"}, ""),
        ({"x-write-key": "wk_1"}, ""),
        ({}, "wk_1"),
        ({"authorization": basic("someone:else")}, "wk_1"),
    ],
)
def test_finds_a_site_wherever_clients_put_the_key(headers, write_key):
    assert LOOKUP.find(headers, write_key) == Access(SHOP, is_secret=False)


@pytest.mark.parametrize(
    ("headers", "write_key"),
    [({"authorization": basic("wsk_1:")}, ""), ({}, "wsk_1"), ({"authorization": basic("wsk_1:")}, "wk_1")],
)
def test_a_servers_key_opens_the_same_site_and_names_users(headers, write_key):
    access = LOOKUP.find(headers, write_key)

    assert access == Access(SHOP, is_secret=True)
    assert access.names_users
    assert not LOOKUP.find({}, "wk_1").names_users
    assert Sites([msgspec.structs.replace(SHOP, verify_users=False)]).find({}, "wk_1").names_users


def test_a_site_without_a_secret_key_is_not_opened_by_an_empty_one():
    assert Sites([msgspec.structs.replace(SHOP, secret_key="")]).find({}, "") is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Basic !!!"},
        {"authorization": "Digest wk_1"},
        {"authorization": ""},
        {"x-write-key": "wk_2"},
    ],
)
def test_finds_nothing_without_a_key_it_knows(headers):
    assert LOOKUP.find(headers, "wk_0") is None


def test_the_name_of_a_product_is_not_personal_but_the_name_among_traits_is():
    assert "name" in SHOP.personal_in_traits
    assert "name" not in SHOP.personal_in_properties


def test_a_blob_that_is_no_snapshot_raises_a_value_error():
    with pytest.raises(ValueError, match="malformed"):
        Sites.from_bytes(b"nonsense")
