"""The pages of docs/ as help: whole, safe, and linked among themselves."""

import re

import pytest

from personalization import handbook
from personalization.navigation import pages
from tests import factories
from tests.architecture import ROOT

LINK = re.compile(r'href="([^"]*)"')


def test_every_page_of_docs_is_listed_once():
    listed = [chapter.slug for chapters in handbook.parts().values() for chapter in chapters]

    assert sorted(listed) == sorted(handbook.chapters())
    assert {f"{slug}.md" for slug in listed if "/" not in slug} == {file.name for file in (ROOT / "docs").glob("*.md")}


def test_every_link_within_the_help_leads_to_a_page_and_to_a_heading_of_it():
    wrong = []
    for slug, chapter in handbook.chapters().items():
        for target in LINK.findall(chapter.html):
            if target.startswith(("http:", "https:")):
                continue
            path, _, anchor = target.partition("#")
            there = slug if not path else path.lstrip("./").rstrip("/")
            if path:
                assert path.startswith("../" * (slug.count("/") + 1)), (slug, target)
            found = handbook.chapters().get(there)
            if found is None or (anchor and anchor not in [heading.anchor for heading in found.headings]):
                wrong.append((slug, target))

    assert wrong == []


@pytest.mark.parametrize("row", list(pages()), ids=lambda row: row.title)
def test_every_page_has_help_that_is_there(row):
    slug, _, anchor = row.help.partition("#")

    assert slug in handbook.chapters()
    assert not anchor or anchor in [heading.anchor for heading in handbook.chapters()[slug].headings]


def test_what_looks_like_html_or_a_script_is_shown_as_text(tmp_path, monkeypatch):
    monkeypatch.setattr(handbook, "FOLDER", tmp_path)
    hostile = "# A\n\n<script>alert(1)</script> <img src=x onerror=y>\n\n[a](javascript:alert) [b](../../etc/passwd.md) [c](/etc/passwd) ![d](data:text/html,x)\n"
    (tmp_path / "a.md").write_text(hostile)

    html = handbook._read(tmp_path / "a.md").html

    assert "<script" not in html
    assert "<img" not in html or "onerror" not in re.findall(r"<img[^>]*>", html)[0]
    assert LINK.findall(html) == []


def test_headings_are_found_before_mere_mentions():
    found = handbook.find(["Roles"])

    assert found[0] == handbook.Mention("The pages", "Roles", "pages", "#roles")
    assert handbook.find(["no such words anywhere"]) == []


def test_the_help_button_of_a_page_leads_to_the_help_about_it(client, site):
    client.force_login(factories.make_user("administrator"))

    leads = {
        address: re.search(r'href="([^"]*)" aria-label="Help', client.get(address).content.decode())[1]
        for address in (
            "/",
            "/campaigns/goals/",
            "/segments/new/",
            "/admin/sites/site/",
            "/campaigns/variants/new/",
            "/help/",
            "/nothing/",
        )
    }

    assert leads == {
        "/": "/help/pages/",
        "/campaigns/goals/": "/help/pages/#goals",
        "/segments/new/": "/help/conditions/",
        "/admin/sites/site/": "/help/tracker/",
        "/campaigns/variants/new/": "/help/creatives/",
        "/help/": "/help/",
        "/nothing/": "/help/",
    }


def test_help_opens_for_every_role_and_nothing_else_of_the_machine_does(client, site):
    client.force_login(factories.make_user("viewer"))

    assert {client.get(f"/help/{slug}/").status_code for slug in handbook.chapters()} == {200}
    for nothing in ("nothing", "../README", "decisions/0000-template", "decisions/../pages", "/etc/passwd"):
        assert client.get(f"/help/{nothing}/").status_code == 404
