import re
from html import unescape

import pytest

from campaigns.models import Placement
from sites.models import Site
from tests import factories
from tests.answers import text_of

pytestmark = pytest.mark.django_db
LISTS = ("personal_traits", "unwanted_referrers")
TYPED = {
    "name": "Shop", "domain": "shop.example", "time_zone": "Europe/Berlin", "currency": "JPY", "attribution": "last_touch",
    "consent_in_europe": "opt_in", "consent_mode": "opt_out", "verify_users": "on", "unwanted_referrers": "",
}  # fmt: skip


@pytest.fixture
def browser(client, site, valkey_server):
    client.force_login(factories.make_user("administrator"))
    return client


def test_settings_are_chosen_from_lists_and_hosts_stand_one_a_line(browser, site):
    lists = {
        "internal_hosts": "help.shop.example\r\n\r\nblog.shop.example",
        "allowed_origins": "https://shop.example, ",
    }

    assert browser.post(f"/settings/sites/{site.pk}/", TYPED | lists).status_code == 302

    site.refresh_from_db()
    assert (site.time_zone, site.currency, site.view_through) == ("Europe/Berlin", "JPY", False)
    assert site.internal_hosts == ["help.shop.example", "blog.shop.example"]
    assert (site.allowed_origins, site.unwanted_referrers) == (["https://shop.example"], [])
    page = browser.get(f"/settings/sites/{site.pk}/").content.decode()
    assert "help.shop.example\nblog.shop.example</textarea>" in page and '<option value="JPY" selected' in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"time_zone": "Berlin"}, "“Berlin” is no time zone. Choose one of the list."),
        ({"domain": "https://shop.example"}, "Write the host alone"),
        ({"internal_hosts": "help.shop.example\nnot a host"}, "“not a host” is no host"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_typed_is_lost(browser, site, changed, words):
    page = browser.post(f"/settings/sites/{site.pk}/", TYPED | {"personal_traits": "shoe size"} | changed)

    assert words in text_of(page) and "shoe size</textarea>" in page.content.decode()
    assert Site.objects.get().currency == "EUR"


def test_another_secret_key_is_made_where_somebody_asks_for_it_alone(browser, site):
    before = site.secret_key
    browser.post(f"/settings/sites/{site.pk}/", TYPED)
    site.refresh_from_db()
    assert site.secret_key == before

    browser.post(f"/settings/sites/{site.pk}/", TYPED | {"new_secret": "on"})

    site.refresh_from_db()
    assert site.secret_key != before and site.secret_key.startswith("wsk_")


def test_a_new_site_leads_to_its_installation(browser, site):
    answer = browser.post("/settings/sites/new/", TYPED | {"name": "Second", "domain": "second.example"}, follow=True)

    fresh = Site.objects.get(name="Second")
    assert answer.request["PATH_INFO"] == f"/site/{fresh.pk}/install/"
    assert fresh.write_key in answer.content.decode()


def test_who_may_only_look_sees_no_secret_and_changes_nothing(client, site, valkey_server):
    client.force_login(factories.make_user("viewer"))

    page = client.get(f"/settings/sites/{site.pk}/").content.decode()

    assert site.write_key in page and site.secret_key not in page
    assert "Your role may look at this" in client.post(f"/settings/sites/{site.pk}/", TYPED).content.decode()
    assert client.get("/settings/sites/new/").status_code == 403
    assert Site.objects.get().currency == "EUR"


def test_who_saves_what_somebody_else_changed_meanwhile_is_asked(browser, site):
    told = text_of(browser.post(f"/settings/sites/{site.pk}/", TYPED | {"seen": "what was there"}))

    assert "Somebody saved this meanwhile" in told
    assert Site.objects.get().currency == "EUR"


def test_a_site_is_deleted_by_whoever_types_its_domain_and_was_told_what_goes_with_it(browser, site):
    factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    Placement.objects.create(site=site, key="hero", name="Hero")
    address = f"/site/{site.pk}/settings/sites/{site.pk}/delete/"

    asked = text_of(browser.get(address))
    refused = text_of(browser.post(address, {"domain": "other.example"}))

    assert "<dt>Placements</dt><dd>1</dd>" in asked
    assert "That is not the domain of this site" in refused
    assert Site.objects.count() == 2
    answer = browser.post(address, {"domain": " Shop.Example "})
    assert answer.url == "/settings/sites/"
    assert "is gone, with all that it had" in text_of(browser.get(answer.url))
    assert list(Site.objects.values_list("name", flat=True)) == ["Other"]


def test_a_new_site_keeps_what_is_personal_by_hash_from_its_first_event_on(browser, redis_client):
    """Its form showed an empty list, and saved it."""
    drawn = browser.get("/settings/sites/new/").content.decode()
    shown = {
        name: unescape(re.search(rf'<textarea name="{name}".*?>(.*?)</textarea>', drawn, re.S)[1]) for name in LISTS
    }

    browser.post("/settings/sites/new/", TYPED | shown | {"name": "Tea", "domain": "tea.example"})

    made = Site.objects.get(domain="tea.example")
    assert {"email", "phone"} <= set(made.personal_traits)
    assert "paypal.com" in made.unwanted_referrers


def test_only_administrators_delete_a_site(client, site, valkey_server):
    client.force_login(factories.make_user("publisher"))

    assert client.post(f"/settings/sites/{site.pk}/delete/", {"domain": site.domain}).status_code == 403
    assert Site.objects.exists()
