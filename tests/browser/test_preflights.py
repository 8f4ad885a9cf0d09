"""May a page of another origin send what its SDK and its tracing add, as a real browser sees it?"""

import pytest

from tests.questions import ASKED

pytestmark = pytest.mark.browser

# A preflight that refuses rejects the promise; any answer that the page may read has a status.
SEND = """([url, names]) => fetch(url, {
  method: "POST", headers: Object.fromEntries(names.map((name) => [name, name === "content-type" ? "application/json" : "1"])), body: "{}",
}).then((answer) => answer.status, (error) => String(error))"""


@pytest.fixture
def page_elsewhere(running_segue, stub, page):
    """A page of another origin than Segue's."""
    page.goto(stub.url)
    return page


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_page_may_send_with_the_headers_of_its_sdk_and_its_tracing(running_segue, page_elsewhere, asked):
    """ingest-tracing-headers-1: `traceparent` on every fetch of a page took all its events and decisions away."""
    names = [name for name in asked.split(",") if name not in ("dnt", "sec-gpc")]  # which no script may set

    assert page_elsewhere.evaluate(SEND, [f"{running_segue.base_url}/v1/decide", names]) == 400


def test_a_page_may_ask_as_the_clients_of_flags_do(running_segue, page_elsewhere):
    """Of a key that nobody has: the page reads that it is refused."""
    names = ["authorization", "content-type", "if-none-match", "x-api-key"]
    for path in ("/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/hero", "/api/eval/wk_none"):
        assert page_elsewhere.evaluate(SEND, [f"{running_segue.base_url}{path}", names]) == 401
