"""Placements, as editors keep them."""

import pytest

from campaigns.models import AdVariant, Campaign, Placement, Rule
from tests import factories
from tests.answers import text_of

FIELDS = {"name": "Hero", "key": "hero", "page": "Home", "spot": "top", "min_height": "260", "width": "0"} | {
    "enabled": "on"
}


@pytest.fixture
def editor(client, db):
    client.force_login(factories.make_user("editor"))
    return client


@pytest.fixture
def hero(site):
    sale = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    hero = Placement.objects.create(site=site, key="hero", name="Hero", page="Home", spot="top", default_variant=sale)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    for priority, name in ((100, "Second"), (800, "First")):
        Rule.objects.create(campaign=campaign, placement=hero, name=name, variant=sale, priority=priority)
    return hero


def test_a_site_without_placements_is_told_what_one_is_and_how_to_make_it(editor, site):
    page = text_of(editor.get("/placements/"))

    assert "No placements yet" in page
    assert "Create the first" in page


def test_shows_what_runs_where_the_winner_first(editor, hero):
    Placement.objects.create(site=hero.site, key="bar", name="Bar", enabled=False)

    page = text_of(editor.get("/placements/"))

    assert page.index("First") < page.index("Second") < page.index("Everyone else:")
    assert "Page not said yet" in page
    assert "Switched off" in page


def test_a_placement_is_made_changed_and_deleted(editor, site):
    editor.post("/placements/new/", FIELDS)
    assert (Placement.objects.get().page, Placement.objects.get().spot) == ("Home", "top")

    editor.post("/placements/p/hero/", FIELDS | {"spot": "side", "min_height": "90"})
    assert (Placement.objects.get().spot, Placement.objects.get().min_height) == ("side", 90)

    editor.post("/placements/p/hero/delete", {"seen": editor.get("/placements/p/hero/").context["form"].seen})
    assert not Placement.objects.exists()


def test_one_that_rules_need_stays_and_says_which(editor, hero):
    answer = editor.post("/placements/p/hero/delete", follow=True)

    assert "Rules show something in “Hero”: “First”, “Second”." in text_of(answer)
    assert Placement.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("min_height", "-1", "greater than or equal to 0"),
        ("spot", "cellar", "not one of the available choices"),
        ("key", "Hero!", "letters"),
        ("name", "", "required"),
        ("default_variant", "99999", "not one of the available choices"),
    ],
)
def test_a_fault_is_told_at_its_field_and_what_was_typed_stays(editor, site, field, value, words):
    answer = editor.post("/placements/new/", FIELDS | {field: value})

    assert words in str(answer.context["form"].errors[field])
    assert answer.context["form"]["page"].value() == "Home"
    assert not Placement.objects.exists()


def test_a_viewer_looks_and_changes_nothing(client, hero):
    client.force_login(factories.make_user("viewer"))

    assert client.get("/placements/").status_code == client.get("/placements/p/hero/").status_code == 200
    assert client.post("/placements/p/hero/", FIELDS | {"name": "Mine"}).status_code == 200
    assert client.post("/placements/new/", FIELDS).status_code == 403
    hero.refresh_from_db()
    assert hero.name == "Hero"
