"""One search over everything, for those who may see it."""

import re

import pytest

from campaigns.models import AdVariant, Campaign, Goal, Placement, Rule
from personalization import search
from recommendations.models import Item
from segments.models import Segment
from sites.pseudonyms import visitor_of, visitor_of_user
from tests import factories
from tests.answers import text_of
from tracking.models import Visitor


@pytest.fixture
def shop(site):
    variant = AdVariant.objects.create(site=site, key="kettle-hero", name="Kettle hero", headline="Boil it")
    placement = Placement.objects.create(site=site, key="kettle-spot", name="Kettle spot")
    campaign = Campaign.objects.create(site=site, key="kettles", name="Kettles in autumn")
    Rule.objects.create(campaign=campaign, placement=placement, name="Kettle lovers", variant=variant)
    Segment.objects.create(site=site, key="kettle-fans", name="Kettle fans")
    Goal.objects.create(site=site, key="kettle-orders", name="Kettle orders", event="Order Completed")
    Item.objects.create(site=site, key="sku-9", name="Enamel kettle", category="Kitchen", price_minor=1)
    return site


def find(site, text: str, role: str = "viewer") -> dict[str, list[str]]:
    """What was made, and pages; the help speaks of kettles too."""
    groups = search.find(factories.make_user(role), site, text)
    return {group.kind: [found.title for found in group.found] for group in groups if group.kind != "Help"}


def test_everything_is_found_by_its_name_with_one_query(shop, django_assert_num_queries):
    viewer = factories.make_user("viewer")
    viewer.get_all_permissions()

    with django_assert_num_queries(1):
        groups = search.find(viewer, shop, "KETTLE")

    assert {group.kind: [found.link for found in group.found] for group in groups if group.kind != "Help"} == {
        "Campaigns": ["/campaigns/c/kettles/"],
        "Rules": [f"/campaigns/rules/{Rule.objects.get().pk}/"],
        "Segments": ["/segments/s/kettle-fans/"],
        "Creatives": ["/campaigns/variants/kettle-hero/"],
        "Placements": ["/placements/p/kettle-spot/"],
        "Products": [f"/catalogue/{Item.objects.get().pk}/"],
        "Goals": ["/campaigns/goals/g/kettle-orders/"],
    }


def test_every_word_must_be_there_and_what_stands_beside_a_name_counts(shop):
    assert find(shop, "lovers autumn") == {"Rules": ["Kettle lovers"]}  # the rule's campaign
    assert find(shop, "sku-9") == {"Products": ["Enamel kettle"]}
    assert "Creatives" in find(shop, "boil")
    assert find(shop, "kettle autumn nonsense") == {}


def test_names_that_begin_so_come_first(shop):
    for number in range(9):
        Campaign.objects.create(site=shop, key=f"a{number}", name=f"A{number} for a kettle")

    assert find(shop, "kettle")["Campaigns"][0] == "Kettles in autumn"
    assert len(find(shop, "kettle")["Campaigns"]) == search.EACH


def test_what_another_site_has_is_not_found(shop):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")

    assert find(other, "kettle") == {}


def test_visitors_are_found_by_what_the_site_calls_them(shop):
    anonymous, person = visitor_of(shop.salt, "anonymous-1"), visitor_of_user(shop.salt, "ada@example.com")
    for number in (anonymous, person):
        Visitor.objects.create(
            site=shop, id=number, first_seen_at="2026-01-01T00:00Z", last_seen_at="2026-01-01T00:00Z"
        )

    for text, number in {
        "anonymous-1": anonymous,
        "ada@example.com": person,
        anonymous[:10]: anonymous,
        anonymous: anonymous,
    }.items():
        (group,) = [
            group for group in search.find(factories.make_user("viewer"), shop, text) if group.kind == "Visitors"
        ]
        assert [found.link for found in group.found] == [f"/visitors/{number}/"]


def test_nobody_finds_what_they_may_not_see(shop, django_user_model):
    assert find(shop, "token", "administrator")["Pages"] == ["API and tokens"]
    assert "Pages" not in find(shop, "tokens", "viewer")

    nina = django_user_model.objects.create_user("nina", password="x", is_staff=True)
    assert [group.kind for group in search.find(nina, shop, "kettle")] == ["Help"]


def test_pages_and_help_are_found(shop):
    assert find(shop, "goals")["Pages"] == ["Goals"]
    help_ = next(group for group in search.find(factories.make_user("viewer"), shop, "goals") if group.kind == "Help")
    assert ("Goals", "The pages", "/help/pages/#goals") in help_.found
    assert len(find(shop, "")["Pages"]) > 5  # nothing typed: where one can go


@pytest.mark.parametrize("text", ["%", "_", "'; --", "\0", "a" * 5000, "  ", "ä ß", "0000", "<b>"])
def test_odd_texts_are_searched_like_any_other(client, shop, text):
    client.force_login(factories.make_user("administrator"))

    for headers in ({}, {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "search-found"}):
        answer = client.get("/search/", {"q": text}, **headers)
        assert answer.status_code == 200
        assert "<b>" not in answer.content.decode()
    assert "Campaigns" not in find(shop, "%") and "Campaigns" not in find(shop, "_")


def test_the_page_works_without_scripts_and_the_dialog_gets_options(client, shop):
    client.force_login(factories.make_user("viewer"))

    page = client.get("/search/?q=kettles").content.decode()
    options = client.get("/search/?q=kettles", HTTP_HX_REQUEST="true").content.decode()

    assert '<a href="/campaigns/c/kettles/">Kettles in autumn</a>' in page
    assert re.search(r'<a role="option" id="found-1-1" href="/campaigns/c/kettles/" tabindex="-1"', options)
    assert "Nothing is called “nothing whatsoever zz”" in text_of(client.get("/search/?q=nothing+whatsoever+zz"))
