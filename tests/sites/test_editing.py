"""What is edited of a site reaches the edge, and what it could not work with is refused."""

import msgspec
import pytest
from django.test import override_settings

from sites import editing, keys
from sites.config import Sites
from sites.push import push, snapshot
from tests.factories import TESTER, make_site


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
            consent_in_europe="opt_out",
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
            "consent_in_europe": "opt_out",
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
        ("currency", "euro", "is no currency"),
        ("currency", "eur", "is no currency"),
    ],
)
def test_settings_that_the_edge_cannot_work_with_are_refused_in_words(client, site, administrator, field, typed, fault):
    fields = {
        "name": "Shop",
        "domain": "shop.example",
        "write_key": "wk_test",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "attribution": "last_click",
        "consent_in_europe": "opt_out",
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
