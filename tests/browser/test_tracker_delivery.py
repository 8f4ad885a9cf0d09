"""Does every event arrive, once, from several tabs, in any amount, and however the server answers?"""

import json

import pytest

from tests import chromium
from tests.browser.stub import KEY, html, opacity, until, waiting

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
        browser = playwright.chromium.launch(
            executable_path=str(found.executable), args=[*chromium.FLAGS, "--process-per-tab"], env=found.environment()
        )
        context = browser.new_context(base_url=stub.url)
        one, other = context.new_page(), context.new_page()
        one.goto("/")
        other.goto("/")
        for page, name in ((one, "One"), (other, "Other")):
            page.evaluate(f"name => {{ window.job = ({MANY})(name); }}", name)
        one.evaluate("job")
        other.evaluate("job")
        names: list[str] = []
        for _ in range(200):
            names = [event.get("event") for event in waiting(one)]
            if (names.count("One"), names.count("Other")) == (95, 95):
                break
            one.wait_for_timeout(100)  # until what the other process wrote has come over
        browser.close()

    assert (names.count("One"), names.count("Other")) == (95, 95)


@pytest.fixture
def long_queue(visitor, stub):
    """A page that could not send 60 events of two kilobytes."""
    stub.status, stub.retry_after = 503, "300"
    visitor.goto("/")
    visitor.evaluate("for (let i = 0; i < 60; i++) segue.track('Long', {i, text: 'x'.repeat(2000)})")
    until(visitor, lambda: stub.bodies("/v1/batch"))
    visitor.clock.run_for(200)
    stub.status = 200
    stub.requests.clear()
    visitor.evaluate(f"localStorage['segue.{KEY}.wait'] = 0")
    return visitor


def test_a_long_queue_leaves_in_requests_that_browsers_and_servers_take(long_queue, stub):
    long_queue.reload()

    until(long_queue, lambda: waiting(long_queue) == [])
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

    until(visitor, lambda: opacity(visitor) == "1")
    assert visitor.get_by_text("Own words").is_visible()


# --- refusals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_the_console_says_what_a_refusal_costs_and_why(visitor, stub, status):
    """Issue 7, 5(g): events were forgotten without a word."""
    stub.status, stub.refusal = status, {"code": "no", "message": "no site has this write key", "field": "writeKey"}

    with visitor.expect_console_message(lambda message: message.type == "warning") as told:
        visitor.goto("/")
        visitor.evaluate("segue.track('Order Completed')")
        until(visitor, lambda: waiting(visitor) == [])

    words, lost, code, why = (word.json_value() for word in told.value.args)
    assert (words, code, why) == ("segue: lost:", status, "no site has this write key")
    assert [event.get("event", event["type"]) for event in lost["batch"]] == ["page", "Order Completed"]


def test_a_refusal_that_is_no_json_is_one_too(visitor, stub):
    """A firewall's page in front of the server: sending the same again would not help."""
    stub.pages["/"] = html(attributes="data-host='/nowhere'")
    told: list[str] = []
    visitor.on("console", lambda message: told.append(message.text))

    visitor.goto("/")

    until(visitor, lambda: stub.bodies("/nowhere/v1/batch") and waiting(visitor) == [])
    assert any(text.startswith("segue: lost:") for text in told)


def test_the_console_says_which_event_of_a_batch_was_refused(visitor, stub):
    stub.rejected = [{"index": 1, "field": "batch[1].properties.total", "message": "is no amount"}]

    with visitor.expect_console_message(lambda message: message.type == "warning") as told:
        visitor.goto("/")
        visitor.evaluate("segue.track('Order Completed', {total: 'much'})")
        until(visitor, lambda: waiting(visitor) == [])

    _, lost, status, why = (word.json_value() for word in told.value.args)
    assert (lost["event"], status, why) == ("Order Completed", 200, "is no amount")


def test_an_acceptance_that_is_no_answer_of_ours_loses_nothing(visitor, stub):
    """The page of a network that wants a log-in first answers 200 to everything."""
    stub.pages["/"] = html(attributes="data-host='/portal'")
    stub.portals.add("/portal/v1/batch")

    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/portal/v1/batch"))
    visitor.clock.run_for(1000)

    assert len(waiting(visitor)) == 1


def test_a_refused_question_shows_the_page_s_own_content_and_keeps_its_events(visitor, stub):
    stub.pages["/"] = html("<div data-segue-placement=hero>Own words</div>")
    stub.status, stub.refusal = (
        403,
        {"code": "wrong_origin", "message": "this origin may not use the key", "field": "origin"},
    )

    with visitor.expect_console_message(lambda message: message.type == "warning") as told:
        visitor.goto("/")
        until(visitor, lambda: opacity(visitor) == "1")

    words, lost, code, why = (word.json_value() for word in told.value.args)
    assert (words, lost["placements"], code, why) == ("segue: lost:", ["hero"], 403, "this origin may not use the key")
    assert [event["type"] for event in waiting(visitor)] == ["page"]


def test_the_console_says_which_event_of_a_question_was_refused(visitor, stub):
    stub.pages["/"] = html("<div data-segue-placement=hero>Own words</div>")
    stub.rejected = [{"index": 0, "field": "events[0].context", "message": "is no object"}]

    with visitor.expect_console_message(lambda message: message.type == "warning") as told:
        visitor.goto("/")
        until(visitor, lambda: waiting(visitor) == [])

    _, lost, _, why = (word.json_value() for word in told.value.args)
    assert (lost["events"][0]["type"], why) == ("page", "is no object")
