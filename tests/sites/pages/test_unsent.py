"""Nothing typed is lost because a login ended, and no address is a dead end."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from segments.models import Segment
from tests import factories

FIELDS = {"name": "Rich\ncarts", "key": "rich-carts", "description": "\nTwo\nlines", "condition-mode": "rows"}
ORIGIN = {"HTTP_ORIGIN": "http://testserver"}


def hidden(answer) -> list[tuple[str, str]]:
    return answer.context["typed"]


@pytest.fixture
def returning(client, db):
    """A browser in which somebody was logged in."""
    client.force_login(factories.make_user("editor"))
    client.get("/admin/password_change/")
    client.post("/admin/logout/")
    return client


def test_a_stranger_stores_nothing(client, site):
    """Security finding B12: 60 forms of 93 KB filled the session table with 5.8 MB."""
    sent = client.post("/segments/new/", FIELDS, **ORIGIN)
    untrusted = Client(enforce_csrf_checks=True).post("/segments/new/", FIELDS, **ORIGIN)
    forged = Client(headers={"cookie": "sessionid=made-up; segue_staff=yes"}).post("/segments/new/", FIELDS, **ORIGIN)

    assert [answer.url for answer in (sent, untrusted, forged)] == ["/admin/login/?next=/unsent/"] * 3
    assert Session.objects.count() == 0


def test_a_form_sent_after_the_login_ended_is_sent_again_after_the_next(returning, site):
    client = returning
    sent = client.post("/segments/new/", FIELDS)
    after = client.post(
        sent.url, {"username": "edgar", "password": factories.PASSWORD, "next": "/unsent/"}, follow=True
    )

    assert sent.url == "/admin/login/?next=/unsent/"
    assert 'action="/segments/new/"' in after.content.decode()
    assert dict(hidden(after)) == FIELDS

    client.post("/segments/new/", dict(hidden(after)))
    assert Segment.objects.get(key="rich-carts").description == "Two\nlines"


def test_what_waits_can_be_left(returning, site):
    client = returning
    client.post("/segments/new/", FIELDS)
    client.force_login(factories.make_user("editor"))
    client.post("/unsent/")

    assert client.get("/unsent/").url == "/"


def test_a_button_pressed_after_the_login_ended_leads_to_a_page(client, site):
    answer = client.post("/segments/clusters/retrain", follow=True)

    assert answer.status_code == 200
    assert answer.redirect_chain[-1][0] == "/admin/login/?next=/unsent/"


def test_a_fragment_asked_for_while_typing_leaves_the_page_alone(client, site):
    assert client.post("/segments/estimate", FIELDS, HTTP_HX_REQUEST="true").status_code == 401
    assert "HX-Redirect" in client.get("/", HTTP_HX_REQUEST="true", HTTP_HX_CURRENT_URL="http://testserver/").headers


@pytest.fixture
def strict(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.make_user("editor"))
    return client


def test_a_form_older_than_the_login_is_offered_again(strict, site):
    answer = strict.post("/segments/new/", FIELDS, **ORIGIN)

    assert answer.status_code == 403
    assert dict(hidden(answer)) == FIELDS
    assert not Segment.objects.exists()


def test_a_form_of_another_site_is_not_offered_again(strict, site):
    for origin in ({"HTTP_ORIGIN": "https://evil.example"}, {}):
        answer = strict.post("/segments/new/", FIELDS, **origin)

        assert answer.status_code == 403
        assert "This form was not accepted" in answer.content.decode()
        assert "rich-carts" not in answer.content.decode()


def test_passwords_and_long_texts_are_not_kept(returning, strict, site):
    client = returning
    assert "typed" not in (strict.post("/admin/auth/user/add/", {"password1": "x"}, **ORIGIN).context or {})

    client.post("/segments/new/", FIELDS | {"description": "x" * 100_001})
    assert "unsent" not in client.session


@pytest.mark.parametrize("address", ["/nothing/", "/segments/s/none/", "/campaigns/c/none/"])
def test_an_address_without_a_page_leads_on(client, site, address):
    client.force_login(factories.make_user("viewer"))
    answer = client.get(address)

    assert answer.status_code == 404
    assert 'href="/campaigns/"' in answer.content.decode()


def test_strangers_get_a_plain_page(client, site):
    answer = client.get("/nothing/")

    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.content.decode()
    assert "nav-sidebar" not in answer.content.decode()


def test_a_failure_shows_a_page_that_needs_nothing(client, site, monkeypatch):
    def fail(*args):
        raise RuntimeError("broken")

    monkeypatch.setattr("personalization.overview.pulse", fail)
    client.force_login(factories.make_user("viewer"))
    client.raise_request_exception = False
    answer = client.get("/")

    assert answer.status_code == 500
    assert "Something failed on our side" in answer.content.decode()
