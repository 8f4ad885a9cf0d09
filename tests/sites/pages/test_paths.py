"""Two tabs on two sites: a page, its buttons and what it fetches stay with the site that it showed."""

import re

import pytest
from django.test import Client
from django.urls import get_script_prefix, reverse

from campaigns.models import AdVariant, Campaign, Placement, Release, Rule
from segments.models import Segment
from sites.pages.paths import addresses_of
from tests import factories

ADDRESS = re.compile(r'(?:href|action|hx-get|hx-post|data-move|data-visitor|data-login)="([^"]*)"')
# Of the installation, not of one site's pages.
SHARED = ("/static/", "/health/", "/v1/", "http://", "#", "?")
PAGES = [
    "", "visitors/", "segments/", "segments/new/", "segments/s/rich/", "segments/clusters/", "campaigns/",
    "campaigns/new/", "campaigns/c/autumn/",
    "campaigns/c/autumn/rules/new/", "campaigns/rules/{rule}/", "campaigns/variants/new/", "campaigns/variants/sale/",
    "campaigns/releases/", "install/",
    "admin/campaigns/placement/", "nothing/",
]  # fmt: skip


def drafts_of(site) -> None:
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline=f"Sale at {site.domain}")
    placement = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    campaign = Campaign.objects.create(site=site, key="autumn", name=f"Autumn at {site.name}", status="live")
    Rule.objects.create(campaign=campaign, placement=placement, name=f"Rule of {site.name}", variant=variant)
    Segment.objects.create(site=site, key="rich", name="Rich", condition={"feature.cart_value": {"$gt": 5000}})


@pytest.fixture
def two(db, valkey_server):
    sites = [factories.make_site(), factories.make_site(name="Other", domain="other.example", write_key="wk_other")]
    for site in sites:
        drafts_of(site)
    return sites


@pytest.fixture
def tabs(two):
    """Two tabs of one browser."""
    browser = Client()
    browser.force_login(factories.make_user("administrator"))
    return browser


def form_of(answer, button: str) -> tuple[str, dict[str, str]]:
    """Where the form of a button leads, and what its hidden fields say."""
    page = answer.content.decode()
    form = next(
        found
        for found in re.findall(r"<form.*?</form>", page, re.DOTALL)
        if re.search(rf"<button[^>]*>{button}", found)
    )
    action = re.search(r' action="([^"]*)"', form)
    return (action[1] if action else "") or answer.wsgi_request.path, dict(
        re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form)
    )


def press(browser, answer, button: str, **fields):
    address, hidden = form_of(answer, button)
    return browser.post(address, hidden | fields)


def choose(browser, site):
    return browser.post("/choose-site", {"site": site.pk})


def test_publish_acts_on_the_site_that_the_page_showed(tabs, two):
    """R06: in another tab, somebody chose the other site."""
    first, second = two
    page = tabs.get(f"/campaigns/releases/?site={first.pk}", follow=True)
    choose(tabs, second)

    answer = press(tabs, page, "Publish", take=re.findall(r'name="take" value="([^"]*)"', page.content.decode()))

    assert Release.objects.get().site == first
    assert answer.url == f"/site/{first.pk}/campaigns/releases/1/"
    assert tabs.get(answer.url).context["release"].site == first


def test_a_new_campaign_is_stored_in_the_site_that_the_form_was_opened_in(tabs, two):
    """R06."""
    first, second = two
    link = re.search(r'href="([^"]*)">New campaign', tabs.get(f"/site/{first.pk}/campaigns/").content.decode())[1]
    choose(tabs, second)
    page = tabs.get(link)
    choose(tabs, second)

    answer = press(tabs, page, "Save draft", name="Winter", event="Order Completed", finish="draft", whom="everybody")

    assert Campaign.objects.get(name="Winter").site == first
    assert answer.url == f"/site/{first.pk}/campaigns/c/winter/"


