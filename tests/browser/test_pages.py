"""Every page in a browser: no serious fault for axe, wide and narrow, light and dark; what matters works by keyboard
alone.

SEGUE_SCREENSHOTS names a folder that gets a picture of each.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from playwright.sync_api import expect
from redis import Redis

from campaigns.coupons.tables import Coupon
from campaigns.models import Campaign, ExclusionGroup, Goal, Release, Rule, Treatment
from personalization.models import PolicyEvaluation
from personalization.people import link_for
from recommendations.models import Item
from segments.audience import measure
from segments.models import ModelVersion, Segment
from sites.models import Site
from sites.pseudonyms import visitor_of
from tests import factories, shop_week
from tests.browser.accessible import CONTRAST, REPEATED, SHELL, faults
from tests.browser.complaints import breaks_policy, complaints_of
from tests.browser.marketer import QUIET
from tests.kept_rows import KeptRows

pytestmark = pytest.mark.browser
SCREENSHOTS = os.environ.get("SEGUE_SCREENSHOTS", "")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 900}


@pytest.fixture(autouse=True, scope="module")
def _playwright_runs_a_loop():
    """Playwright keeps an event loop in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="module")
def week(django_db_setup, django_db_blocker, valkey_server):
    """A shop made once for all tests of this file, and what both stores held then."""
    with django_db_blocker.unblock(), Redis.from_url(settings.REDIS_URL) as redis:
        site = factories.make_site()
        shop_week.fill(site, factories.make_user("administrator"), datetime.now(UTC))
        yield site, KeptRows(redis)
        django_db_setup.put_back()
        connection.close()  # it is another one than pytest-django's, which knows none beside Playwright's loop


@pytest.fixture
def transactional_db(week, redis_client):
    """In place of pytest-django's, which empties all tables after each test: what the server has committed meanwhile is
    put back as it was."""
    week[1].put_back(redis_client)


@pytest.fixture
def shop(week, transactional_db):
    return Site.objects.get(pk=week[0].pk)


