"""The tables behind the pages are of the chosen site, as the pages are."""

import pytest

from campaigns.models import AdVariant, Campaign, Placement, Rule
from tests import factories


@pytest.fixture
def two(client, site):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    for each in (site, other):
        variant = AdVariant.objects.create(site=each, key="sale", name=f"Sale of {each}")
        spot = Placement.objects.create(site=each, key="hero", name=f"Hero of {each}")
        campaign = Campaign.objects.create(site=each, key="autumn", name=f"Autumn of {each}")
        Rule.objects.create(campaign=campaign, placement=spot, name=f"Rule of {each}", variant=variant)
    client.force_login(factories.make_user("administrator"))
    return [site, other]


@pytest.mark.parametrize(("table", "name"), [("placement", "Hero"), ("rule", "Rule"), ("campaign", "Autumn")])
def test_a_list_holds_the_rows_of_the_chosen_site(client, two, table, name):
    pages = [client.get(f"/site/{site.pk}/admin/campaigns/{table}/").content.decode() for site in two]

    assert [f"{name} of Shop" in page for page in pages] == [True, False]
    assert [f"{name} of Other" in page for page in pages] == [False, True]


def test_where_the_address_names_no_site_it_is_the_one_chosen_last(client, two):
    client.post("/choose-site", {"site": two[1].pk})

    assert [row.name for row in client.get("/admin/campaigns/placement/").context["cl"].result_list] == [
        "Hero of Other"
    ]


def test_what_is_offered_for_choice_is_of_the_site(client, two):
    asked = {"term": "Sale", "app_label": "campaigns", "model_name": "placement", "field_name": "default_variant"}

    offered = client.get(f"/site/{two[1].pk}/admin/autocomplete/", asked).json()["results"]

    assert [each["text"] for each in offered] == ["Sale of Other"]


def test_a_new_row_begins_with_the_site(client, two):
    page = client.get(f"/site/{two[1].pk}/admin/campaigns/placement/add/")

    assert page.context["adminform"].form.initial["site"] == two[1].pk


def test_one_row_opens_whatever_site_is_chosen(client, two):
    row = Placement.objects.get(site=two[1])

    assert client.get(f"/site/{two[0].pk}/admin/campaigns/placement/{row.pk}/change/").status_code == 200


def test_one_site_alone_keeps_its_column(client, two):
    two[1].delete()

    assert "site" in client.get("/admin/campaigns/placement/").context["cl"].list_display
