"""Who may keep a page: nobody where it tells of visitors or people; and who may show it in a frame: nobody."""

import pytest

from tests import factories


@pytest.fixture
def staff(client, site):
    client.force_login(factories.make_user("administrator"))
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/visitors/",
        "/install/",
        "/admin/auth/user/",
        "/api/v1/visitors/",
        "/api/v1/events/",
        "/api/docs/",
        "/nothing/",
    ],
)
def test_what_tells_of_people_is_kept_by_no_browser_and_no_cache(staff, address):
    """Security finding C2."""
    assert "no-store" in staff.get(address)["Cache-Control"]


@pytest.mark.parametrize("address", ["/campaigns/", "/segments/new/"])
def test_what_is_typed_into_a_page_without_visitors_comes_back_with_the_back_button(staff, address):
    """Browsers forget what was typed into pages that they may not store."""
    assert staff.get(address)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("address", ["/", "/admin/login/", "/nothing/", "/api/v1/", "/api/docs/"])
def test_no_page_runs_inline_scripts_or_is_framed(client, site, address):
    answer = client.get(address)
    policy = dict(directive.split(" ", 1) for directive in answer["Content-Security-Policy"].split("; "))

    assert "'unsafe-inline'" not in policy["script-src"]
    assert "*" not in policy["default-src"] + policy["script-src"]
    assert (policy["frame-ancestors"], policy["base-uri"], policy["object-src"]) == ("'none'",) * 3
    assert answer["X-Frame-Options"] == "DENY"


def test_files_that_are_the_same_for_everybody_are_kept(client):
    assert "max-age" in client.get("/static/css/segue.css")["Cache-Control"]
