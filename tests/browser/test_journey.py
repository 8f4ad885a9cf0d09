"""Does behaviour change what a visitor sees? A whole Segue, the demo shop, Chromium: Shows 5 from arrival to reason.

Set SEGUE_SCREENSHOTS to a folder to keep pictures of every page, wide and narrow, light and dark.
"""

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.accessible import CONTRAST, faults
from tests.browser.complaints import breaks_policy, complaints_of
from tests.browser.marketer import Effort, Person
from tests.browser.whole_way import (
    COUPON,
    HEADLINE,
    last_friday,
    launch,
    log_in,
    look_at_results,
    make,
    roll_back,
    stop,
)
from tests.running import Segue, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# a headless one is a bot
PEOPLE_HAVE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
FROM_SEARCH = "/demo/?utm_source=google&utm_medium=organic&utm_campaign=autumn"
PRODUCT = "/demo/p/enamel-kettle-harrow"
CHEAPER = "/demo/p/stoneware-kettle-fernhill"


@pytest.fixture(scope="module")
def shop():
    with Segue("--demo", "--no-visitors", "--no-worker", "--web-workers", "1") as segue:
        yield segue


# The shop hides a placement for 400 ms, and an answer that comes later waits for the next view: here it waits for the
# answer.
NO_BUDGET = """
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("[data-segue-placement] { animation-duration: 600s !important }");
  document.adoptedStyleSheets = [sheet];
"""
# The shop asks before anything is stored; these people have answered.
AGREED = """
  try { localStorage["segue.wk_demo.consent"] ??= JSON.stringify({ analytics: true, personalization: true }); } catch {}
"""
PATIENCE_MS = 90_000  # a machine that is busy counts fewer seconds of attention than pass


@pytest.fixture
def visitor(browser, shop):
    """A new visitor at a desk, whose browser's complaints fail the test."""
    with browser.new_context(
        base_url=shop.base_url, user_agent=PEOPLE_HAVE, viewport={"width": 1440, "height": 900}
    ) as context:
        context.add_init_script(NO_BUDGET + AGREED)
        page = context.new_page()
        complaints = complaints_of(page)
        yield page
        assert complaints == []


def placement(page, key: str):
    return page.locator(f'[data-segue-placement="{key}"]').first


def shows(page, key: str, text: str) -> None:
    expect(placement(page, key)).to_contain_text(text, timeout=PATIENCE_MS)


SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  const add = (list) => list.getEntries().forEach((entry) => { if (!entry.hadRecentInput) sum += entry.value; });
  new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 100);
})"""


def shifts(page) -> float:
    """Cumulative layout shift so far that no input of the visitor explains."""
    return page.evaluate(SHIFTS)


def stay(page) -> None:
    """For half a minute by the clock of the page, which has been installed."""
    page.wait_for_function("!!window.segue?.track")
    page.clock.run_for(35_000)


def test_half_a_minute_on_a_product_brings_its_offer_without_a_reload(visitor):
    visitor.clock.install()
    visitor.goto(FROM_SEARCH, referer="https://www.google.com/")
    expect(placement(visitor, "home-hero")).not_to_contain_text("15% off")
    visitor.goto(PRODUCT)
    visitor.evaluate("window.sameDocument = true")
    expect(placement(visitor, "product-offer")).not_to_contain_text("Goes with what you like")

    stay(visitor)
    shows(visitor, "home-hero", "15% off")
    shows(visitor, "product-offer", "Goes with what you like")
    assert visitor.evaluate("window.sameDocument") is True
    assert "Enamel Kettle" not in placement(visitor, "home-hero").locator(".sg-headline").inner_text()

    visitor.get_by_role("button", name="What Segue knows").click()
    drawer = visitor.get_by_role("complementary", name="What Segue knows about you")
    expect(drawer).to_contain_text("High-Intent Product Viewer")
    expect(drawer).to_contain_text("Longest on one product")
    expect(drawer).to_contain_text("Related products")
    expect(drawer).to_contain_text("search")


def test_three_pages_of_a_category_bring_its_banner(visitor):
    visitor.goto("/demo/c/lighting")
    expect(placement(visitor, "category-banner")).not_to_contain_text("Still in Lighting?")

    visitor.locator(".card a").first.click()
    visitor.wait_for_url("**/demo/p/*")
    # Who leaves before the tracker runs was not there. (What is a function would be called, and track something.)
    visitor.wait_for_function("!!window.segue?.track")
    visitor.go_back()
    visitor.wait_for_function("!!window.segue?.track")
    visitor.goto("/demo/")  # on the page of Lighting itself there is nothing to lead to

    shows(visitor, "category-banner", "Still in Lighting?")
    visitor.get_by_role("link", name="Show all of Lighting").first.click()
    visitor.wait_for_url("**/demo/c/lighting")


def test_comparing_brings_a_coupon(visitor):
    for address in (PRODUCT, CHEAPER):
        visitor.goto(address)
        visitor.get_by_role("button", name="Compare").click()
    visitor.wait_for_url("**/demo/compare")

    shows(visitor, "product-offer", "SAVE10")


def test_half_an_hour_later_the_cart_is_remembered_and_its_coupon_counts(visitor):
    visitor.goto(PRODUCT)
    visitor.get_by_role("button", name="Add to cart").click()
    visitor.wait_for_url("**/demo/cart/")
    visitor.get_by_role("button", name="What Segue knows").click()
    drawer = visitor.get_by_role("complementary", name="What Segue knows about you")
    expect(drawer).to_contain_text("Put Enamel Kettle into the cart", timeout=PATIENCE_MS)
    visitor.get_by_role("button", name="Pretend 30 minutes passed").click()

    visitor.wait_for_url("**/demo/")
    shows(visitor, "home-hero", "Your cart is waiting")
    expect(drawer).to_contain_text("Cart Abandoner")

    visitor.goto("/demo/cart/")
    visitor.get_by_label("Coupon code").fill("nonsense")
    visitor.get_by_role("button", name="Redeem").click()
    expect(visitor.locator("#refused")).to_contain_text("nonsense")
    visitor.get_by_label("Coupon code").fill("save10")
    visitor.get_by_role("button", name="Redeem").click()
    expect(visitor.locator(".total")).to_contain_text("€37.71")

    visitor.get_by_role("button", name="Start as a new visitor").click()
    visitor.wait_for_url("**/demo/")
    expect(drawer).not_to_contain_text("Cart Abandoner")


def test_nothing_is_stored_about_who_declines_and_the_drawer_says_so(browser, shop):
    with browser.new_context(base_url=shop.base_url, user_agent=PEOPLE_HAVE) as context:
        page = context.new_page()
        sent = []
        page.on("request", lambda request: sent.append(request.url) if "/v1/batch" in request.url else None)
        page.goto(PRODUCT)
        page.get_by_role("button", name="Decline").click()
        page.get_by_role("button", name="What Segue knows").click()
        expect(page.get_by_role("complementary", name="What Segue knows about you")).to_contain_text("You declined.")
        page.goto("/demo/")
        expect(page.get_by_role("button", name="Decline")).to_be_hidden()
        assert page.evaluate("segue.anonymousId()") is None
        assert sent == []

        page.get_by_role("button", name="Ask me again").click()
        page.get_by_role("button", name="Agree").click()
        expect(page.locator("#drawer")).to_contain_text("So far", ignore_case=True, timeout=PATIENCE_MS)
        assert page.evaluate("segue.anonymousId()")


# --- who is who: the account of identity verification (part 6) --------------------------------------


@pytest.fixture
def browser_of(browser, shop):
    """Opens browsers of different people."""
    opened = []

    def start():
        opened.append(
            browser.new_context(base_url=shop.base_url, user_agent=PEOPLE_HAVE, viewport={"width": 1440, "height": 900})
        )
        opened[-1].add_init_script(NO_BUDGET + AGREED)
        return opened[-1].new_page()

    yield start
    for context in opened:
        context.close()


def sign_in(page, name: str) -> None:
    page.goto("/demo/account")
    page.get_by_label("Name").fill(name)
    with page.expect_response("**/v1/batch") as told:
        page.get_by_role("button", name="Sign in").click()
    assert told.value.status == 200
    expect(page.locator("main")).to_contain_text(f"customer-{name.lower()}")


def sign_out(page) -> None:
    page.goto("/demo/account")
    with page.expect_response("**/v1/batch"):
        page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def compare(page) -> None:
    """Which makes somebody price sensitive: a coupon follows."""
    for address in (PRODUCT, CHEAPER):
        page.goto(address)
        page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/demo/compare")
    shows(page, "product-offer", "SAVE10")


def offered(page, **ids: str) -> str:
    """What the server answers about whoever these ids name, to anybody who asks with the key of the page."""
    asks = """async (ids) => {
      const writeKey = document.querySelector("[data-write-key]").dataset.writeKey;
      const answer = await fetch("/v1/decide", { method: "POST", body: JSON.stringify({
        writeKey, placements: ["product-offer"], context: { consent: { categoryPreferences: { analytics: true, personalization: true } } }, ...ids }) });
      return (await answer.json()).decisions[0].variant.key;
    }"""
    return page.evaluate(asks, ids)


def identity_of(page) -> dict[str, str]:
    """What the shop's server told this page of its customer."""
    return json.loads(page.locator("script[data-identity]").get_attribute("data-identity"))


