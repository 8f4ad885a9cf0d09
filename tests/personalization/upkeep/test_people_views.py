"""Pages of people: let in by a link, given a role, shut out; never the last administrator, nor oneself."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client

from personalization.models import ApiToken
from personalization.roles import role_of
from sites.pages.history import read
from tests import factories
from tests.answers import text_of

TYPED = {"username": "nora", "first_name": "Nora", "last_name": "Nygaard", "email": "nora@shop.example"}
CHOSEN = {"new_password1": "a kettle in autumn", "new_password2": "a kettle in autumn"}


@pytest.fixture
def ada(client, site, redis_client):
    ada = factories.make_user("administrator")
    client.force_login(ada)
    return ada


def follow(link: str, **typed: str):
    """Somebody new, in their own browser: the form behind the link, sent."""
    browser = Client()
    page = browser.get(link, follow=True)
    return browser, browser.post(page.request["PATH_INFO"], typed)


def path_of(answer) -> str:
    return answer.context["link"].removeprefix("http://testserver")


def said() -> list[str]:
    return [f"{entry.who}: {entry.about}: {entry.words}" for entry in map(read, LogEntry.objects.order_by("id"))]


def test_a_colleague_is_added_in_one_step_and_chooses_a_password_by_the_link(client, ada):
    added = client.post("/settings/people/new/", TYPED | {"role": "editor"})
    browser, chosen = follow(path_of(added), **CHOSEN)

    nora = User.objects.get(username="nora")
    assert added.context["link"] in text_of(added) and "Nora Nygaard" in text_of(added)
    assert (nora.is_staff, nora.is_superuser, role_of(nora), nora.has_perm("campaigns.change_rule")) == (
        *(True, False, "editor", True),
    )
    assert chosen.url == "/" and browser.get("/").status_code == 200
    assert nora.check_password(CHOSEN["new_password1"])
    assert said() == ["ada: nora: Added as editor.", "nora: nora: Chose a password."]


def test_a_link_works_once_and_for_nobody_who_was_shut_out(client, ada):
    link = path_of(client.post("/settings/people/new/", TYPED | {"role": "viewer"}))
    nora = User.objects.get(username="nora")
    weak = follow(link, new_password1="kettle", new_password2="kettle")[1]
    client.post(f"/settings/people/{nora.pk}/shut-out")
    after_leaving = Client().get(link)
    second = path_of(client.post(f"/settings/people/{nora.pk}/let-in"))

    assert "too short" in text_of(weak)
    assert "This link works no more" in text_of(after_leaving)
    assert "This link works no more" in text_of(Client().get(link))
    assert follow(second, **CHOSEN)[1].url == "/"
    assert "This link works no more" in text_of(Client().get(second))
    assert "This link works no more" in text_of(Client().get("/welcome/nobody/nothing/"))


def test_a_link_is_of_no_site_and_leaves_the_old_password_until_another_is_chosen(client, ada, site, editor):
    made = client.post(f"/site/{site.pk}/settings/people/{editor.pk}/link")

    assert path_of(made).startswith("/welcome/")
    assert Client().login(username="edgar", password=factories.PASSWORD)
    assert said() == ["ada: edgar: Given a link to choose a password."]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "ADA"}, "username"),
        ({"username": "no spaces"}, "username"),
        ({"email": "nora"}, "email"),
        ({"role": ""}, "role"),
        ({"role": "emperor"}, "role"),
    ],
)
def test_bad_input_adds_nobody_and_is_told_at_its_field(client, ada, changed, field):
    refused = client.post("/settings/people/new/", TYPED | {"role": "editor"} | changed)

    assert list(refused.context["form"].errors) == [field]
    assert "Nygaard" in text_of(refused)
    assert not User.objects.filter(first_name="Nora").exists()


def test_name_and_role_are_changed_with_one_entry(client, ada, editor):
    typed = {"username": "edgar", "first_name": "Edgar", "email": editor.email}
    client.post(f"/settings/people/{editor.pk}/", typed | {"role": "publisher"})

    editor = User.objects.get(pk=editor.pk)
    assert (role_of(editor), editor.has_perm("campaigns.publish_release"), editor.first_name) == (
        *("publisher", True, "Edgar"),
    )
    assert said() == ["ada: edgar: Role: editor → publisher; First name: nothing → Edgar."]


def test_two_who_edit_a_person_are_told_of_each_other_but_a_log_in_is_no_edit(client, ada, editor):
    seen = client.get(f"/settings/people/{editor.pk}/").context["form"].seen
    typed = {"username": "edgar", "first_name": "", "last_name": "", "email": editor.email, "role": "editor"}
    Client().login(username="edgar", password=factories.PASSWORD)
    saved = client.post(f"/settings/people/{editor.pk}/", typed | {"seen": seen, "first_name": "Ed"})
    outdated = client.post(f"/settings/people/{editor.pk}/", typed | {"seen": seen, "first_name": "Edgar"})

    assert saved.status_code == 302
    assert "ada saved this while you were editing" in text_of(outdated) and "Stored now: Ed." in text_of(outdated)


def test_who_is_shut_out_is_logged_out_and_their_tokens_open_nothing(client, ada, editor):
    _, secret = ApiToken.issue(name="CI", scopes=["read"], created_by=editor)
    browser = Client()
    browser.login(username="edgar", password=factories.PASSWORD)
    assert browser.get("/").status_code == 200

    page = text_of(client.post(f"/settings/people/{editor.pk}/shut-out", follow=True))

    assert "edgar may not log in." in page and "Opens nothing" in page
    assert browser.get("/").status_code == 302
    assert client.get("/api/v1/sites/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    client.post(f"/settings/people/{editor.pk}/let-in")
    assert browser.get("/").status_code == 302
    assert not browser.login(username="edgar", password=factories.PASSWORD)


def test_who_is_shut_out_keeps_their_name_in_the_change_log(client, ada, editor):
    browser = Client()
    browser.force_login(editor)
    browser.post("/segments/new/", {"name": "Rich", "condition-mode": "rows"})
    client.post(f"/settings/people/{editor.pk}/shut-out")

    log = text_of(client.get(f"/settings/changes/?person={editor.pk}"))
    page = text_of(client.get(f"/settings/people/{editor.pk}/"))

    assert "edgar" in log and "Rich" in log
    assert "Rich" in page and "May no longer log in." in page


def test_nobody_shuts_out_themselves_or_changes_their_own_role(client, ada):
    other = factories.make_user("editor")
    other.groups.set([Group.objects.get(name="administrator")])

    refused = text_of(client.post(f"/settings/people/{ada.pk}/shut-out", follow=True))
    client.post(f"/settings/people/{ada.pk}/", {"username": "ada", "email": ada.email, "role": "viewer"})

    ada = User.objects.get(pk=ada.pk)
    assert "ask another administrator" in refused
    assert (ada.is_active, role_of(ada)) == (True, "administrator")
    assert "Shut out" not in text_of(client.get(f"/settings/people/{ada.pk}/"))


def test_who_may_change_people_and_is_no_administrator_has_no_say_over_one(client, ada, editor):
    own = Group.objects.create(name="office")
    own.permissions.set(Group.objects.get(name="administrator").permissions.all())
    editor.groups.set([own])
    client.force_login(editor)
    for act in ("shut-out", "let-in", "link"):
        assert client.post(f"/settings/people/{ada.pk}/{act}").status_code == 403
    taken = {"username": "ada2", "email": "", "role": "viewer"}
    assert client.post(f"/settings/people/{ada.pk}/", taken).status_code == 403
    raised = client.post("/settings/people/new/", TYPED | {"role": "administrator"})

    assert "role" in raised.context["form"].errors
    assert User.objects.get(pk=ada.pk).username == "ada"


def test_of_two_administrators_one_may_go(client, ada, editor):
    editor.groups.set([Group.objects.get(name="administrator")])
    client.force_login(editor)
    typed = {"username": "ada", "email": ada.email, "role": "viewer"}

    client.post(f"/settings/people/{ada.pk}/", typed)

    ada = User.objects.get(pk=ada.pk)
    assert (role_of(ada), ada.is_superuser, ada.has_perm("sites.change_site")) == ("viewer", False, False)


def test_roles_are_told_by_what_they_may_and_no_link_leads_to_a_raw_form(client, ada, editor):
    Group.objects.create(name="friends")

    shown = client.get("/settings/people/")

    may = dict(shown.context["abilities"])
    assert may["Edit drafts, and ask for approval"] == [False, True, True, True, False]
    assert may["People and their roles"] == [False, False, False, True, False]
    for address in ("/settings/people/", "/settings/people/new/", f"/settings/people/{editor.pk}/"):
        assert "/admin/auth/" not in text_of(client.get(address))


def test_who_may_not_is_told_so_and_sees_no_link(client, ada, editor):
    client.force_login(editor)

    for address in ("", "new/", f"{ada.pk}/"):
        refused = client.get(f"/settings/people/{address}")
        assert (refused.status_code, "Your role does not allow this" in text_of(refused)) == (403, True)
    assert client.post(f"/settings/people/{ada.pk}/shut-out").status_code == 403
    assert "/settings/people/" not in text_of(client.get("/settings/"))


def test_who_may_only_look_at_people_changes_nobody(client, ada, editor):
    own = Group.objects.create(name="office")
    own.permissions.set(Group.objects.get(name="administrator").permissions.filter(codename="view_user"))
    editor.groups.set([own])
    client.force_login(editor)

    page = client.get(f"/settings/people/{ada.pk}/")
    client.post(f"/settings/people/{ada.pk}/", {"username": "x", "role": "office"})

    assert page.status_code == 200 and "Save</button>" not in text_of(page)
    assert User.objects.get(pk=ada.pk).username == "ada"
