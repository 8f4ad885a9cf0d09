"""Whoever decides over people, an administrator who may log in is left."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied

from personalization import people
from personalization.roles import administrators, role_of
from sites.pages.history import Actor
from tests import factories


@pytest.fixture
def two(administrator, editor):
    """Ada and Edgar, administrators."""
    editor.groups.set([Group.objects.get(name="administrator")])
    return administrator, User.objects.get(pk=editor.pk)


def test_of_two_administrators_who_shut_out_each_other_at_once_one_stays(two, redis_client):
    ada, edgar = two
    people.shut_out(User.objects.get(pk=ada.pk), Actor(edgar))

    with pytest.raises(people.Refused, match="edgar is the last administrator"):
        people.shut_out(edgar, Actor(ada))
    with pytest.raises(people.Refused, match="make somebody else one first"):
        people.save(edgar, "viewer", Actor(ada))

    assert [each.username for each in administrators()] == ["edgar"]


@pytest.mark.parametrize("act", ["add", "save", "shut_out", "let_in", "invite"])
def test_nobody_but_an_administrator_decides_over_administrators(administrator, editor, act):
    verbs = {
        "add": lambda: people.add(User(username="nora"), "administrator", Actor(editor)),
        "save": lambda: people.save(administrator, "administrator", Actor(editor)),
        "shut_out": lambda: people.shut_out(administrator, Actor(editor)),
        "let_in": lambda: people.let_in(administrator, Actor.command("test")),
        "invite": lambda: people.invite(administrator, Actor(editor)),
    }

    with pytest.raises(PermissionDenied):
        verbs[act]()

    assert role_of(administrator) == "administrator" and not User.objects.filter(username="nora").exists()


def test_a_role_is_the_one_that_may_most(editor):
    editor.groups.add(Group.objects.get(name="viewer"), Group.objects.create(name="a club"))
    nobody = User.objects.create_user("nina")

    assert role_of(User.objects.get(pk=editor.pk)) == "editor"
    assert role_of(nobody) == ""
    nobody.groups.add(Group.objects.get(name="a club"))
    assert role_of(User.objects.get(pk=nobody.pk)) == "a club"
    assert role_of(factories.make_user("administrator")) == "administrator"
