"""Does every event arrive, once, from several tabs, in any amount, and however the server answers?"""

import json

import pytest

from tests import chromium
from tests.browser.stub import KEY, html, until, waiting

pytestmark = pytest.mark.browser

MANY = """(name) => new Promise((done) => {
  let left = 95;
  const one = () => { segue.track(name); if (--left) setTimeout(one); else done(); };
  one();
})"""


def test_tabs_that_write_at_the_same_time_lose_nothing(stub):
    """In processes of their own, as two tabs that a visitor opened: what one wrote reaches the other a moment later."""
    from playwright.sync_api import sync_playwright

    found = chromium.require()
    stub.status, stub.retry_after = 503, "300"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found.executable), args=[*chromium.FLAGS, "--process-per-tab"], env=found.environment())
        context = browser.new_context(base_url=stub.url)
        one, other = context.new_page(), context.new_page()
        one.goto("/")
        other.goto("/")
        for page, name in ((one, "One"), (other, "Other")):
            page.evaluate(f"name => {{ window.job = ({MANY})(name); }}", name)
        one.evaluate("job")
        other.evaluate("job")
        one.wait_for_timeout(500)

        names = [event.get("event") for event in waiting(one)]
        browser.close()

    assert (names.count("One"), names.count("Other")) == (95, 95)


@pytest.fixture
def long_queue(visitor, stub):
    """A page that could not send 60 events of two kilobytes."""
    stub.status, stub.retry_after = 503, "300"
    visitor.goto("/")
    visitor.evaluate("for (let i = 0; i < 60; i++) segue.track('Long', {i, text: 'x'.repeat(2000)})")
    until(visitor, lambda: stub.bodies("/v1/batch"))
    visitor.wait_for_timeout(200)
    stub.status = 200
    stub.requests.clear()
    visitor.evaluate(f"localStorage['segue.{KEY}.wait'] = 0")
    return visitor


def test_a_long_queue_leaves_in_requests_that_browsers_and_servers_take(long_queue, stub):
    long_queue.reload()

    until(long_queue, lambda: waiting(long_queue) == [], seconds=10)
    assert sorted(long["i"] for long in stub.named("Long")) == list(range(60))
    assert max(len(json.dumps(body)) for body in stub.bodies("/v1/batch")) < 64_000


def test_a_page_that_is_left_with_a_long_queue_sends_its_oldest(long_queue, stub):
    long_queue.goto("about:blank")

    until(long_queue, lambda: stub.named("Long"))
    assert stub.named("Long")[0]["i"] == 0


def test_a_pause_that_a_wrong_clock_made_endless_ends(visitor, stub):
    visitor.goto("/")
    until(visitor, lambda: waiting(visitor) == [])
    visitor.evaluate(f"localStorage['segue.{KEY}.wait'] = Date.now() + 9e9")

    visitor.evaluate("segue.track('After')")

    until(visitor, lambda: stub.named("After"))


def test_a_question_says_when_it_was_sent(visitor, stub):
    """So that the clock of the events that come with it can be corrected."""
    stub.pages["/"] = html("<div data-segue-placement=hero></div>")

    visitor.goto("/")

    (question,) = until(visitor, lambda: stub.bodies("/v1/decide"))
    assert question["sentAt"] >= question["events"][0]["timestamp"]


def test_a_page_of_html_instead_of_an_answer_is_survived(visitor, stub):
    stub.pages["/"] = html("<div data-segue-placement=hero>Own words</div>", attributes="data-host='/nowhere'")

    visitor.goto("/")
    visitor.wait_for_timeout(700)

    assert visitor.get_by_text("Own words").evaluate("element => getComputedStyle(element).opacity") == "1"
