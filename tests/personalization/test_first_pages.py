"""What pages are to strangers, to staff without a role, and before anything has happened."""

from django.urls import reverse

from personalization.navigation import pages, pages_for
from sites.models import Site
from tests import factories
from tests.answers import text_of

FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def log_in(client, role: str = "viewer"):
    client.force_login(factories.make_user(role))
    return client


def test_strangers_are_asked_to_log_in(client, site):
    answer = client.get("/visitors/?text=x")

    assert answer.status_code == 302
    assert answer.url == "/admin/login/?next=/visitors/%3Ftext%3Dx"


def test_a_fragment_never_becomes_a_log_in_form(client, site):
    answer = client.get("/", **FRAGMENT, HTTP_HX_CURRENT_URL="http://testserver/visitors/")

    assert answer["HX-Redirect"] == "/admin/login/?next=/visitors/"


def test_staff_without_a_role_may_look_at_nothing(client, site, django_user_model):
    client.force_login(django_user_model.objects.create_user("nina", password="x", is_staff=True))

    answer = client.get("/")

    assert answer.status_code == 403
    assert "Your role does not allow this" in text_of(answer)


WITHOUT_SITE = {"settings", "people", "tokens", "api-docs", "changes", "tables", "help", "account"}


def test_without_a_site_every_page_leads_to_making_the_first_or_needs_none(client, db, administrator):
    client.force_login(administrator)

    for entry in pages():
        shown = client.get(reverse(entry.url_name), follow=True)
        leads_on = [address for address, _ in shown.redirect_chain] == ["/settings/sites/new/"]
        assert (shown.status_code, leads_on) == (200, entry.url_name not in WITHOUT_SITE), entry.title

    page = text_of(client.get("/settings/sites/new/"))
    assert "Your first site" in page and "Cancel" not in page


def test_the_first_site_leads_to_its_installation(client, db, administrator, redis_client):
    client.force_login(administrator)
    typed = {"name": "Shop", "domain": "shop.example", "time_zone": "Europe/Berlin", "currency": "EUR"}
    chosen = {"attribution": "last_click", "consent_in_europe": "opt_in", "consent_mode": "opt_out"}

    refused = text_of(client.post("/settings/sites/new/", typed | chosen | {"domain": "https://shop.example"}))
    installing = client.post("/settings/sites/new/", typed | chosen, follow=True)

    site = Site.objects.get()
    assert "Write the host alone" in refused and "Your first site" in refused
    assert installing.request["PATH_INFO"] == f"/site/{site.pk}/install/" and site.write_key in text_of(installing)


def test_without_a_site_who_may_make_none_is_told_who_may(client, administrator):
    log_in(client, "editor")

    for entry in pages_for(factories.make_user("editor")):
        shown = client.get(reverse(entry.url_name))
        told = "Segue has no site yet" in text_of(shown)
        assert (shown.status_code, told) == (200, entry.url_name not in WITHOUT_SITE), entry.title

    assert "ada can add it" in text_of(client.get("/"))


def test_home_of_a_new_site_leads_to_installing(client, site, valkey_server):
    page = text_of(log_in(client).get("/"))

    assert "No events yet" in page
    assert 'href="/install/"' in page
    assert "Nothing has been published" in page
