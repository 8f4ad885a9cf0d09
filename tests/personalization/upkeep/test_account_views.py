"""Your account: what everybody changes of themselves."""

import pytest
from django.test import Client

from tests import factories
from tests.answers import text_of

NEW = {"new_password1": "a kettle in autumn", "new_password2": "a kettle in autumn"}


@pytest.fixture
def edgar(client, site, redis_client):
    edgar = factories.make_user("editor")
    client.login(username="edgar", password=factories.PASSWORD)
    return edgar


def test_everybody_finds_their_account_and_changes_their_name(client, edgar):
    page = text_of(client.get("/"))
    client.post("/account/", {"first_name": "Edgar", "last_name": "Eriksen", "email": "e@shop.example"})

    edgar.refresh_from_db()
    assert 'href="/account/"' in page
    assert (edgar.get_full_name(), edgar.email, edgar.username) == ("Edgar Eriksen", "e@shop.example", "edgar")
    assert "Edits drafts: campaigns" in text_of(client.get("/account/"))


def test_a_password_is_changed_with_the_old_one_and_ends_other_log_ins(client, edgar):
    elsewhere = Client()
    elsewhere.login(username="edgar", password=factories.PASSWORD)

    client.post("/account/", NEW | {"old_password": factories.PASSWORD})

    edgar.refresh_from_db()
    assert edgar.check_password(NEW["new_password1"])
    assert (client.get("/").status_code, elsewhere.get("/").status_code) == (200, 302)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (NEW | {"old_password": "a guess"}, "This is not your password"),
        (NEW | {"old_password": factories.PASSWORD, "new_password2": "other"}, "didn’t match"),
        ({"old_password": factories.PASSWORD, "new_password1": "edgar", "new_password2": "edgar"}, "too short"),
        ({"first_name": "Edgar", "email": "nonsense"}, "valid email"),
    ],
)
def test_bad_input_changes_nothing_and_is_told_at_its_field(client, edgar, typed, words):
    page = text_of(client.post("/account/", typed))

    edgar.refresh_from_db()
    assert words in page
    assert edgar.check_password(factories.PASSWORD) and edgar.first_name == ""


def test_the_form_of_the_admin_leads_here(client, edgar):
    assert client.get("/admin/password_change/").url == "/account/"
