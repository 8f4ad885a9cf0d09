"""Roles are what docs/pages.md says they are."""

import pytest
from django.contrib.auth.models import Group, User

from personalization import tokens
from personalization.models import ApiToken
from personalization.roles import ROLES, ensure_roles
from tests import factories

pytestmark = pytest.mark.django_db
TABLE = {
    "tracking.view_visitor": ["viewer", "editor", "publisher", "administrator"],
    "personalization.view_decisionrollup": ["viewer", "editor", "publisher", "administrator"],
    "campaigns.change_rule": ["editor", "publisher", "administrator"],
    "segments.delete_segment": ["editor", "publisher", "administrator"],
    "segments.add_trainingrun": ["editor", "publisher", "administrator"],
    "campaigns.publish_release": ["publisher", "administrator"],
    "campaigns.delete_release": ["administrator"],
    "sites.change_site": ["administrator"],
    "personalization.view_apitoken": ["administrator"],
    "auth.change_user": ["administrator"],
}


def holder(role: str) -> User:
    user = User.objects.create_user(f"{role}-only", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.mark.parametrize(("permission", "roles"), TABLE.items())
def test_a_role_holds_what_the_table_says(permission, roles):
    assert [role for role in ROLES if holder(role).has_perm(permission)] == roles


def test_making_the_roles_again_mends_them_and_leaves_other_groups_alone():
    own = Group.objects.create(name="Friends")
    Group.objects.get(name="viewer").permissions.clear()

    ensure_roles()

    assert holder("viewer").has_perm("tracking.view_visitor")
    assert not own.permissions.exists()


def test_a_colleague_is_added_in_one_step_and_needs_a_role(client, administrator):
    client.force_login(administrator)
    typed = {
        "username": "nora",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
        "is_staff": "on",
        "email": "nora@shop.example",
    }

    offered = client.get("/admin/auth/user/add/").context["adminform"].form
    refused = client.post("/admin/auth/user/add/", typed)
    client.post("/admin/auth/user/add/", typed | {"groups": [Group.objects.get(name="editor").pk]})

    nora = User.objects.get(username="nora")
    assert offered.initial["is_staff"]
    assert "This field is required." in refused.content.decode()
    assert (nora.is_staff, nora.email, nora.has_perm("campaigns.change_rule")) == (True, "nora@shop.example", True)


def explaining(redis_client) -> int:
    """How many tokens the edge would give a trace to."""
    return redis_client.hlen("segue:tokens")


def test_the_edge_hears_at_once_of_tokens_that_the_pages_issue_and_revoke(
    client, administrator, redis_client, django_capture_on_commit_callbacks
):
    client.force_login(administrator)

    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            "/admin/personalization/apitoken/add/",
            {"name": "Why", "site": "", "scopes": ["explain"], "password": factories.PASSWORD},
        )
    issued = explaining(redis_client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/admin/personalization/apitoken/{ApiToken.objects.get().pk}/delete/", {"post": "yes"})

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