def test_archive_acts_on_the_campaign_of_the_page_not_on_one_of_the_same_key(tabs, two):
    """R06."""
    first, second = two
    page = tabs.get(f"/site/{first.pk}/campaigns/")
    choose(tabs, second)

    press(tabs, page, "Pause in the draft", campaign="autumn", status="archived")

    assert dict(Campaign.objects.values_list("site", "status")) == {first.pk: "archived", second.pk: "live"}


def test_a_link_that_names_a_site_chooses_nothing(tabs, two):
    """C6: any link may say `?site=2`; it opens that site's page, and changes no other."""
    first, second = two
    choose(tabs, first)

    opened = tabs.get(f"/?site={second.pk}", follow=True)

    assert opened.context["site"] == second
    assert tabs.get("/", follow=True).context["site"] == first
    assert tabs.get(f"/site/{first.pk}/?site={second.pk}&days=7").url == f"/site/{second.pk}/?days=7"


def test_a_site_is_chosen_by_a_form_alone(tabs, two):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(factories.make_user("viewer"))

    assert choose(strict, two[1]).status_code == 403
    assert tabs.get(f"/choose-site?site={two[1].pk}").status_code == 405
    assert choose(tabs, two[1]).url == f"/site/{two[1].pk}/"
    for nonsense in ("", "0", "99999", "1e3", "9" * 30):
        assert tabs.post("/choose-site", {"site": nonsense}).status_code == 404


def test_what_a_page_fetches_is_of_its_site(tabs, two):
    """R06: a poll must not bring the figures of the site that was chosen in another tab."""
    first, second = two
    choose(tabs, second)

    rules = tabs.get(f"/site/{first.pk}/campaigns/", HTTP_HX_REQUEST="true", HTTP_HX_TARGET="rules").content.decode()

    assert "Rule of Shop" in rules
    assert "Rule of Other" not in rules


@pytest.mark.parametrize("page", PAGES)
def test_every_link_form_and_fetch_of_a_page_stays_with_its_site(tabs, two, page):
    """R06, for every page: nothing on it leads to whatever site is chosen."""
    rule = Rule.objects.get(campaign__site=two[1])
    choose(tabs, two[0])
    answer = tabs.get(f"/site/{two[1].pk}/{page.format(rule=rule.pk)}")

    leads = [
        address for address in ADDRESS.findall(answer.content.decode()) if address and not address.startswith(SHARED)
    ]

    assert len(leads) > 10
    assert [address for address in leads if not address.startswith(f"/site/{two[1].pk}/")] == []


def test_a_page_has_the_address_of_its_site_where_there_are_several(tabs, two):
    assert tabs.get("/visitors/?text=%C3%A4&page=2").url == f"/site/{two[0].pk}/visitors/?text=%C3%A4&page=2"
    two[1].delete()
    assert tabs.get("/visitors/").status_code == 200


def test_a_page_of_a_site_that_is_gone_leads_on_to_one_that_is_there(tabs, two):
    answer = tabs.get("/site/99999/campaigns/")

    assert answer.status_code == 404
    assert f'href="/site/{two[0].pk}/campaigns/"' in answer.content.decode()


def test_a_form_that_waits_for_the_login_keeps_its_site(tabs, two):
    tabs.get("/admin/password_change/")  # whoever was logged in here is remembered
    tabs.post("/admin/logout/")
    tabs.post(f"/site/{two[1].pk}/segments/new/", {"name": "Kept", "condition-mode": "rows"})
    tabs.force_login(factories.make_user("editor"))

    press(tabs, tabs.get("/unsent/"), "Send it again", name="Kept", **{"condition-mode": "rows"})

    assert Segment.objects.get(name="Kept").site == two[1]


def test_addresses_follow_one_site_at_a_time():
    with addresses_of(1), addresses_of(2):
        assert reverse("campaigns") == "/site/2/campaigns/"
    assert get_script_prefix() == "/"
