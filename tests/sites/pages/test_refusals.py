"""What people are told who may not, or who ask for what cannot be."""

import pytest
from django.contrib.auth.models import Group

from tests import factories
from tests.answers import text_of


@pytest.fixture
def cast(site):
    return {role: factories.make_user(role) for role in factories.CAST}


@pytest.mark.parametrize(
    ("role", "address", "permission", "name"),
    [
        ("viewer", "/admin/auth/user/", "auth.view_user", "Can view user"),
        ("viewer", "/admin/campaigns/placement/add/", "campaigns.add_placement", "Can add placement"),
        ("editor", "/admin/personalization/apitoken/", "personalization.view_apitoken", "Can view api token"),
        ("editor", "/settings/tables/", "auth.view_user", "Can view user"),
        ("viewer", "/campaigns/new/", "campaigns.add_campaign", "Can add campaign"),
    ],
)
def test_the_permission_is_named_with_the_roles_that_have_it_and_who_can_give_it(
    client, cast, role, address, permission, name
):
    client.force_login(cast[role])

    answer = client.get(address)
    page = text_of(answer)

    assert answer.status_code == 403
    assert "nav-sidebar-apps" in page  # in the shell
    assert f"“{name}” (<code>{permission}</code>)" in page
    assert "administrator" in page.partition("which the role")[2].partition("</p>")[0]
    assert "ada can give it to you" in page
    assert "<title> Not allowed · Segue</title>" in page


def test_who_posts_a_change_is_told_of_the_right_to_change(client, cast, site):
    client.force_login(cast["viewer"])

    assert "sites.change_site" in text_of(client.post(f"/admin/sites/site/{site.pk}/change/", {"name": "x"}))


def test_without_anybody_who_could_give_it_the_page_still_says_whom_to_ask(client, site):
    client.force_login(factories.make_user("viewer"))

    assert "An administrator can give it to you" in text_of(client.get("/admin/auth/user/"))


def test_who_may_see_nothing_is_not_led_to_a_page_that_refuses_too(client, cast, django_user_model):
    client.force_login(django_user_model.objects.create_user("nina", password="x", is_staff=True))

    page = text_of(client.get("/"))

    assert "Back to Home" not in page
    assert "/help/pages/#roles" in page


def test_administrators_are_named_by_what_they_may_do_not_by_their_name(client, cast):
    """Somebody whose role may change people, without being all-powerful."""
    edgar = cast["editor"]
    edgar.groups.set([Group.objects.get(name="administrator")])
    client.force_login(cast["viewer"])

    assert "ada, edgar can give it to you" in text_of(client.get("/admin/auth/user/"))


def test_odd_input_is_answered_in_the_shell_for_staff(client, cast):
    client.force_login(cast["administrator"])

    answer = client.get("/admin/tracking/visitor/?last_seen_at__year=99999999999")

    assert answer.status_code == 400
    assert "nav-sidebar-apps" in text_of(answer)


@pytest.mark.parametrize("template", ["400.html", "403.html", "403_csrf.html", "404.html", "500.html"])
def test_what_strangers_see_needs_nothing_and_has_a_style(template):
    from django.template.loader import render_to_string

    page = render_to_string(template)

    assert "<style>" in page
    assert "· Segue</title>" in page