def test_two_people_on_one_browser_never_see_what_is_the_others(browser_of):
    page, phone = browser_of(), browser_of()
    sign_in(page, "Anna")
    compare(page)
    sign_out(page)

    sign_in(page, "Ben")
    page.goto(PRODUCT)
    shows(page, "product-offer", "What others like")
    assert offered(page, **identity_of(page)) == "newsletter-card"

    sign_in(phone, "Anna")  # on her own phone she is known again
    phone.goto(PRODUCT)
    shows(phone, "product-offer", "SAVE10")


def test_a_stranger_with_the_public_key_and_a_user_id_reads_joins_and_watches_nothing(browser_of):
    anna, stranger = browser_of(), browser_of()
    sign_in(anna, "Carla")
    compare(anna)
    carla = identity_of(anna)
    sign_in(stranger, "Dora")
    dora = identity_of(stranger)
    assert offered(stranger, **carla) == "coupon-card"  # with her proof she is known: so the answers below are refusals

    for forged in (
        "",
        "0" * 64,
        dora["userHash"],
        carla["userHash"].replace(carla["userHash"][-1], "f" if carla["userHash"][-1] != "f" else "e"),
    ):
        assert offered(stranger, userId=carla["userId"], userHash=forged) == "newsletter-card"
        watched = f"/v1/stream?writeKey=wk_demo&userId={carla['userId']}&userHash={forged}&placements=product-offer:"
        assert stranger.evaluate("async (address) => (await fetch(address)).status", watched) == 403

    stranger.evaluate("segue.reset()")
    stranger.evaluate(f"segue.identify('{carla['userId']}')")
    stranger.evaluate("segue.track('Order Completed', { order_id: 'forged', total: 9000 })")
    stranger.goto(PRODUCT)
    shows(stranger, "product-offer", "What others like")
    assert (
        offered(stranger, anonymousId=stranger.evaluate("segue.anonymousId()"), userId=carla["userId"])
        == "newsletter-card"
    )
    anna.goto(PRODUCT)
    shows(anna, "product-offer", "SAVE10")
    anna.get_by_role("button", name="What Segue knows").click()
    drawer = anna.get_by_role("complementary", name="What Segue knows about you")
    expect(drawer).to_contain_text("Price Sensitive")
    expect(drawer).not_to_contain_text("Converter")  # the forged order is not hers


def test_the_whole_way_with_the_keyboard_alone(visitor):
    """No mouse: from the home page to a category, half a minute on a product, the comparison, the cart and the
    order."""
    visitor.clock.install()
    visitor.goto(FROM_SEARCH)
    visitor.keyboard.press("Tab")
    expect(visitor.get_by_role("link", name="Skip to content")).to_be_focused()

    go(visitor, "Kitchen")
    visitor.wait_for_url("**/demo/c/kitchen")
    go(visitor, "Enamel Kettle")
    visitor.wait_for_url(f"**{PRODUCT}")
    stay(visitor)
    shows(visitor, "home-hero", "15% off")
    go(visitor, "Compare", role="button")
    visitor.wait_for_url("**/demo/compare")
    visitor.goto(CHEAPER)
    go(visitor, "Compare", role="button")
    visitor.wait_for_url("**/demo/compare")
    shows(visitor, "product-offer", "SAVE10")

    go(visitor, "What Segue knows", role="button")
    drawer = visitor.get_by_role("complementary", name="What Segue knows about you")
    expect(drawer).to_contain_text("Price Sensitive")
    visitor.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(visitor.get_by_role("button", name="What Segue knows")).to_be_focused()

    visitor.goto(PRODUCT)
    go(visitor, "Add to cart", role="button")
    visitor.wait_for_url("**/demo/cart/")
    go(visitor, "Check out")
    visitor.wait_for_url("**/demo/checkout")
    for label, text in (("Name", "Ada"), ("Street", "Lane 1"), ("City", "Town")):
        tab_to(visitor, visitor.get_by_label(label, exact=True))
        visitor.keyboard.type(text)
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/demo/order")