def addresses(site) -> dict[str, str]:
    visitor = visitor_of(site.salt, "anonymous-0")
    return {
        "home": "/",
        "visitors": "/visitors/",
        "nobody": "/visitors/?text=nobody",
        "visitor": f"/visitors/{visitor}/",
        "feature-events": f"/visitors/{visitor}/features/pages_total/",
        "segments": "/segments/",
        "segment": "/segments/s/high-intent-product-viewer/",
        "segment-json": "/segments/s/engaged/",
        "segment-new": "/segments/new/",
        "clusters": "/segments/clusters/",
        "campaigns": "/campaigns/",
        "campaign": "/campaigns/c/autumn/",
        "campaign-audience": "/campaigns/c/autumn/audience/",
        "campaign-content": "/campaigns/c/autumn/content/?device=mobile",
        "campaign-traffic": "/campaigns/c/autumn/traffic/",
        "campaign-history": "/campaigns/c/autumn/history/",
        "rule-new": "/campaigns/c/autumn/rules/new/",
        "variant": "/campaigns/variants/coupon/",
        "creatives": "/creatives/",
        "theme": "/creatives/theme/",
        "pictures": "/creatives/pictures/",
        "coupons": "/coupons/",
        "coupon": f"/coupons/{Coupon.objects.get(key='save10').pk}/",
        "coupon-letter": f"/coupons/{Coupon.objects.get(key='letter').pk}/",
        "coupon-new": "/coupons/new/",
        "past-traffic": "/past-traffic/",
        "try-policy": f"/past-traffic/of/{Treatment.objects.get(key='words').pk}/",
        "policy-evaluation": f"/past-traffic/{PolicyEvaluation.objects.get().pk}/",
        "experiments": "/experiments/",
        "experiment": f"/experiments/{Treatment.objects.get(key='hero-words').pk}/",
        "experiment-setup": f"/experiments/{Treatment.objects.get(key='hero-words').pk}/setup/",
        "experiment-metrics": f"/experiments/{Treatment.objects.get(key='hero-words').pk}/metrics/",
        "experiment-decide": f"/experiments/{Treatment.objects.get(key='hero-words').pk}/decide/",
        "experiment-history": f"/experiments/{Treatment.objects.get(key='hero-words').pk}/history/",
        "experiment-empty": f"/experiments/{Treatment.objects.get(key='words').pk}/",
        "bandit": f"/bandits/{Treatment.objects.get(kind='bandit').pk}/",
        "bandit-setup": f"/bandits/{Treatment.objects.get(kind='bandit').pk}/setup/",
        "bandit-new": "/bandits/new/",
        "set-by-hand": f"/treatments/{Treatment.objects.get(kind='bandit').pk}/visitors/",
        "holdouts": "/campaigns/holdouts/",
        "campaign-holdout": "/campaigns/c/autumn/holdout/",
        "exclusion-group": f"/campaigns/groups/{ExclusionGroup.objects.get().pk}/",
        "campaign-new": "/campaigns/new/",
        "goals": "/campaigns/goals/",
        "goal": "/campaigns/goals/g/large-orders/",
        "goal-new": "/campaigns/goals/new/",
        "releases": "/campaigns/releases/",
        "release": "/campaigns/releases/2/",
        "roll-back": "/campaigns/releases/1/roll-back/",
        "results": "/results/",
        "results-by-creative": "/results/?by=creative",
        "result": f"/results/campaign/{Campaign.objects.get(key='autumn').pk}/",
        "rule": f"/campaigns/rules/{Rule.objects.order_by('id').first().pk}/",
        "funnels": "/funnels/",
        "funnel": "/funnels/?did-0-event=Product+Viewed&did-1-event=Product+Added&did-2-event=Order+Completed",
        "live": "/live/",
        "catalogue": "/catalogue/",
        "item": f"/catalogue/{Item.objects.first().pk}/",
        "items-import": "/catalogue/import/",
        "placements": "/placements/",
        "placement": "/placements/p/home-hero/",
        "install": "/install/",
        "visitors-of-segment": "/visitors/?segment=engaged",
        "settings": "/settings/",
        "search": "/search/?q=banner",
        "help": "/help/",
        "help-page": "/help/conditions/",
        "tables": "/settings/tables/",
        "sites": "/settings/sites/",
        "site": f"/settings/sites/{site.pk}/",
        "site-new": "/settings/sites/new/",
        "people": "/settings/people/",
        "tokens": "/settings/tokens/",
        "health": "/settings/health/",
        "changes": "/settings/changes/",
        "api-reference": "/api/docs/",
        "admin-list": "/admin/campaigns/placement/",
        "admin-form": f"/admin/sites/site/{site.pk}/change/",
        "admin-read-only": f"/admin/segments/modelversion/{ModelVersion.objects.get().pk}/change/",
        "person": f"/settings/people/{User.objects.first().pk}/",
        "person-new": "/settings/people/new/",
        "admin-user": f"/admin/auth/user/{User.objects.first().pk}/change/",
        "token-new": "/settings/tokens/new/",
        "nothing": "/nothing/",
        "account": "/account/",
    }


def log_in(page, live_server, client, user) -> None:
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    page.route(re.compile(r"/v1/stream"), lambda route: route.abort())  # this test server cannot stream


SMUGGLED = (
    "const script = document.createElement('script'); script.textContent = 'window.smuggled = true';"
    " document.body.append(script)"
)
PARTS = 6  # of all pages, a test each


@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_serious_fault_or_runs_what_is_smuggled_into_it(browser, live_server, client, shop, part):
    """Security finding C2: nothing of a page breaks its content security policy, and that stops what stands in it."""
    wrong: dict[str, list[str]] = {}
    ran = {}
    with browser.new_context(viewport=WIDE, reduced_motion="reduce") as context:
        page = context.new_page()
        broken = complaints_of(page, breaks_policy)
        log_in(page, live_server, client, factories.make_user("administrator"))
        for name, address in list(addresses(shop).items())[part::PARTS]:
            answer = page.goto(live_server.url + address)
            assert answer.status == (404 if name == "nothing" else 200), name
            page.wait_for_function(QUIET)
            honest, broken[:] = broken[:], []
            look(page, name, wrong)
            broken.clear()
            page.evaluate(SMUGGLED)
            ran[name] = (honest, page.evaluate("window.smuggled"), len(broken))
            broken.clear()

    assert wrong == {}
    assert ran == dict.fromkeys(ran, ([], None, 1))


