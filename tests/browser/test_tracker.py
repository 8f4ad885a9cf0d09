"""What does t.js send, keep and show? In Chromium, against a stub that stands for the edge."""

import json
import re

import pytest

from personalization.edge.tracker import Tracker
from tests.browser.stub import (
    HERO,
    KEY,
    appears,
    end_budget,
    hide,
    html,
    opacity,
    stored,
    unhide,
    until,
    variant,
    waiting,
)

pytestmark = pytest.mark.browser


# --- the file -------------------------------------------------------------------------------------


def test_is_at_most_four_kilobytes_gzipped():
    assert len(Tracker().served.compressed) <= 4096


def test_leaves_one_global_name(visitor, stub):
    stub.pages["/without"] = "<!doctype html><title>x</title>"
    visitor.goto("/without")
    before = set(visitor.evaluate("Object.getOwnPropertyNames(window)"))

    visitor.goto("/")

    assert set(visitor.evaluate("Object.getOwnPropertyNames(window)")) - before == {"segue"}


# --- collecting -----------------------------------------------------------------------------------


def test_sends_a_page_view_in_segments_shape(visitor, stub):
    visitor.goto("/?utm_source=news&gclid=abc", referer="https://www.google.com/")
    until(visitor, lambda: stub.bodies("/v1/batch"))

    _, headers, body = next(request for request in stub.requests if request[0] == "/v1/batch")
    (message,) = body["batch"]
    assert headers["Content-Type"].startswith("text/plain")
    assert body["writeKey"] == KEY
    assert body["sentAt"].endswith("Z")
    assert message["type"] == "page"
    assert 20 < len(message["messageId"]) < 100
    assert message["anonymousId"] == stored(visitor, "id")
    assert message["context"]["page"] == {
        "url": f"{stub.url}/?utm_source=news&gclid=abc",
        "title": "A page",
        "referrer": "https://www.google.com/",
    }
    assert message["context"]["consent"] == {"categoryPreferences": {}}  # nobody has chosen: the site's rule holds
    assert message["properties"]["page_id"]


def test_replays_calls_made_before_it_was_there(visitor, stub):
    stub.pages["/"] = html(
        head="<script>(window.segue = window.segue || []).push(['track', 'Signed Up', {plan: 'free'}])</script>"
    )

    visitor.goto("/")

    until(visitor, lambda: stub.named("Signed Up") == [{"plan": "free"}])


def test_identifies_a_visitor_from_then_on(visitor, stub):
    visitor.goto("/")

    visitor.evaluate("segue.identify('u-1', {plan: 'pro'}); segue.track('Later')")

    until(visitor, lambda: stub.named("Later"))
    identify = next(event for event in stub.events if event["type"] == "identify")
    assert (identify["userId"], identify["traits"]) == ("u-1", {"plan": "pro"})
    assert next(event for event in stub.events if event.get("event") == "Later")["userId"] == "u-1"


def test_sees_page_views_of_a_single_page_app(visitor, stub):
    visitor.goto("/")

    visitor.evaluate("document.title = 'Second'; history.pushState({}, '', '/two'); document.body.append('new')")
    until(visitor, lambda: len(stub.named("page")) == 2)
    visitor.evaluate("history.replaceState({scroll: 3}, '', '/two')")
    visitor.go_back()
    until(visitor, lambda: len(stub.named("page")) == 3)

    urls = [page["url"].removeprefix(stub.url) for page in stub.named("page")]
    assert urls == ["/", "/two", "/"]
    assert stub.named("page")[1]["title"] == "Second"
    assert stub.named("page")[1]["referrer"] == f"{stub.url}/"
    assert len({page["page_id"] for page in stub.named("page")}) == 3


def test_counts_seconds_only_while_the_page_is_seen(visitor, stub):
    visitor.goto("/")

    visitor.clock.run_for(12_000)
    hide(visitor)
    visitor.clock.run_for(60_000)
    unhide(visitor)
    visitor.clock.run_for(20_000)
    hide(visitor)

    visitor.clock.run_for(2000)
    until(visitor, lambda: len(stub.named("Page Dwell")) >= 5)
    seconds = [round(dwell["seconds"]) for dwell in stub.named("Page Dwell")]
    assert seconds == sorted(seconds)
    assert {5, 10} <= set(seconds)
    assert any(31 <= value <= 32 for value in seconds)
    assert max(seconds) <= 33
    assert len({dwell["page_id"] for dwell in stub.named("Page Dwell")}) == 1