def tab_to(page, target) -> None:
    for _ in range(120):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key never reaches {target}")


def go(page, name: str, role: str = "link") -> None:
    tab_to(page, page.get_by_role(role, name=name).first)
    page.keyboard.press("Enter")


def test_the_shop_works_without_scripts(browser, shop):
    with browser.new_context(base_url=shop.base_url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(PRODUCT)
        page.get_by_label("Quantity").select_option("2")
        page.get_by_role("button", name="Add to cart").click()
        page.get_by_role("link", name="Check out").click()
        for label in ("Name", "Street", "City"):
            page.get_by_label(label, exact=True).fill("x")
        page.get_by_role("button", name="Order for").click()

        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


def test_what_was_bought_reaches_the_profile(visitor):
    visitor.goto(PRODUCT)
    visitor.get_by_label("Quantity").select_option("3")
    visitor.get_by_role("button", name="Add to cart").click()
    visitor.get_by_role("link", name="Check out").click()
    for label in ("Name", "Street", "City"):
        visitor.get_by_label(label, exact=True).fill("x")
    visitor.get_by_role("button", name="Order for").click()
    visitor.get_by_role("button", name="What Segue knows").click()

    drawer = visitor.get_by_role("complementary", name="What Segue knows about you")
    expect(drawer.locator("tr", has_text="Orders this session")).to_contain_text("1 order")
    expect(drawer.locator("tr", has_text="Cart adds this session")).to_contain_text("1 add")
    expect(drawer).to_contain_text("Placed an order")
    expect(drawer).to_contain_text("Converter")


# --- from an idea to a campaign and back (Shows 1) ---------------------------------------------------

COFFEE = ("enamel-coffee-press-harrow", "copper-coffee-press-oltre", "stoneware-coffee-press-fernhill")
MOST_PAGES, MOST_CLICKS = 16, 20


@pytest.fixture
def in_berlin(shop):
    """The shop by the clocks of Berlin, and who works there: names with their passwords."""
    with psycopg.connect(shop.state["database_url"], autocommit=True) as connection:
        connection.execute("UPDATE sites_site SET time_zone = 'Europe/Berlin'")
        yield dict(re.findall(r"Log in as +(\w+) .*password (\S+)", shop.printed()))
        connection.execute("UPDATE sites_site SET time_zone = 'UTC'")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "has_mouse", [pytest.param(True, id="mouse"), pytest.param(False, id="keyboard", marks=pytest.mark.study)]
)
def test_a_campaign_is_made_approved_seen_stopped_and_rolled_back(
    browser, browser_of, shop, in_berlin, tmp_path, has_mouse
):
    """Nobody who works on it needs more than 16 pages and 20 clicks together, the three of the shop included."""
    effort, friday = Effort(), last_friday(datetime.now(UTC))
    edgar, paula = (Person(browser_of(), effort, has_mouse=has_mouse) for _ in range(2))
    customer = Person(browser_of(), effort, has_mouse=has_mouse)
    log_in(edgar, "edgar", in_berlin["edgar"], "/")
    address = make(edgar, friday, tmp_path)
    log_in(paula, "paula", in_berlin["paula"], address)  # which he has sent her
    launch(paula, friday)

    for product in COFFEE:
        customer.open(f"/demo/p/{product}?utm_source=google&utm_medium=organic")
        expect(placement(customer.page, "home-hero")).to_be_visible(timeout=PATIENCE_MS)
        customer.page.wait_for_function("!!window.segue?.track")
    shows(customer.page, "home-hero", HEADLINE)
    shows(customer.page, "home-hero", COUPON)
    look_at_results(paula)
    stop(paula)
    expect(placement(customer.page, "home-hero")).not_to_contain_text(HEADLINE, timeout=PATIENCE_MS)
    roll_back(paula)

    print(f"\nShows 1, {'mouse' if has_mouse else 'keyboard alone'}: {effort}")
    assert effort.pages <= MOST_PAGES
    assert effort.clicks <= (MOST_CLICKS if has_mouse else 0)


PAGES = {
    "home": "/demo/",
    "category": "/demo/c/kitchen?max=40&sort=cheapest",
    "product": PRODUCT,
    "search": "/demo/search?q=lamp",
    "nothing-found": "/demo/search?q=nonsense",
    "compare": "/demo/compare",
    "cart": "/demo/cart/",
    "checkout": "/demo/checkout",
    "order": "/demo/order",
}


