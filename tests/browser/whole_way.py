"""The way of a marketer from an idea to a campaign that visitors see, and back: Edgar makes it and asks, Paula previews,
launches, looks at what it brought, stops it and rolls back."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.marketer import Person
from tests.pictures import a_picture

BERLIN = ZoneInfo("Europe/Berlin")
HEADLINE, COUPON = "Fresh beans for your press", "SAVE10"


def last_friday(now: datetime) -> str:
    """09:00 in Berlin, as a picker has it: the latest that has begun."""
    local = now.astimezone(BERLIN)
    friday = (local - timedelta(days=(local.weekday() - 4) % 7)).replace(hour=9, minute=0, second=0, microsecond=0)
    return f"{friday if friday <= local else friday - timedelta(days=7):%Y-%m-%dT%H:%M:%S}"


def log_in(person: Person, name: str, password: str, address: str) -> None:
    page = person.page
    person.open(address)
    person.type(page.get_by_label("Username"), name)
    person.type(page.get_by_label("Password"), password, then="Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def make(edgar: Person, friday: str, folder: Path) -> str:
    """The address of the campaign, for which approval is asked."""
    page = edgar.page
    edgar.key("Control+k")
    page.locator("#search-text").wait_for()
    edgar.type(page.locator("#search-text"), "new campaign", then="Enter")
    page.wait_for_url("**/campaigns/new/")
    edgar.settle()
    _say_whom(edgar)
    _say_what_and_where(edgar, folder)
    name = page.locator("#id_name")
    name.wait_for()
    edgar.settle()
    assert name.input_value() == "Coffee people in Home hero, Product offer"
    edgar.moment(page.get_by_label("Starts (Europe/Berlin)"), friday)
    edgar.type(page.get_by_label("Each rule at most, per day"), "5")
    edgar.select(page.locator("#id_order"), "This one")
    edgar.press(page.get_by_role("button", name="Create and ask for approval"))
    page.wait_for_url("**/campaigns/c/*/")
    expect(page.locator("#standing")).to_contain_text("Waiting for approval")
    return page.url


def _say_whom(edgar: Person) -> None:
    """3 or more coffee products seen in this session, no order in 30 days, from Google or Instagram."""
    page = edgar.page
    edgar.choose(page.get_by_role("radio", name="Visitors described here"))
    edgar.press(page.get_by_role("button", name="Add what they did"))
    edgar.type(page.locator("#row-1-event"), "Product Viewed", then="Tab")
    edgar.press(page.get_by_role("button", name="Where a property …"))
    edgar.type(page.locator("#row-1-property-1"), "name", then="Tab")
    edgar.select(page.locator("#row-1-operator-1"), "contains")
    edgar.type(page.locator("#row-1-value-1"), "Coffee", then="Tab")
    edgar.type(page.locator("#row-1-number"), "3")
    edgar.select(page.locator("#row-1-window"), "in this session")
    edgar.press(page.get_by_role("button", name="Add what they did"))
    edgar.select(page.locator("#row-2-did"), "did not")
    edgar.type(page.locator("#row-2-event"), "Order Completed", then="Tab")
    edgar.select(page.locator("#row-2-window"), "in the last")
    edgar.press(page.get_by_role("button", name="Add a row"))
    edgar.pick(page.locator("#row-3-attribute[role=combobox]"), "Source")
    edgar.type(page.locator("#row-3-value"), "Google, Instagram,", then="Tab")
    edgar.type(page.get_by_label("Keep it as a segment called"), "Coffee people", then="Enter")


def _say_what_and_where(edgar: Person, folder: Path) -> None:
    page = edgar.page
    hero, offer = page.get_by_label("Rule").nth(0), page.get_by_label("Rule").nth(1)
    edgar.choose(hero.get_by_role("radio", name="Home hero"))
    edgar.choose(hero.get_by_role("radio", name="A new one"))
    edgar.type(hero.get_by_label("Headline"), HEADLINE)
    edgar.type(hero.get_by_label("Button", exact=True), "See the beans")
    edgar.type(hero.get_by_label("Where the button leads", exact=True), "/demo/c/kitchen")
    picture = folder / "beans.png"
    picture.write_bytes(a_picture(size=(900, 500)))
    edgar.upload(hero.get_by_label("Upload one"), picture)
    edgar.type(hero.get_by_label("What the picture shows"), "Coffee beans")
    edgar.select(page.locator("#id_rule-0-new-coupon"), COUPON)
    edgar.press(page.get_by_role("button", name="Add another rule"))
    edgar.choose(offer.get_by_role("radio", name="Product offer"))
    edgar.choose(offer.locator(".s-creatives").get_by_role("radio", name=re.compile("Coupon")).first)
    edgar.key("Enter")


def launch(paula: Person, friday: str) -> None:
    """On the page that Edgar has sent her the address of: previewed at that Friday, approved."""
    page = paula.page
    paula.press(page.get_by_role("link", name="Content", exact=True))
    paula.moment(page.get_by_label("At (Europe/Berlin)"), friday)
    paula.key("Enter")
    expect(page.locator("#preview")).to_contain_text("Friday")
    expect(page.locator("#preview").get_by_role("article", name="Home hero")).to_be_visible()
    paula.settle()
    paula.press(page.get_by_role("button", name="Approve and launch"))
    expect(page.locator("#standing")).to_contain_text("Live")


def look_at_results(paula: Person) -> None:
    paula.press(paula.page.get_by_role("link", name="Overview", exact=True))
    expect(paula.page.locator("#result")).to_contain_text("seen", ignore_case=True)


def stop(paula: Person) -> None:
    paula.press(paula.page.get_by_role("button", name="Stop now", exact=True))
    expect(paula.page.locator("#standing")).to_contain_text("Paused")


def roll_back(paula: Person) -> None:
    """To the release before all of this, the last of the list."""
    page = paula.page
    paula.press(page.get_by_role("link", name=re.compile("^Publish")).first)
    paula.press(page.get_by_role("link", name=re.compile("Roll back")).last)
    paula.press(page.get_by_role("button", name=re.compile("^Roll back to release")))
    page.wait_for_url("**/campaigns/releases/*/")