def test_names_the_product_of_a_page_in_its_dwell_time(visitor, stub):
    about = """data-segue-view="Product Viewed" data-segue-properties='{"product_id": "K-1", "category": "Kitchen", "price": 39.9}'"""
    stub.pages["/"] = html(about=about)

    visitor.goto("/")
    visitor.clock.run_for(6000)

    until(visitor, lambda: stub.named("Page Dwell"))
    assert stub.named("Product Viewed") == [{"product_id": "K-1", "category": "Kitchen", "price": 39.9}]
    assert stub.named("Page Dwell")[0] | {"product_id": "K-1", "category": "Kitchen"} == stub.named("Page Dwell")[0]


def test_reports_scroll_and_pointer_without_positions(visitor, stub):
    stub.pages["/"] = html("<div style='height:4000px'>long</div>")
    visitor.goto("/")

    for step in range(4):
        visitor.mouse.move(40 + 90 * step, 60)
        visitor.clock.run_for(300)
    visitor.evaluate("scrollTo(0, 1000)")
    visitor.mouse.click(200, 200)
    visitor.clock.run_for(6000)

    until(visitor, lambda: stub.named("Pointer Activity"))
    pointer = stub.named("Pointer Activity")[0]
    assert set(pointer) == {"page_id", "moves", "clicks"}
    assert pointer["clicks"] == 1
    assert pointer["moves"] >= 1
    assert 30 < stub.named("Scroll Depth")[0]["percent"] < 60


def test_tells_searches_links_and_declared_clicks(visitor, stub):
    stub.pages["/find"] = html(
        """<ul><li data-segue-properties='{"product_id": "K-2"}'><button data-segue-click="Product Added">Add</button></li></ul>
        <a href="/next?token=secret#x"> All   of it </a>"""
    )
    stub.pages["/next"] = html()
    visitor.goto("/find?q=blue+kettle")

    visitor.click("button")
    visitor.click("a")

    until(visitor, lambda: len(stub.named("page")) == 2)
    assert stub.named("Products Searched") == [{"query": "blue kettle"}]
    assert stub.named("Product Added") == [{"product_id": "K-2"}]
    assert stub.named("Internal Link Clicked") == [{"href": "/next", "text": "All   of it"}]


def test_names_forms_and_never_sends_what_was_typed(visitor, stub):
    stub.pages["/"] = html(
        "<form name=login action=/next method=post><input name=card value=''><input type=password"
        " name=name><button>Go</button></form>"
    )
    stub.pages["/next"] = html()
    visitor.goto("/")

    visitor.fill("[name=card]", "4111-secret")
    visitor.fill("[type=password]", "hunter-secret")
    visitor.evaluate("document.forms[0].addEventListener('submit', (event) => event.preventDefault())")
    visitor.click("button")

    until(visitor, lambda: stub.named("Form Submitted"))
    assert stub.named("Form Submitted") == [{"form": "login"}]
    assert "secret" not in json.dumps([body for _, _, body in stub.requests])


# --- delivery -------------------------------------------------------------------------------------


def test_keeps_events_until_they_are_acknowledged(visitor, stub):
    stub.status = 503
    visitor.goto("/")
    visitor.evaluate("segue.track('Precious')")
    until(visitor, lambda: stub.bodies("/v1/batch"))
    assert len(waiting(visitor)) == 2

    stub.status = 200
    visitor.reload()

    until(visitor, lambda: waiting(visitor) == [])
    assert stub.named("Precious") == [{}]
    assert len(stub.named("page")) == 2


def test_waits_as_long_as_it_is_told_even_on_the_next_page(visitor, stub):
    stub.status, stub.retry_after = 429, "120"
    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/v1/batch"))
    until(visitor, lambda: stored(visitor, "wait"))
    stub.status = 200

    visitor.reload()
    visitor.clock.run_for(600)
    assert len(stub.bodies("/v1/batch")) == 1

    visitor.evaluate(f"localStorage['segue.{KEY}.wait'] = 0")
    visitor.reload()
    until(visitor, lambda: waiting(visitor) == [])
    assert len(stub.named("page")) == 3


def test_survives_being_offline(visitor, stub):
    visitor.goto("/")
    until(visitor, lambda: waiting(visitor) == [])

    visitor.context.set_offline(True)
    visitor.evaluate("segue.track('In the tunnel')")
    visitor.clock.run_for(300)
    assert len(waiting(visitor)) == 1
    visitor.context.set_offline(False)

    until(visitor, lambda: stub.named("In the tunnel"))
    until(visitor, lambda: waiting(visitor) == [])