# Placements are filled, or left alone: what comes now waits for the next view.
IS_SETTLED = """() => {
  const spots = [...document.querySelectorAll("[data-segue-placement]")];
  const answers = performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/v1/decide"));
  return !spots.length || (answers.length > 0 && spots.every((spot) => getComputedStyle(spot).opacity == 1));
}"""


@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_is_accessible_and_keeps_still(browser, shop, width):
    with browser.new_context(
        base_url=shop.base_url, user_agent=PEOPLE_HAVE, viewport={"width": width, "height": 900}
    ) as context:
        context.add_init_script(AGREED)
        page = context.new_page()
        for address in (CHEAPER, PRODUCT):  # something in the cart, something to compare
            page.goto(address)
            page.get_by_role("button", name="Compare").click()
            page.goto(address)
            page.get_by_role("button", name="Add to cart").click()
        for name, address in PAGES.items():
            if name == "order":
                order(page)
            page.goto(address)
            page.wait_for_function(IS_SETTLED)

            assert shifts(page) < 0.01, name
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than the screen"
            look(page, f"shop-{name}-{width}")
        page.goto("/demo/")
        page.get_by_role("button", name="What Segue knows").click()
        page.get_by_role("heading", name="So we show").wait_for()
        look(page, f"shop-drawer-{width}")


def look(page, name: str) -> None:
    """In both colour schemes, which a page changes between while it is open."""
    for scheme, rules in (("light", {}), ("dark", {"runOnly": [CONTRAST]})):
        page.emulate_media(color_scheme=scheme)
        assert faults(page, rules) == [], f"{name}, {scheme}"
        keep(page, f"{name}-{scheme}")


def order(page) -> None:
    page.goto("/demo/checkout")
    for label in ("Name", "Street", "City"):
        page.get_by_label(label, exact=True).fill("x")
    page.get_by_role("button", name="Order for").click()
    page.wait_for_url("**/demo/order")


def keep(page, name: str) -> None:
    if folder := os.environ.get("SEGUE_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=width_of(page) < 500)


def width_of(page) -> int:
    return page.viewport_size["width"]


def test_an_order_of_a_simulated_visitor_after_what_was_seen_is_a_conversion(shop):
    shop.manage(
        "simulate", "--no-past", "--visits", "60", "--per-minute", "1200", "--speed", "100", "--url", shop.base_url
    )

    with psycopg.connect(shop.state["database_url"]) as database:
        count = "SELECT count(*) FROM personalization_conversion WHERE campaign_id > 0"
        wait_until(lambda: database.execute(count).fetchone()[0] > 0, 60)
        before = database.execute(
            "SELECT count(*) FROM personalization_conversion c WHERE campaign_id > 0 AND NOT EXISTS (SELECT FROM tracking_event"
            " e WHERE e.visitor_id = c.visitor_id AND e.type = 'engagement' AND e.at <= c.at)"
        ).fetchone()[0]
    assert before == 0


def test_staff_with_the_printed_password_watch_visitors_arrive_until_they_log_out(browser, shop, visitor):
    """Security findings A5, B9 and C2, as a person meets them."""
    password = re.search(r"Log in as\s+vera \(viewer\), password (\S+)", shop.printed())[1]
    with browser.new_context(base_url=shop.base_url) as context:
        page = context.new_page()
        broken = complaints_of(page, breaks_policy)
        page.clock.install()
        page.goto("/admin/login/")
        page.get_by_label("Username").fill("vera")
        page.get_by_label("Password").fill(password)
        page.keyboard.press("Enter")
        page.wait_for_function("document.getElementById('feed-state')?.textContent === 'live'")
        visitor.goto(f"{PRODUCT}?seen=by-staff")
        page.locator(
            "#feed li", has_text=PRODUCT
        ).first.wait_for()  # what a page tells of itself as long as it is looked at
        token = page.locator("#feed").get_attribute("data-token")
        headers = {"Cookie": "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in context.cookies())}
        with (
            page.expect_response("**/feed-token/") as answer,
            page.expect_request(lambda request: "/v1/stream?" in request.url and token not in request.url),
        ):
            page.clock.fast_forward(130_000)  # by then the page has a new token, and listens with it
        renewed = answer.value.json()["token"]
        page.evaluate("document.querySelector('form[action$=\"/logout/\"]').requestSubmit()")
        page.get_by_label("Username").or_(page.get_by_text("Logged out")).first.wait_for()
        refused = [context.request.get(f"/v1/stream?feed={one}", headers=headers).status for one in (token, renewed)]

    assert (refused, broken) == ([403, 403], [])
