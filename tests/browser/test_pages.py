"""Every page in a browser: no serious fault for axe, wide and narrow, light and dark; what matters works by keyboard alone.

SEGUE_SCREENSHOTS names a folder that gets a picture of each.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from tests import factories, shop_week
from tracking.pseudonyms import visitor_of

pytestmark = pytest.mark.browser
SCREENSHOTS = os.environ.get("SEGUE_SCREENSHOTS", "")
WIDTHS = {"wide": 1440, "narrow": 390}


@pytest.fixture(autouse=True, scope="module")
def _playwright_runs_a_loop():
    """Playwright keeps an event loop in this thread, which Django takes for asynchronous code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def shop(partitioned_tables, valkey_server, site):
    shop_week.fill(site, factories.make_user("administrator"), datetime.now(UTC))
    return site


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
        "rule-new": "/campaigns/c/autumn/rules/new/",
        "variant": "/campaigns/variants/coupon/",
        "releases": "/campaigns/releases/",
        "release": "/campaigns/releases/2/",
        "roll-back": "/campaigns/releases/1/roll-back/",
        "install": "/install/",
    }


def log_in(page, live_server, client, user) -> None:
    client.force_login(user)
    page.context.add_cookies(
        [{"name": django_settings.SESSION_COOKIE_NAME, "value": client.cookies[django_settings.SESSION_COOKIE_NAME].value, "url": live_server.url}]
    )
    page.route(re.compile(r"/feed$"), lambda route: route.abort())  # this test server cannot stream


def faults(page) -> list[str]:
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in found
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_has_a_serious_fault(browser, live_server, client, shop, scheme, width):
    wrong: dict[str, list[str]] = {}
    with browser.new_context(viewport={"width": WIDTHS[width], "height": 900}, color_scheme=scheme, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{live_server.url}/admin/login/")
        look(page, "login", width, scheme, wrong)
        log_in(page, live_server, client, factories.make_user("administrator"))
        for name, address in addresses(shop).items():
            answer = page.goto(live_server.url + address)
            assert answer.status == 200, name
            look(page, name, width, scheme, wrong)

    assert wrong == {}


def look(page, name: str, width: str, scheme: str, wrong: dict[str, list[str]]) -> None:
    page.wait_for_load_state("networkidle")
    if SCREENSHOTS:
        folder = Path(SCREENSHOTS)
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}-{width}-{scheme}.png", full_page=True)
    if found := faults(page):
        wrong[name] = found
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if overflow > 1:
        wrong.setdefault(name, []).append(f"the page scrolls sideways by {overflow} px")
