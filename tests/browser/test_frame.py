"""What stands around every page, in a browser: the site menu, the skip link, the navigation of a phone."""

import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from campaigns.models import Campaign, Placement
from tests import factories
from tests.browser.accessible import faults

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}


@pytest.fixture(autouse=True, scope="module")
def _playwright_runs_a_loop():
    """Playwright keeps an event loop in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def two(transactional_db, valkey_server):
    return [factories.make_site(), factories.make_site(name="Other", domain="other.example", write_key="wk_other")]


@pytest.fixture
def enter(live_server, client):
    """Logs somebody in, and opens an address."""

    def open_page(page, address: str = "/settings/", role: str = "administrator"):
        client.force_login(factories.make_user(role))
        name = settings.SESSION_COOKIE_NAME
        page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page.route(re.compile(r"/v1/stream"), lambda route: route.abort())  # this test server cannot stream
        page.goto(live_server.url + address)
        return page

    return open_page


def test_arrow_keys_in_the_site_menu_do_not_navigate_and_enter_does(page, two, enter):
    enter(page)
    before = page.url
    menu = page.get_by_label("Site: Shop")
    menu.focus()
    for key in ("ArrowDown", "ArrowUp", "Enter", "ArrowDown", "Escape"):
        page.keyboard.press(key)

    assert page.url == before
    expect(menu).to_be_focused()
    expect(page.get_by_role("button", name="Other")).to_be_hidden()

    page.keyboard.press("Enter")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/site/{two[1].pk}/")


def test_the_site_is_chosen_without_scripts(browser, two, enter):
    with browser.new_context(java_script_enabled=False) as context:
        page = enter(context.new_page())
        page.get_by_label("Site: Shop").click()
        page.get_by_role("button", name="Other").click()
        page.wait_for_url(f"**/site/{two[1].pk}/")


@pytest.mark.parametrize("sites", [1, 2])
def test_on_a_phone_help_stands_beside_publish_whatever_waits_to_be_published(browser, two, enter, sites):
    if sites == 1:
        two[1].delete()
    for number in range(12):
        Placement.objects.create(site=two[0], key=f"spot-{number}", name=f"Spot {number}")
    with browser.new_context(viewport=PHONE) as context:
        page = enter(context.new_page(), "/campaigns/")
        help_link, publish = page.get_by_role("link", name="Help"), page.locator("#publish-link")
        expect(publish).to_contain_text("12")

        heights = [link.bounding_box()["y"] for link in (help_link.first, publish)]
        assert abs(heights[0] - heights[1]) < 12


def test_the_skip_link_leads_past_the_navigation(page, two, enter):
    enter(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    expect(page.get_by_role("main").get_by_role("link").first).to_be_focused()


def test_every_stop_of_the_shell_has_a_name(page, two, enter):
    enter(page)
    nameless = page.evaluate("""() => [...document.querySelectorAll("a, button, summary, input, [tabindex='0']")]
        .filter((stop) => stop.checkVisibility() && !(stop.innerText || stop.ariaLabel || stop.labels?.length || stop.querySelector("img[alt]")))
        .map((stop) => stop.outerHTML.slice(0, 120))""")

    assert nameless == []
    assert page.get_by_label("scrollable content").count() == 0


def test_escape_closes_the_navigation_of_a_phone_and_gives_the_focus_back(browser, two, enter):
    with browser.new_context(viewport=PHONE) as context:
        page = enter(context.new_page())
        opener = page.get_by_role("button", name="Open the navigation")
        opener.click()
        segments = page.get_by_role("link", name="Segments")
        segments.wait_for()
        page.keyboard.press("Escape")

        expect(segments).to_be_hidden()
        expect(opener).to_be_focused()


def test_the_name_of_the_site_is_whole_on_a_phone(browser, two, enter):
    two[0].name = "Fernhill (demo shop)"
    two[0].save()
    with browser.new_context(viewport=PHONE) as context:
        page = enter(context.new_page(), f"/site/{two[0].pk}/settings/")
        name = page.locator(".s-site summary > span").first

        assert name.inner_text() == "Fernhill (demo shop)"
        assert name.evaluate("element => element.scrollWidth <= element.clientWidth + 1")


def test_search_opens_by_its_keys_and_goes_where_arrow_keys_choose(page, two, enter):
    Campaign.objects.create(site=two[0], key="zephyr", name="Zephyr")
    Campaign.objects.create(site=two[0], key="zephyr-two", name="Zephyr, second week")
    enter(page)
    page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Search everything")
    expect(box).to_be_focused()
    expect(page.get_by_role("option", name="Home")).to_be_visible()  # nothing typed: the pages
    page.keyboard.type("zephyr")  # which no page of the help says
    second = page.get_by_role("option", name="Zephyr, second week")
    second.wait_for()
    page.keyboard.press("ArrowDown")

    expect(box).to_have_attribute("aria-activedescendant", second.get_attribute("id"))
    expect(second).to_have_attribute("aria-selected", "true")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(1)
    expect(page.get_by_role("status").filter(has_text="2 found")).to_have_count(1)
    assert faults(page) == []

    page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    page.keyboard.press("Control+k")
    box.fill("second week")
    page.keyboard.press("Enter")  # before the answer is there
    page.wait_for_url("**/campaigns/c/zephyr-two/")


def test_search_is_a_page_without_scripts(browser, two, enter):
    Campaign.objects.create(site=two[0], key="autumn", name="Autumn")
    with browser.new_context(java_script_enabled=False) as context:
        page = enter(context.new_page())
        page.get_by_role("link", name="Search").click()
        page.get_by_role("searchbox", name="Search everything").fill("autumn")
        page.keyboard.press("Enter")
        page.get_by_role("main").get_by_role("link", name="Autumn").click()
        page.wait_for_url("**/campaigns/c/autumn/")
