import base64

import msgspec
import pytest
from django.test import override_settings

from sites import editing, keys
from sites.config import Access, SiteConfig, Sites
from sites.models import Site
from sites.push import push, snapshot
from tests.factories import TESTER, make_site
from tracking.browsers import origin_allowed

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


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("https://kölle.example", "https://xn--klle-5qa.example"),
        ("https://Straße.example/", "https://xn--strae-oqa.example"),
        ("HTTPS://Shop.example:443", "https://shop.example"),
        ("http://shop.example:80/", "http://shop.example"),
        ("http://shop.example:8080", "http://shop.example:8080"),
        ("https://shop.example:80", "https://shop.example:80"),
        ("https://xn--klle-5qa.example", "https://xn--klle-5qa.example"),
    ],
)
def test_an_origin_is_what_browsers_send_however_it_was_typed(typed, sent):
    """ingest-origins-as-people-write-them-1"""
    site = snapshot(
        Site(
            name="Shop",
            domain="Kölle.example",
            write_key="wk",
            salt="s",
            allowed_origins=[typed],
            internal_hosts=["www.Kölle.example:80"],
        )
    )

    assert site.allowed_origins == {sent}
    assert origin_allowed(site, sent)
    assert site.hosts == {"xn--klle-5qa.example"}


def test_the_name_of_a_product_is_not_personal_but_the_name_among_traits_is():
    assert "name" in SHOP.personal_in_traits
    assert "name" not in SHOP.personal_in_properties


def test_a_blob_that_is_no_snapshot_raises_a_value_error():
    with pytest.raises(ValueError, match="malformed"):
        Sites.from_bytes(b"nonsense")


@pytest.mark.django_db(transaction=True)
class TestPush:
    def test_saving_a_site_reaches_the_edge(self, redis_client):
        subscription = redis_client.pubsub(ignore_subscribe_messages=True)
        subscription.subscribe(keys.CHANGES)
        subscription.get_message(timeout=1)

        site = make_site(allowed_origins=["https://Shop.example/ "], internal_hosts=["www.Help.example:8000"])
        editing.save(site, TESTER)

        found = Sites.from_bytes(redis_client.get(keys.SITES)).by_key["wk_test"].site
        assert (found.id, found.allowed_origins, found.hosts) == (
            site.pk,
            {"https://shop.example"},
            {"shop.example", "help.example"},
        )
        assert subscription.get_message(timeout=5)["data"] == b"sites"

    def test_a_deleted_site_is_known_no_longer(self, redis_client):
        site = make_site()
        editing.save(site, TESTER)

        editing.delete(site, TESTER)

        assert Sites.from_bytes(redis_client.get(keys.SITES)).by_id == {}

    def test_an_emptied_redis_is_repaired_and_a_current_one_left_alone(self, redis_client):
        make_site()

        assert [push(), push()] == [True, False]
        redis_client.flushall()
        assert push() is True
        assert next(iter(Sites.from_bytes(redis_client.get(keys.SITES)).by_key)) == "wk_test"

    def test_every_setting_of_a_site_survives_the_journey(self, redis_client):
        make_site(
            consent_mode="opt_in",
            honour_dnt=True,
            drop_data_centres=True,
            time_zone="Europe/Berlin",
            currency="CHF",
            personal_traits=["email"],
        )

        push()

        (config,) = Sites.from_bytes(redis_client.get(keys.SITES)).by_id.values()
        told = msgspec.structs.asdict(config)
        assert {
            "consent_mode": "opt_in",
            "honour_dnt": True,
            "drop_data_centres": True,
            "time_zone": "Europe/Berlin",
            "currency": "CHF",
        }.items() <= told.items()
        assert config.personal_traits == {"email"}

    def test_a_site_begins_with_a_list_of_unwanted_referrers_and_may_have_its_own(self):
        """ingest-payment-return-1"""
        filled, own = make_site(), make_site(write_key="wk_2", unwanted_referrers=["WWW.Bank.example ", "paypal.com"])
        none = make_site(write_key="wk_3", unwanted_referrers=[])

        assert {"paypal.com", "klarna.com", "accounts.google.com", "appleid.apple.com"} <= snapshot(
            filled
        ).unwanted_referrers
        assert snapshot(own).unwanted_referrers == {"bank.example", "paypal.com"}
        assert snapshot(none).unwanted_referrers == frozenset()

    def test_a_site_is_saved_while_redis_is_away_and_pushed_later(self, redis_client):
        site = make_site()

        with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
            editing.save(site, TESTER)

        assert redis_client.get(keys.SITES) is None
        assert push() is True


@pytest.mark.parametrize(
    ("field", "typed", "fault"),
    [
        ("time_zone", "Mars/Base", "is no time zone"),
        ("time_zone", "Europe", "is no time zone"),
        ("time_zone", "../etc", "is no time zone"),
        ("allowed_origins", "shop.example", "is no origin"),
        ("allowed_origins", "https://shop.example,https://shop.example/path", "is no origin"),
        ("internal_hosts", "https://blog.example", "is no host"),
        ("unwanted_referrers", "https://www.paypal.com", "is no host"),
        ("domain", "https://shop.example/", "Write the host alone"),
        ("currency", "euro", "at most 3 characters"),
        ("currency", "eur", "Write three capital letters"),
    ],
)
def test_settings_that_the_edge_cannot_work_with_are_refused_in_words(client, site, administrator, field, typed, fault):
    fields = {
        "name": "Shop",
        "domain": "shop.example",
        "write_key": "wk_test",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "consent_mode": "opt_out",
    }
    client.force_login(administrator)
    address = f"/admin/sites/site/{site.pk}/change/"

    refused = client.post(address, fields | {field: typed})
    site.refresh_from_db()
    before = site.time_zone
    accepted = client.post(address, fields | {"allowed_origins": "https://shop.example,http://localhost:3000/"})

    assert fault in refused.content.decode()
    assert (before, accepted.status_code) == ("UTC", 302)


def test_the_form_shows_the_unwanted_referrers(client, site, administrator):
    client.force_login(administrator)

    page = client.get(f"/admin/sites/site/{site.pk}/change/").content.decode()

    assert "<textarea" in page
    assert "payone.com,paypal.com,paysafecard.com" in page
