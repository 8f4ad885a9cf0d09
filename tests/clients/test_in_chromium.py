"""The official clients for browsers, unmodified, their newest versions, in Chromium: what its preflights let through is
what sites get."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.clients.conftest import HERE, PAGES, Shop
from tracking.identity import sign

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]

# a headless one is a bot
PEOPLE_HAVE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
MODULES = HERE / "node_modules"
SEGMENT = MODULES / "@segment/analytics-next/dist/umd"
RUDDER = MODULES / "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"

# What pages do beside the client: tracing products add these to every request of the page.
TRACED = """
const plain = window.fetch;
window.fetch = (address, options = {}) => {
  const headers = new Headers(options.headers || {});
  headers.set("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  headers.set("baggage", "sentry-environment=production");
  return plain(address, { ...options, headers });
};
"""
CALLS = """
await analytics.identify("user-1", { email: "anna@mail.example", plan: "gold", userHash: hash });
await analytics.page("Home");
await analytics.track("Product Viewed", { product_id: "K-1", price: 39.9 });
"""
SEGMENT_LOADS = """
const [analytics] = await AnalyticsNext.AnalyticsBrowser.load({ writeKey, cdnURL: host });
"""
# Its settings come from a service of RudderStack's; this is the documented way to give them oneself.
RUDDER_LOADS = """
const rudder = new window.rudderanalytics.RudderAnalytics();
const source = { id: "s", name: "shop", writeKey, enabled: true, workspaceId: "w", config: {}, destinations: [], connections: [] };
rudder.load(writeKey, host, { configUrl: host, getSourceConfig: () => ({ source }), storage: { encryption: { version: "legacy" } } });
await new Promise((done) => rudder.ready(done));
const analytics = rudder;
"""


class Pages(BaseHTTPRequestHandler):
    """The site: one page under every address, and the clients' files."""

    def do_GET(self) -> None:
        name = self.path.rsplit("/", 1)[-1]
        if name == "rudder.js":
            self._answer(RUDDER.read_bytes(), "text/javascript")
        elif name.endswith(".js"):
            self._answer((SEGMENT / name).read_bytes(), "text/javascript")
        else:
            self._answer(b"<!doctype html><title>Kettle</title>", "text/html")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        pass


@pytest.fixture(scope="module")
def pages():
    server = ThreadingHTTPServer(("127.0.0.1", urlsplit(PAGES).port), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield PAGES
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser, node, shop, pages):
    """A page of the site, on another origin than Segue's."""
    with browser.new_context(user_agent=PEOPLE_HAVE, base_url=pages) as context:
        page = context.new_page()
        page.goto("/p/K-1?utm_source=news&utm_medium=email")
        yield page


def run(page, shop: Shop, script: str, loads: str) -> None:
    page.add_script_tag(url=f"/{script}")
    hash_ = sign(shop.secret_key, "user-1")
    page.evaluate(f"async ([writeKey, host, hash]) => {{ {loads} {CALLS} }}", [shop.write_key, shop.host, hash_])


@pytest.mark.parametrize("beside", ["", TRACED], ids=["alone", "traced"])
@pytest.mark.parametrize(
    ("script", "loads"), [("index.js", SEGMENT_LOADS), ("rudder.js", RUDDER_LOADS)], ids=["segment", "rudderstack"]
)
def test_every_call_of_a_browsers_client_arrives_and_its_user_is_proved(page, shop, script, loads, beside):
    """Part 9f: RudderStack's preflight asks for `SentAt`. ingest-tracing-headers-1: so do products that trace
    requests."""
    page.add_init_script(beside)
    if beside:
        page.reload()

    run(page, shop, script, loads)

    rows = {row["type"]: row for row in shop.stored(3)}
    assert sorted(rows) == ["identify", "page", "track"]
    assert rows["track"]["properties"]["price"] == 39.9
    assert rows["identify"]["user"]
    assert "unverified_user" not in rows["identify"]["context"]
    assert rows["track"]["visitor_id"] == rows["identify"]["visitor_id"]
    assert rows["page"]["path"] == "/p/K-1"