def test_the_pages_before_a_log_in_have_no_serious_fault(browser, live_server, shop):
    wrong: dict[str, list[str]] = {}
    with browser.new_context(viewport=WIDE, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/login/")
        look(page, "login", wrong)
        page.goto(live_server.url + link_for(factories.make_user("editor")))
        look(page, "choose-password", wrong)

    assert wrong == {}


def test_no_page_that_tells_of_a_change_has_a_serious_fault(browser, live_server, client, shop):
    """R06, R11, R23: two people and two sites."""
    other = factories.make_site(name="The other shop", domain="other.example", write_key="wk_other")
    wrong: dict[str, list[str]] = {}
    with browser.new_context(viewport=WIDE, reduced_motion="reduce") as context:
        page = context.new_page()
        log_in(page, live_server, client, factories.make_user("administrator"))
        Rule.objects.filter(name="Mobile visitors").update(priority=5)
        page.goto(f"{live_server.url}/site/{shop.pk}/campaigns/releases/")
        Rule.objects.filter(name="Mobile visitors").update(priority=6)
        page.locator("input[name=take]").first.check()
        page.get_by_role("button", name="Publish what is ticked").click()
        page.get_by_text("changed since you looked.").wait_for()
        look(page, "publish-outdated", wrong)
        page.goto(f"{live_server.url}/site/{shop.pk}/campaigns/releases/1/roll-back/")
        Release.objects.filter(status="live").update(number=7)
        page.get_by_role("button", name="Roll back to release 1").click()
        page.get_by_text("Visitors have been seeing release 7 since you looked.").wait_for()
        look(page, "roll-back-outdated", wrong)
        page.goto(f"{live_server.url}/site/{shop.pk}/campaigns/")
        Campaign.objects.get(key="winter").save()
        page.get_by_label("Winter", exact=True).check()
        page.get_by_role("button", name="Archive", exact=True).click()
        page.get_by_text("“Winter” changed meanwhile. Nothing was done with it").wait_for()
        look(page, "archive-outdated", wrong)
        page.goto(f"{live_server.url}/site/{other.pk}/admin/sites/site/{other.pk}/change/")
        Site.objects.filter(pk=other.pk).update(domain="colleague.example", internal_hosts=["help.example"])
        page.locator("#id_name").fill("Another name")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("Stored now: colleague.example.").wait_for()
        look(page, "admin-outdated", wrong)

    assert wrong == {}


# The shell's pages ask for the scheme when they are loaded, and are dark by this class. No colour may be on its way to
# another while it is looked at.
COLOURS = """dark => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("* { transition: none !important }");
  document.adoptedStyleSheets = [sheet];
  document.documentElement.classList.toggle("dark", dark);
}"""


WITH_SHELL = {"home", "admin-list"}


def look(page, name: str, wrong: dict[str, list[str]]) -> None:
    """Wide and narrow, in both colour schemes: a page changes between them while it is open."""
    page.wait_for_function(QUIET)
    but = REPEATED if name in WITH_SHELL else [*REPEATED, *SHELL]
    found = {
        "light": _seen(page, f"{name}-wide-light", {}, but),
        "dark": _seen(page, f"{name}-wide-dark", {"runOnly": [CONTRAST]}, but, is_dark=True),
    }
    page.set_viewport_size(NARROW)
    found["narrow"] = _seen(page, f"{name}-narrow-light", {"rules": {CONTRAST: {"enabled": False}}}, but)
    if SCREENSHOTS:
        _seen(page, f"{name}-narrow-dark", {"runOnly": [CONTRAST]}, but, is_dark=True)
    page.set_viewport_size(WIDE)
    wrong.update({f"{name}, {form}": told for form, told in found.items() if told})


def _seen(page, name: str, rules: dict[str, Any], but: list[str], *, is_dark: bool = False) -> list[str]:
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    page.evaluate(COLOURS, is_dark)
    picture(page, name)
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return faults(page, rules, but) + ([f"the page scrolls sideways by {overflow} px"] if overflow > 1 else [])


def picture(page, name: str) -> None:
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def at_campaigns(page, live_server, client, shop):
    log_in(page, live_server, client, factories.make_user("publisher"))
    page.goto(f"{live_server.url}/campaigns/")
    return page


def order(page) -> list[str]:
    return page.locator(".s-rule .s-strong[href]").all_inner_texts()


def tab_to(page, selector: str) -> None:
    """Only Tab, as somebody without a pointer goes."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def test_rules_are_reordered_and_published_by_keyboard_alone(at_campaigns):
    page, rule = at_campaigns, Rule.objects.get(name="Related product for the undecided")
    tab_to(page, f"#down-{rule.pk}")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    with page.expect_response(lambda answer: "/campaigns/?" in answer.url or answer.url.endswith("/campaigns/")):
        page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.s-rule .s-strong').textContent !== 'Related product for the undecided'"
    )

    assert order(page)[:2] == ["Banner of the category", "Related product for the undecided"]
    assert page.evaluate("document.activeElement.id") == f"down-{rule.pk}"
    assert page.locator("#rules-said").inner_text() == "Now in place 2."
    assert outline == "2px"

    page.goto(page.url.replace("/campaigns/", "/campaigns/releases/"))
    tab_to(page, "button.s-button.primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/campaigns/releases/3/")

    assert Release.objects.get(number=3).status == "live"


def test_a_rule_is_dragged_to_another_place(at_campaigns):
    page = at_campaigns
    page.set_viewport_size({"width": 1440, "height": 2000})  # a mouse reaches only what is seen
    source = page.locator(".s-rule", has_text="Mobile visitors").locator(".s-handle").bounding_box()
    target = page.locator(".s-rule").first.bounding_box()
    page.mouse.move(source["x"] + 5, source["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 20, target["y"] + 40, steps=8)
    page.mouse.move(target["x"] + 20, target["y"] + 4, steps=4)
    with page.expect_response("**/move"):
        page.mouse.up()
    page.wait_for_function(QUIET)

    assert order(page)[0] == "Mobile visitors"
    assert Rule.objects.order_by("-priority").first().name == "Mobile visitors"


def test_a_search_keeps_every_letter_while_results_arrive(at_campaigns):
    page = at_campaigns
    page.get_by_label("Find a rule").press_sequentially(
        "mobile vis", delay=70
    )  # results of the first letters arrive meanwhile
    page.wait_for_function("document.querySelectorAll('.s-rule').length === 1")
    page.get_by_label("Find", exact=True).press_sequentially("autu", delay=150)
    page.wait_for_function("document.querySelectorAll('#campaigns tbody tr').length === 1")
    page.wait_for_url(re.compile("text=autu(&|$)"))  # fewer letters may find the same

    assert order(page) == ["Mobile visitors"]
    assert page.get_by_label("Find a rule").input_value() == "mobile vis"
    assert page.get_by_label("Find", exact=True).input_value() == "autu"


DEAD = "[...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.outerHTML)"


def test_a_picture_that_cannot_be_fetched_leaves_its_first_letter(page, live_server, client, shop):
    Item.objects.update(image_url="/media/gone.jpg")
    log_in(page, live_server, client, factories.make_user("administrator"))
    page.route(re.compile("gone.jpg"), lambda route: route.fulfill(status=404))
    for name in ("catalogue", "item", "visitor"):
        page.goto(live_server.url + addresses(shop)[name])
        page.wait_for_function(QUIET)
        letters = page.locator("main span.s-item-picture, main span.s-thumb")
        expect(letters.first).to_be_visible()

        assert page.evaluate(DEAD) == []
        assert letters.first.bounding_box()["width"] >= 28


def choose_attribute(page, number: int, title: str) -> None:
    page.locator(f"#row-{number}-attribute[role=combobox]").fill(title)
    page.locator("li[role=option]:visible").first.click()
    expect(page.get_by_label(f"Comparison, row {number}")).to_be_focused()


def test_a_condition_is_built_and_a_variant_previewed_while_typing(page, live_server, client, shop):
    log_in(page, live_server, client, factories.make_user("editor"))
    page.goto(f"{live_server.url}/segments/new/")
    page.get_by_role("button", name="Add a row").click()
    choose_attribute(page, 1, "Events ever")
    page.get_by_label("Value, row 1").fill("1")
    page.get_by_label("Value, row 1").press("Tab")
    page.wait_for_function("document.getElementById('estimate').textContent.includes('60 of 60')")
    page.get_by_role("button", name="Add a group").click()
    page.wait_for_function("document.activeElement.id === 'row-2-attribute'")
    page.get_by_label("Group 2").select_option("none")
    choose_attribute(page, 2, "Events ever")
    page.get_by_label("Value, row 2").fill("1")
    page.get_by_label("Value, row 2").press("Tab")
    page.wait_for_function("document.getElementById('estimate').textContent.includes('Nobody can ever fit')")
    page.get_by_role("button", name="Remove row 2").click()
    page.wait_for_function("document.getElementById('estimate').textContent.includes('60 of 60')")

    assert page.evaluate("document.activeElement.matches('#condition .s-button')")

    page.goto(f"{live_server.url}/campaigns/variants/coupon/")
    page.get_by_label("Headline").fill("Only today: {discount} off")

    page.frame_locator("iframe.phone").get_by_text("Only today: 10% off").wait_for()
    assert page.frame_locator("iframe.phone").locator("script").count() == 0


@pytest.mark.parametrize("scripts", [True, False])
def test_a_goal_is_made_with_a_condition_in_rows(browser, live_server, client, shop, scripts):
    with browser.new_context(java_script_enabled=scripts) as context:
        page = context.new_page()
        log_in(page, live_server, client, factories.make_user("editor"))
        page.goto(f"{live_server.url}/campaigns/goals/new/")
        page.get_by_label("Name").fill("Pro plans")
        page.get_by_label("The event that counts").fill("Plan Chosen")
        page.get_by_role("button", name="Add a row").click()
        page.get_by_label("Property, row 1").fill("plan")
        page.get_by_label("Value, row 1").fill("pro")
        page.get_by_role("button", name="Save draft").last.click()
        page.get_by_text("“Pro plans” is saved.").wait_for()

    assert Goal.objects.get(key="pro-plans").condition == {"plan": "pro"}


def test_two_searches_of_one_page_keep_each_other(at_campaigns):
    """R29: what is chosen in one stays when the other changes, in the address and in what is shown."""
    page = at_campaigns
    placement = page.locator("#rules-placement option").nth(1).get_attribute("value")
    page.locator("#rules-placement").select_option(placement)
    page.wait_for_url(f"**placement={placement}*")
    page.locator("#campaigns-status").select_option("live")
    page.wait_for_url("**status=live*")

    assert f"placement={placement}" in page.url
    page.reload()
    assert page.locator("#rules-placement").input_value() == placement
    assert page.locator("#campaigns-status").input_value() == "live"


def test_two_tabs_on_two_sites_keep_to_theirs(page, live_server, client, shop):
    """R06: the other site is chosen in the other tab; this one publishes what it shows, and goes on with its site."""
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    log_in(page, live_server, client, factories.make_user("publisher"))
    Rule.objects.filter(name="Mobile visitors").update(priority=5)
    page.goto(f"{live_server.url}/campaigns/releases/?site={shop.pk}")
    with page.context.expect_page() as opened:
        page.evaluate("open('/')")
    second = opened.value
    second.get_by_label("Site: Shop").click()
    second.get_by_role("button", name="Other").click()
    second.wait_for_url(f"**/site/{other.pk}/")
    for box in page.locator("input[name=take]:enabled").all():
        box.check()
    page.get_by_role("button", name="Publish what is ticked").click()
    page.get_by_text("Visitors see it since").wait_for()
    page.get_by_role("link", name="All campaigns").first.click()
    page.get_by_role("link", name="Related product for the undecided").wait_for()

    assert Release.objects.latest("id").site == shop
    assert page.url == f"{live_server.url}/site/{shop.pk}/campaigns/"
    assert page.get_by_label("Site: Shop").count() == 1
    second.reload()
    assert second.url == f"{live_server.url}/site/{other.pk}/"


def test_back_shows_whole_pages_after_parts_of_them_were_fetched(page, live_server, client, shop):
    """R18: the second page of the list was fetched as a part, by the address that stands in the history."""
    log_in(page, live_server, client, factories.make_user("viewer"))
    page.unroute_all()  # a page with routes has no cache
    page.goto(f"{live_server.url}/visitors/")
    page.get_by_role("link", name="Next").click()
    page.wait_for_url("**page=2")
    page.locator("#visitors tbody a").first.click()
    page.wait_for_url("**/visitors/*/")
    for address in ("/segments/", "/campaigns/", "/install/"):
        page.goto(live_server.url + address)
    for _ in range(4):
        page.go_back()

    assert page.url.endswith("page=2")
    expect(page.locator("#visitors")).to_contain_text("Page 2 of 2")
    assert page.get_by_role("navigation").count() > 1  # the shell
    page.go_back()
    expect(page.locator("#visitors")).to_contain_text("Page 1 of 2")
    expect(page.get_by_role("link", name="All campaigns").first).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_enter_in_a_text_field_saves_and_keeps_every_row(browser, live_server, client, shop, scripts):
    """R01."""
    before = Segment.objects.get(key="high-intent-product-viewer").condition
    with browser.new_context(java_script_enabled=scripts) as context:
        page = context.new_page()
        log_in(page, live_server, client, factories.make_user("editor"))
        page.goto(f"{live_server.url}/segments/s/high-intent-product-viewer/")
        page.locator("#id_name").fill("Renamed")
        page.locator("#id_name").press("Enter")
        page.get_by_text("“Renamed” is saved.").wait_for()

    assert Segment.objects.get(key="high-intent-product-viewer").condition == before


def test_the_estimate_follows_a_change_that_is_made_while_it_counts(page, live_server, client, shop):
    log_in(page, live_server, client, factories.make_user("editor"))
    page.goto(f"{live_server.url}/segments/new/")
    page.get_by_role("button", name="Add a row").click()
    choose_attribute(page, 1, "Events ever")
    value = page.get_by_label("Value, row 1")
    value.fill("1")
    value.press("Tab")
    page.wait_for_function("document.getElementById('estimate').textContent.includes('60 of 60')")
    held = []
    page.route("**/segments/estimate", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/segments/estimate"):
        value.fill("999")
        value.press("Tab")
    # Nobody listens for the first count any more, whenever it comes.
    with page.expect_event("requestfailed", lambda request: request == held[0].request):
        value.fill("1")
        value.press("Tab")
    page.wait_for_function("document.getElementById('estimate').textContent.includes('60 of 60')")


def test_what_is_typed_is_not_lost_by_leaving_and_not_sent_twice(page, live_server, client, shop):
    log_in(page, live_server, client, factories.make_user("editor"))
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.goto(f"{live_server.url}/campaigns/c/autumn/rules/new/")
    page.get_by_label("Name").first.fill("For the curious")
    page.get_by_role("link", name="Visitors").click()
    stayed = page.url.endswith("/rules/new/")
    with page.expect_response("**/creatives/choices*"):  # which creatives fit there
        page.get_by_role("radio", name="Top bar").check()
    page.wait_for_function("!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling')")
    page.get_by_role("radio", name="Coupon").first.check()
    page.get_by_role("button", name="Save draft").dblclick()
    page.wait_for_url("**/campaigns/c/autumn/")

    assert (asked, stayed) == (["beforeunload"], True)
    assert Rule.objects.filter(name="For the curious").count() == 1

    page.goto(f"{live_server.url}/segments/new/")
    page.get_by_label("Name").fill("Not wanted")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/segments/")

    assert asked == ["beforeunload"]
    assert not Segment.objects.filter(name="Not wanted").exists()


def test_what_fails_in_the_background_is_said_and_what_was_typed_stays(page, live_server, client, shop):
    log_in(page, live_server, client, factories.make_user("editor"))
    page.goto(f"{live_server.url}/segments/new/")
    page.get_by_label("Name").fill("Half typed")
    client.logout()
    page.get_by_role("button", name="Add a row").click()
    page.get_by_role("alert").get_by_text("You have been logged out.").wait_for()

    assert page.get_by_role("link", name="Log in in another tab").get_attribute("href") == "/admin/login/"
    assert page.get_by_label("Name").input_value() == "Half typed"

    page.route("**/segments/condition", lambda route: route.abort())
    page.get_by_role("button", name="Add a row").click()
    page.get_by_role("alert").get_by_text("The server cannot be reached.").wait_for()


def test_a_form_sent_after_the_login_ended_is_saved_after_the_next(page, live_server, client, shop):
    log_in(page, live_server, client, factories.make_user("editor"))
    page.goto(f"{live_server.url}/segments/new/")
    page.get_by_label("Name").fill("Kept")
    page.get_by_label("Key").fill("kept")
    page.get_by_label("Description").fill("Two\nlines")
    client.logout()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_label("Username").fill("edgar")
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send it again").click()
    page.wait_for_url("**/segments/s/kept/")

    assert Segment.objects.get(key="kept").description.split() == ["Two", "lines"]


def test_the_account_menu_opens_by_keyboard_and_changes_the_colours(at_campaigns):
    page = at_campaigns
    tab_to(page, "button[aria-label^=paula]")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Dark").focus()
    page.keyboard.press("Enter")

    page.wait_for_function("document.documentElement.classList.contains('dark')")


def test_the_navigation_opens_without_scripts_on_a_narrow_screen(browser, live_server, client, shop):
    with browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        log_in(page, live_server, client, factories.make_user("publisher"))
        page.goto(f"{live_server.url}/visitors/")
        segments = page.get_by_role("link", name="Segments")
        hidden = not segments.is_visible()
        page.get_by_role("link", name="Open the navigation").click()
        log_out = page.get_by_role("button", name="Log out").is_visible()
        page.get_by_role("link", name="Close the navigation").click()
        closed = not segments.is_visible()
        page.get_by_role("link", name="Open the navigation").click()
        segments.click()
        page.wait_for_url("**/segments/")  # and until its styles are there

        assert (hidden, log_out, closed) == (True, True, True)
        assert (
            page.get_by_role("button", name="Open the navigation").count() == 0
        )  # what only scripts could open is not offered


def test_pages_work_without_scripts(browser, live_server, client, shop):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        log_in(page, live_server, client, factories.make_user("publisher"))
        page.goto(f"{live_server.url}/campaigns/")
        page.get_by_role("button", name="Move Banner of the category up").click()

        assert order(page)[0] == "Banner of the category"

        page.goto(f"{live_server.url}/segments/new/")
        page.get_by_label("Name").fill("Half typed")
        page.get_by_role("button", name="Add a row").click()

        assert page.get_by_label("Attribute, row 1").is_visible()
        assert page.get_by_label("Name").input_value() == "Half typed"


def test_a_segment_is_said_with_the_keyboard_alone(browser, live_server, client, shop):
    measure(shop)
    with browser.new_context(viewport=WIDE, reduced_motion="reduce") as context:
        page = context.new_page()
        complaints = complaints_of(page)
        log_in(page, live_server, client, factories.make_user("editor"))
        page.goto(f"{live_server.url}/segments/new/")
        page.get_by_label("Name").fill("From a search engine")
        page.get_by_role("button", name="Add a row").press("Enter")
        attribute = page.get_by_role("combobox", name="Attribute, row 1")
        expect(attribute).to_be_focused()

        attribute.press_sequentially("source")
        expect(page.locator("li[role=option]:visible").first).to_contain_text("Source")
        picture(page, "picker-attributes")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Comparison, row 1")).to_be_focused()
        page.keyboard.press("Tab")
        value = page.get_by_role("combobox", name="Value, row 1")
        value.press("ArrowDown")
        expect(page.locator("li[role=option]:visible").first).to_contain_text("visitor")
        picture(page, "picker-values")
        wrong = faults(page)
        value.press_sequentially("goo")
        expect(page.locator("li[role=option]:visible").first).to_contain_text("Google")
        page.keyboard.press("Enter")
        value.press_sequentially("googel or ")
        expect(page.get_by_role("button", name="Did you mean Google")).to_be_visible()
        picture(page, "picker-hint")
        page.get_by_role("button", name="Did you mean Google").press("Enter")
        expect(page.get_by_text("Did you mean")).to_have_count(0)
        wrong += faults(page)
        page.get_by_label("Name").press("Enter")
        page.wait_for_url("**/segments/s/**")

    assert Segment.objects.get(name="From a search engine").condition == {"referral.source": "Google"}
    assert wrong == []
    assert complaints == []


def test_hours_are_painted_by_dragging_and_walked_with_arrow_keys(page, live_server, client, shop):
    Site.objects.update(time_zone="Europe/Berlin")
    log_in(page, live_server, client, factories.make_user("editor"))
    rule = Rule.objects.get(name="Mobile visitors")
    page.goto(f"{live_server.url}/campaigns/rules/{rule.pk}/")
    page.locator("#hours summary").click()
    cell = page.get_by_label
    first, last = (cell(f"{day} 9:00").bounding_box() for day in ("Monday", "Wednesday"))
    page.mouse.move(first["x"] + 5, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 5, last["y"] + 5, steps=12)
    page.mouse.up()
    cell("Wednesday 9:00").press("ArrowRight")
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.ariaLabel") == "Wednesday 10:00"
    page.locator("input[name=starts_at]").fill("2027-10-31T02:30:00")
    page.get_by_role("button", name="Save draft").last.click()
    page.get_by_text("show 02:30 twice that day").first.wait_for()
    assert cell("Wednesday 10:00").is_checked()
    wrong: dict[str, list[str]] = {}
    look(page, "hours", wrong)
    page.get_by_label("02:30 CET (01:30 UTC), after they went back").check()
    page.get_by_role("button", name="Save draft").last.click()
    page.wait_for_function("!document.getElementById('form-errors')")

    rule.refresh_from_db()
    assert rule.hours == "mon-tue 9-10, wed 9-11"
    assert rule.starts_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


SAID = {
    "$and": [
        {"$did": {"event": "Product Viewed", "where": {"category": "kitchen"}, "count": {"$gte": 3}, "in": "session"}},
        {"$did": {"event": "Order Completed", "count": {"$eq": 0}, "in": {"days": 30}}},
        {
            "$did": {
                "event": "Product Added",
                "count": {"$gte": 1},
                "then": {"event": "Order Completed"},
                "within": {"hours": 2},
                "in": "ever",
            }
        },
        {"referral.source": {"$in": ["Google", "Instagram"]}},
        {"feature.cart_value": {"$gte": 5000}},
        {"visitor.new": True},
        {"context.weekday": {"$in": [5, 6]}},
    ]
}


# Has an estimate been drawn since something was chosen in the field with this id?
ESTIMATED = """(id) => document.addEventListener("htmx:afterSettle", ({ target }) => {
  window.estimated ||= target.id === "estimate" && document.getElementById(id).value === "Product Viewed";
})"""


def test_what_visitors_did_is_said_in_rows(browser, live_server, client, shop):
    Segment.objects.create(site=shop, key="said", name="Said in rows", condition=SAID, tags=["autumn"])
    measure(shop)
    wrong: dict[str, list[str]] = {}
    with browser.new_context(viewport=WIDE, reduced_motion="reduce") as context:
        page = context.new_page()
        log_in(page, live_server, client, factories.make_user("editor"))
        page.goto(f"{live_server.url}/segments/s/said/")
        expect(page.locator("#row-1-event")).to_have_value("Product Viewed")
        look(page, "segment-said", wrong)
        page.goto(f"{live_server.url}/segments/")
        look(page, "segments-figures", wrong)
        page.goto(f"{live_server.url}/segments/s/said/")
        expect(page.locator("#row-1-event")).to_have_value("Product Viewed")
        page.get_by_role("button", name="Add what they did").press("Enter")
        event = page.locator("#row-8-event[role=combobox]")
        held = []
        page.route("**/segments/condition", lambda route: held.append(route))
        page.evaluate(ESTIMATED, "row-8-event")
        event.fill("Product V")
        page.locator("li[role=option]:visible").first.click()
        page.wait_for_function("window.estimated")  # before the row is drawn anew
        expect(event).to_be_focused()
        held.pop().continue_()
        expect(page.locator("#row-8-how")).to_be_focused()
        page.get_by_label("Number, row 8").fill("2")
        page.locator("#id_name").press("Enter")
        page.get_by_text("“Said in rows” is saved").wait_for()

    saved = Segment.objects.get(key="said").condition["$and"]
    assert saved[:7] == SAID["$and"]
    assert saved[7] == {"$did": {"event": "Product Viewed", "count": {"$gte": 2}, "in": "ever"}}
    assert wrong == {}
