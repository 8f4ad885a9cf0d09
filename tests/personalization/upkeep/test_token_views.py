"""Pages of API tokens: issued with the password, the secret shown once, revoked at once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from personalization.models import ApiToken
from tests import factories
from tests.answers import text_of

TYPED = {"name": "Nightly import", "site": "", "scopes": ["read", "write"], "lasts": "30"}


@pytest.fixture
def ada(client, site, redis_client):
    ada = factories.make_user("administrator")
    client.force_login(ada)
    return ada


def answer_to(secret: str, client) -> int:
    return client.get("/api/v1/campaigns/", headers={"Authorization": f"Bearer {secret}"}).status_code


def test_a_token_is_issued_with_the_password_and_its_secret_is_shown_once(client, ada):
    issued = client.post("/settings/tokens/new/", TYPED | {"password": factories.PASSWORD})

    token = ApiToken.objects.get()
    secret = issued.context["token"].secret
    assert secret in text_of(issued) and answer_to(secret, client) == 200
    assert (token.site, token.scopes, token.created_by) == (None, ["read", "write"], ada)
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    shown = text_of(client.get(f"/settings/tokens/{token.pk}/"))
    assert secret not in shown and secret[:10] in shown and "Edit drafts" in shown
    assert "Added for every site: read, write." in shown


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"password": "a guess"}, "password"),
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["rule the world"]}, "scopes"),
        ({"lasts": "999"}, "lasts"),
        ({"site": "99"}, "site"),
    ],
)
def test_bad_input_issues_nothing_and_is_told_at_its_field(client, ada, changed, field):
    refused = client.post("/settings/tokens/new/", TYPED | {"password": factories.PASSWORD} | changed)

    assert not ApiToken.objects.exists()
    assert list(refused.context["form"].errors) == [field]
    assert field == "name" or "Nightly import" in text_of(refused)
    assert factories.PASSWORD not in text_of(refused)


def test_a_token_may_be_for_ever_and_a_new_one_begins_as_another(client, ada, site):
    ApiToken.issue(name="CI", scopes=["redeem"], created_by=ada, site=site)

    form = client.get(f"/settings/tokens/new/?like={ApiToken.objects.get().pk}").context["form"]
    client.post("/settings/tokens/new/", TYPED | {"lasts": "", "site": site.pk, "password": factories.PASSWORD})

    assert (form["name"].initial, form["scopes"].initial) == ("CI", ["redeem"])
    made = ApiToken.objects.get(name="Nightly import")
    assert (made.expires_at, made.site) == (None, site)
    assert client.get("/settings/tokens/new/?like=nonsense").status_code == 200


def test_a_revoked_token_opens_nothing_from_then_on(client, ada):
    token, secret = ApiToken.issue(name="CI", scopes=["read"], created_by=ada)
    before = answer_to(secret, client)

    page = text_of(client.post(f"/settings/tokens/{token.pk}/revoke", follow=True))

    assert (before, answer_to(secret, client)) == (200, 401)
    assert "“CI” is revoked" in page
    assert "CI" in text_of(client.get("/settings/changes/")) and "Deleted." in text_of(client.get("/settings/changes/"))


def test_pages_say_of_a_token_that_opens_nothing_why(client, ada, editor):
    ended, _ = ApiToken.issue(name="Old", scopes=["read"], created_by=ada, expires_at=timezone.now())
    orphan, _ = ApiToken.issue(name="Left", scopes=["read"], created_by=editor)
    editor.is_active = False
    editor.save()

    listed = text_of(client.get("/settings/tokens/"))

    assert "It has ended." in listed and "edgar, for whom it acts, may not log in." in listed
    assert "This token opens nothing. It has ended." in text_of(client.get(f"/settings/tokens/{ended.pk}/"))
    assert "edgar, for whom" in text_of(client.get(f"/settings/tokens/{orphan.pk}/"))


def test_who_may_not_is_told_so_and_sees_no_link(client, ada, editor):
    token, _ = ApiToken.issue(name="CI", scopes=["read"], created_by=ada)
    client.force_login(editor)

    for address in ("", "new/", f"{token.pk}/"):
        refused = client.get(f"/settings/tokens/{address}")
        assert (refused.status_code, "Your role does not allow this" in text_of(refused)) == (403, True)
    assert client.post(f"/settings/tokens/{token.pk}/revoke").status_code == 403
    assert ApiToken.objects.exists()
    assert "/settings/tokens/" not in text_of(client.get("/settings/"))