def test_sends_what_is_left_when_the_page_is_left(visitor, stub):
    visitor.goto("/")
    until(visitor, lambda: waiting(visitor) == [])

    visitor.evaluate("addEventListener('pagehide', () => segue.track('Last words'), true)")
    visitor.evaluate("segue.track('Nearly last')")
    visitor.goto("about:blank")

    until(visitor, lambda: stub.named("Nearly last") and stub.named("Page Dwell"))
    assert [dwell["seconds"] > 0 for dwell in stub.named("Page Dwell")] == [True]


def test_a_refused_batch_does_not_block_the_next(visitor, stub):
    stub.status = 400
    visitor.goto("/")
    until(visitor, lambda: waiting(visitor) == [])
    stub.status = 200

    visitor.evaluate("segue.track('After')")

    until(visitor, lambda: stub.named("After"))


def test_the_queue_is_bounded(visitor, stub):
    stub.status = 503
    visitor.goto("/")

    visitor.evaluate("for (let i = 0; i < 250; i++) segue.track('N', {i})")

    queue = waiting(visitor)
    assert len(queue) == 200
    assert queue[-1]["properties"] == {"i": 249}


def test_a_full_storage_loses_no_event(visitor, stub):
    fill = (
        "try { for (let i = 0, text = 'x'.repeat(1e5); ; text = i++ < 99 ? text : 'x') localStorage[i] = text }"
        " catch {}"
    )
    fill += "; try { for (let i = 1e3; ; i++) localStorage[i] = '' } catch {}"
    stub.pages["/"] = html(head=f"<script>{fill}</script>")

    visitor.goto("/")
    visitor.evaluate("segue.track('Kept in memory')")

    until(visitor, lambda: stub.named("Kept in memory"))
    assert {event["anonymousId"] for event in stub.events} == {visitor.evaluate("segue.anonymousId()")}


@pytest.mark.parametrize(
    "broken",
    [
        "Object.defineProperty(window, 'localStorage', {get() { throw new Error('closed') }})",
        "window.fetch = () => { throw new Error('blocked') }",
    ],
)
def test_the_page_notices_no_failure(visitor, stub, broken):
    stub.pages["/"] = html(HERO, head=f"<script>{broken}</script>")

    visitor.goto("/")
    visitor.click("#below")
    visitor.evaluate(
        "const loop = {}; loop.self = loop; segue.track('Loop', loop); segue.track(); segue.push(['nonsense']);"
        " segue.consent(null)"
    )

    until(visitor, lambda: opacity(visitor) == "1")


def test_the_page_notices_no_server_at_all(visitor, stub):
    stub.pages["/"] = html(HERO, attributes="data-host='http://127.0.0.1:9'")

    visitor.goto("/")
    until(visitor, lambda: opacity(visitor) == "1")

    assert visitor.get_by_text("Our own words").is_visible()
    assert len(waiting(visitor)) == 1


# --- consent --------------------------------------------------------------------------------------


@pytest.mark.parametrize("signal", ["globalPrivacyControl", "doNotTrack"])
def test_an_objection_is_honoured_before_anything_is_stored(visitor, stub, signal):
    value = "true" if signal == "globalPrivacyControl" else "'1'"
    stub.pages["/"] = html(
        HERO, head=f"<script>Object.defineProperty(navigator, '{signal}', {{value: {value}}})</script>"
    )
    stub.decisions["hero"] = variant("anyone", "For anyone")

    visitor.goto("/")
    visitor.evaluate("segue.track('X'); segue.consent({analytics: true})")
    appears(visitor, "For anyone")

    assert visitor.evaluate("localStorage.length + document.cookie.length") == 0
    assert stub.events == []
    (question,) = stub.bodies("/v1/decide")
    assert question["anonymousId"] is None
    assert question["context"]["consent"]["categoryPreferences"] == {"analytics": False, "personalization": False}
    assert not [path for path, _, _ in stub.requests if path.startswith("/v1/stream")]


def test_an_opt_in_site_stores_nothing_before_consent(visitor, stub):
    stub.pages["/"] = html(attributes="data-consent='opt-in'")
    visitor.goto("/")
    visitor.evaluate("segue.track('Too early')")
    visitor.clock.run_for(300)
    assert visitor.evaluate("localStorage.length") == 0
    assert stub.requests == []

    visitor.evaluate("segue.consent({analytics: true, personalization: false})")

    until(visitor, lambda: stub.named("page"))
    assert [event["type"] for event in stub.events] == ["page"]
    assert stub.events[0]["context"]["consent"]["categoryPreferences"] == {"analytics": True, "personalization": False}


