"""Which tokens the edge would explain a decision to, from one moment to the next."""

from personalization import tokens
from personalization.models import ApiToken
from tests import factories


def explaining(redis_client) -> int:
    """How many tokens the edge would give a trace to."""
    return redis_client.hlen("segue:tokens")


def test_the_edge_hears_at_once_of_tokens_that_the_pages_issue_and_revoke(
    client, administrator, site, redis_client, django_capture_on_commit_callbacks
):
    client.force_login(administrator)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            "/settings/tokens/new/",
            {"name": "Why", "site": "", "lasts": "", "scopes": ["explain"], "password": factories.PASSWORD},
        )
    issued = explaining(redis_client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/settings/tokens/{ApiToken.objects.get().pk}/revoke")

    assert (issued, explaining(redis_client)) == (1, 0)


def test_the_tokens_of_somebody_who_leaves_explain_nothing_from_then_on(
    client, administrator, editor, redis_client, django_capture_on_commit_callbacks
):
    ApiToken.issue(name="Why", scopes=["explain"], created_by=editor)
    tokens.push()
    client.force_login(administrator)

    form = {
        "username": editor.username,
        "is_staff": "on",
        "groups": [editor.groups.get().pk],
        "date_joined_0": "2026-03-01",
        "date_joined_1": "10:00:00",
    }
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/admin/auth/user/{editor.pk}/change/", form)

    editor.refresh_from_db()
    assert (editor.is_active, explaining(redis_client)) == (False, 0)


def test_a_token_explains_nothing_once_its_owner_left_the_staff(administrator, redis_client):
    ApiToken.issue(name="Why", scopes=["explain"], created_by=administrator)
    tokens.push()
    assert explaining(redis_client) == 1

    administrator.is_staff = False
    administrator.save()
    tokens.push()  # as beat does each minute

    assert explaining(redis_client) == 0
