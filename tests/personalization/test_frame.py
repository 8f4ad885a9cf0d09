"""What stands around every page, the admin's too."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import DraftReview
from tests import factories
from tests.answers import text_of

OURS, ADMIN = "/campaigns/", "/admin/campaigns/placement/"


def log_in(client, role: str = "publisher"):
    client.force_login(factories.make_user(role))
    return client


def review_of(site, changes: int, **fields) -> None:
    kept = {"changes": ["one"] * changes, "state": "x", "made_at": timezone.now(), "took_ms": 1} | fields
    DraftReview.objects.update_or_create(site=site, defaults=kept)


@pytest.mark.parametrize("address", [OURS, ADMIN])
def test_publish_says_how_many_changes_are_not_published(client, site, monkeypatch, address):
    monkeypatch.setattr("campaigns.kept_review.is_current", lambda _kept: True)
    review_of(site, 4)

    header = text_of(log_in(client).get(address))

    assert ", 4 changes not published" in header


def test_publish_is_quiet_when_everything_is_published(client, site):
    review_of(site, 0)

    page = log_in(client).get(ADMIN).content.decode()

    assert re.search(r'class="s-button s-publish" id="publish-link" href="/campaigns/releases/"', page)


def test_the_number_is_asked_for_again_only_while_a_review_is_made(client, site):
    log_in(client)
    now = timezone.now()

    asked = {}
    for name, fields in {
        "made": {},
        "asked": {"asked_at": now},
        "begun": {"begun_at": now},
        "lost": {"asked_at": now - timedelta(minutes=2)},
    }.items():
        review_of(site, 1, **({"asked_at": None, "begun_at": None} | fields))
        asked[name] = 'hx-get="/publish-link"' in client.get("/publish-link").content.decode()

    assert asked == {"made": False, "asked": True, "begun": True, "lost": False}


def test_the_header_costs_the_admin_two_queries(client, site, django_assert_max_num_queries):
    log_in(client, "administrator")
    client.get(ADMIN)

    with django_assert_max_num_queries(9):
        client.get(ADMIN)


@pytest.mark.parametrize("address", [OURS, ADMIN])
def test_another_site_is_chosen_by_a_button(client, site, address):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    log_in(client)

    page = client.get(f"/site/{site.pk}{address}").content.decode()
    menu = page[page.index("s-menu s-site") :].partition("</details>")[0]

    assert 'aria-label="Site: Shop"' in menu
    assert re.findall(r'<button name="site" value="(\d+)"( aria-current="true")?', menu) == [
        (str(site.pk), ' aria-current="true"'),
        (str(other.pk), ""),
    ]
    assert "<select" not in menu
    assert client.post("/choose-site", {"site": other.pk}, follow=True).context["site"] == other


@pytest.mark.parametrize("address", [OURS, ADMIN, "/settings/", "/nothing/"])
def test_the_first_stop_of_every_page_skips_the_navigation(client, site, address):
    page = log_in(client, "administrator").get(address).content.decode()

    assert re.search(r"<a [^>]*>", page)[0] == '<a class="s-skip" href="#content">'
    assert 'id="content"' in page


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/campaigns/", "Campaigns"),
        ("/settings/", "Settings"),
        ("/admin/auth/user/", "Users"),
        ("/nothing/", "Not found"),
    ],
)
def test_the_window_is_titled_by_the_page_and_names_segue_not_django(client, site, address, title):
    page = log_in(client, "administrator").get(address).content.decode()

    found = " ".join(re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1].split())

    assert found == f"{title} · Segue"
