"""What pages are to strangers, to staff without a role, and before anything has happened."""

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


def test_without_a_site_the_first_is_made(client, db, administrator):
    client.force_login(administrator)

    assert client.get("/").url == "/admin/sites/site/add/"


def test_home_of_a_new_site_leads_to_installing(client, site, valkey_server):
    page = text_of(log_in(client).get("/"))

    assert "No events yet" in page
    assert 'href="/install/"' in page
    assert "Nothing has been published" in page
