"""Roles are what docs/pages.md says they are."""

import pytest
from django.contrib.auth.models import Group, User

from personalization.roles import ROLES, ensure_roles

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


def test_the_last_administrator_stays_one_in_the_tables_too(client, administrator, editor):
    client.force_login(administrator)
    address = f"/admin/auth/user/{administrator.pk}/"
    leaving = {"username": "ada", "is_active": "on", "is_staff": "on", "date_joined_0": "2026-03-01"}
    leaving |= {"date_joined_1": "10:00:00"}

    refused = client.post(f"{address}change/", leaving)

    assert "This is the last administrator" in refused.content.decode()
    assert client.get(f"{address}delete/").status_code == 403
    editor.groups.set([Group.objects.get(name="administrator")])
    assert client.post(f"{address}change/", leaving).status_code == 302