def test_withdrawing_consent_erases_what_was_stored(visitor, stub):
    visitor.goto("/")
    until(visitor, lambda: stub.named("page"))

    visitor.evaluate("segue.consent({analytics: false})")
    visitor.evaluate("segue.track('After')")
    visitor.reload()
    visitor.clock.run_for(300)

    assert visitor.evaluate("Object.keys(localStorage)") == [f"segue.{KEY}.consent"]
    assert {event["type"] for event in stub.events} == {"page"}
    assert len(stub.named("page")) == 1


# --- placements -----------------------------------------------------------------------------------


def test_fills_a_placement_without_moving_the_page(visitor, stub):
    stub.pages["/"] = html(
        HERO, head="<style>[data-segue-placement]{display:flow-root;min-height:120px}</style><script>window.shift = 0; new PerformanceObserver((list) => {"
        "for (const entry of list.getEntries()) window.shift += entry.value }).observe({type: 'layout-shift', buffered: true})</script>",
    )  # fmt: skip
    stub.decisions["hero"] = variant("offer", "An offer", height=60)
    stub.may_decide.clear()

    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/v1/decide"))
    stub.may_decide.set()
    appears(visitor, "An offer")
    visitor.clock.run_for(300)
    visitor.screenshot()  # a frame in which it would have moved

    assert visitor.evaluate("window.shift") == 0
    assert not visitor.get_by_text("Our own words").is_visible()
    (question,) = stub.bodies("/v1/decide")
    assert question["placements"] == ["hero"]
    assert [event["type"] for event in question["events"]] == ["page"]
    assert stub.bodies("/v1/batch") == []  # accepted with the question: not sent twice


def test_a_late_answer_does_not_replace_what_is_being_read(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("late", "Too late")
    stub.may_decide.clear()

    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/v1/decide"))
    end_budget(visitor)
    stub.may_decide.set()
    until(visitor, lambda: waiting(visitor) == [])
    visitor.clock.run_for(800)

    assert visitor.get_by_text("Our own words").is_visible()
    assert visitor.get_by_text("Too late").count() == 0
    assert stub.bodies("/v1/engagement") == []


def test_an_impression_needs_half_of_it_for_a_second(visitor, stub):
    stub.pages["/"] = html("<div style='height:3000px'>tall</div>" + HERO)
    stub.decisions["hero"] = variant("offer", "An offer")
    visitor.goto("/")
    appears(visitor, "An offer")
    visitor.clock.run_for(1300)
    assert stub.bodies("/v1/engagement") == []

    visitor.locator("[data-segue-placement]").scroll_into_view_if_needed()
    visitor.clock.run_for(500)
    assert stub.bodies("/v1/engagement") == []

    until(visitor, lambda: stub.bodies("/v1/engagement"))
    (told,) = stub.bodies("/v1/engagement")
    assert (told["writeKey"], told["token"], told["type"]) == (KEY, "token-hero-offer", "impression")


def test_counts_clicks_and_dismissals(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("offer", "An offer", height=40)
    visitor.goto("/")
    visitor.evaluate("addEventListener('click', (event) => event.preventDefault())")

    visitor.get_by_text("An offer").click()
    visitor.get_by_role("button").click()

    until(visitor, lambda: len(stub.bodies("/v1/engagement")) == 2)
    assert [body["type"] for body in stub.bodies("/v1/engagement")] == ["click", "dismiss"]
    assert visitor.get_by_text("Our own words").is_visible()


def test_shows_a_new_decision_when_the_stream_says_so(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("first", "First")
    visitor.goto("/")
    appears(visitor, "First")
    until(visitor, lambda: stub.streams)

    stub.decisions["hero"] = variant("second", "Second")
    stub.push("hero")

    appears(visitor, "Second")
    assert visitor.locator("[data-segue-placement]").get_attribute("aria-live") == "polite"
    stream = next(path for path, _, _ in stub.requests if path.startswith("/v1/stream"))
    assert re.search(
        rf"writeKey={KEY}&anonymousId={stored(visitor, 'id')}&context=%7B%22page%22.+&placements=hero%3Afirst", stream
    )


def test_does_not_pull_away_what_is_under_the_pointer(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("first", "First")
    visitor.goto("/")
    visitor.get_by_text("First").hover()
    until(visitor, lambda: stub.streams)

    stub.decisions["hero"] = variant("second", "Second")
    stub.push("hero")
    visitor.clock.run_for(1500)
    assert visitor.get_by_text("First").is_visible()
    visitor.mouse.move(5, 700)

    appears(visitor, "Second")


def test_fills_placements_that_an_app_adds_later(visitor, stub):
    stub.decisions["side"] = variant("side", "On the side")
    visitor.goto("/")

    visitor.evaluate("""document.body.insertAdjacentHTML('beforeend', '<div data-segue-placement="side"></div>')""")

    appears(visitor, "On the side")
