"""Where can one go? What each role is offered, and which entry an address belongs to."""

import re

import pytest
from django.urls import reverse

from personalization.navigation import GROUPS, HOME, SETTINGS, SETTINGS_GROUP, current, pages
from tests import factories

MOST = 5  # entries a group of the sidebar


@pytest.fixture
def offered(client, site):
    """What the sidebar offers a member of the cast."""

    def sidebar(role: str, address: str = "/settings/") -> dict[str, str]:
        client.force_login(factories.make_user(role))
        page = client.get(address).content.decode()
        shell = page[page.index('id="nav-sidebar-apps"') :].partition('<div class="border-t')[0]
        entries = re.findall(r'<a href="([^"]*)".*?<span>(.*?)</span>\s*</a>', shell, re.DOTALL)
        return {words: link for link, words in entries}

    return sidebar


@pytest.mark.parametrize("title", [title for title in GROUPS if title != SETTINGS_GROUP])
def test_a_group_has_at_most_five_entries(title):
    assert 0 < len(GROUPS[title]) <= MOST


def test_settings_is_one_entry_whose_page_lists_its_pages(client, site, offered):
    assert list(offered("administrator").values())[-1] == "/settings/"

    page = client.get("/settings/").content.decode()

    for row in GROUPS[SETTINGS_GROUP]:
        assert f'href="{reverse(row.url_name)}">{row.title}<' in page


def test_tables_are_for_administrators(client, site):
    client.force_login(factories.make_user("publisher"))
    assert "Tables" not in client.get("/settings/").content.decode()
    assert client.get("/settings/tables/").status_code == 403

    client.force_login(factories.make_user("administrator"))
    assert "/admin/tracking/logoffset/" in client.get("/settings/tables/").content.decode()


def test_nobody_is_offered_a_page_they_may_not_open(client, site, offered):
    for role in ("viewer", "editor", "publisher", "administrator"):
        for link in offered(role).values():
            assert client.get(link).status_code == 200, (role, link)


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/", HOME.title),
        ("/segments/s/rich/", "Segments"),
        ("/segments/clusters/", "Clusters"),
        ("/segments/features/", "Clusters"),
        ("/campaigns/c/autumn/", "All campaigns"),
        ("/campaigns/goals/g/orders/", "Goals"),
        ("/admin/auth/group/1/change/", "People and roles"),
        ("/admin/tracking/logoffset/", "Tables"),
        ("/settings/", SETTINGS.title),
        ("/nothing/", None),
    ],
)
def test_an_address_belongs_to_the_page_with_the_longest_beginning(address, title):
    found = current(address)

    assert (found.title if found else None) == title


def test_the_entry_of_the_page_is_marked_for_screen_readers(client, site):
    client.force_login(factories.make_user("administrator"))

    for address, entry in {"/segments/": "/segments/", "/settings/tables/": "/settings/", "/": "/"}.items():
        marked = re.findall(r'<a href="([^"]*)" aria-current="page"', client.get(address).content.decode())
        assert marked == [entry]


def test_no_two_pages_share_a_title_or_an_address():
    rows = list(pages())

    assert len({row.title for row in rows}) == len({row.url_name for row in rows}) == len(rows)
