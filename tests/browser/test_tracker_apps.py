"""What does t.js make of single-page apps, of late and early scripts, of strict policies and of web components?"""

import json

import pytest

from tests.browser.stub import HERO, KEY, appears, html, until, user_stored, variant, waiting

pytestmark = pytest.mark.browser


def about(product: str) -> str:
    return json.dumps({"product_id": product, "category": "Kitchen"})


def placements_asked(stub) -> list[list[str]]:
    return [question["placements"] for question in stub.bodies("/v1/decide")]


# --- single-page apps -------------------------------------------------------------------------------


def test_a_view_has_the_title_and_properties_that_an_app_sets_after_the_address(visitor, stub):
    stub.pages["/"] = html(about=f"data-segue-properties='{about('K-1')}'")
    visitor.goto("/")

    visitor.evaluate("history.pushState({}, '', '/two'); document.body.append('soon')")
    visitor.evaluate(f"document.title = 'Second'; document.body.dataset.segueProperties = '{about('K-2')}'")
    visitor.clock.run_for(6000)

    until(visitor, lambda: stub.named("Page Dwell"))
    assert [(page["title"], page["product_id"]) for page in stub.named("page")] == [
        ("A page", "K-1"),
        ("Second", "K-2"),
    ]
    assert stub.named("Page Dwell")[-1]["product_id"] == "K-2"


def test_properties_that_arrive_much_later_are_in_the_dwell_time(visitor, stub):
    visitor.goto("/")

    visitor.clock.run_for(2000)
    visitor.evaluate(f"document.body.dataset.segueProperties = '{about('K-2')}'")
    visitor.clock.run_for(4000)

    until(visitor, lambda: stub.named("Page Dwell"))
    assert stub.named("Page Dwell")[0]["product_id"] == "K-2"


def test_what_left_the_page_is_not_asked_for_again(visitor, stub):
    visitor.goto("/")
    for number in range(60):
        visitor.evaluate("key => { document.body.innerHTML = `<div data-segue-placement=${key}></div>` }", f"p{number}")
        visitor.clock.run_for(60)
    until(visitor, lambda: ["p59"] in placements_asked(stub))
    stub.requests.clear()

    visitor.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    until(visitor, lambda: placements_asked(stub) == [["p59"]])


def test_an_element_that_an_app_uses_for_another_placement_shows_that_one(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions |= {"hero": variant("first", "First"), "side": variant("second", "Second")}
    visitor.goto("/")
    appears(visitor, "First")

    visitor.evaluate("document.querySelector('[data-segue-placement]').dataset.seguePlacement = 'side'")

    appears(visitor, "Second")
    assert visitor.get_by_text("First").count() == 0


def test_a_placement_that_stays_is_decided_again_for_the_next_page(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("first", "First")
    visitor.goto("/")
    appears(visitor, "First")
    until(visitor, lambda: stub.streams)
    stub.decisions["hero"] = variant("second", "Second")

    visitor.evaluate("history.pushState({}, '', '/two'); document.body.append('two')")

    appears(visitor, "Second")
    assert stub.bodies("/v1/decide")[-1]["context"]["page"]["url"] == f"{stub.url}/two"
    until(visitor, lambda: any("%2Ftwo" in path for path, _, _ in stub.requests if path.startswith("/v1/stream")))


def test_a_busy_page_is_looked_at_a_few_times_a_second(visitor, stub):
    visitor.goto("/")
    visitor.clock.run_for(200)

    visitor.evaluate("""() => {
      window.looks = 0;
      const all = document.querySelectorAll.bind(document);
      document.querySelectorAll = (...given) => { looks++; return all(...given); };
      setInterval(() => document.body.append("x"), 4);
    }""")
    visitor.clock.run_for(1200)

    assert 20 < visitor.evaluate("looks") < 150


# --- the script -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["async", "type=module", "defer"])
def test_every_way_to_load_the_script_works(visitor, stub, kind):
    stub.pages["/"] = html(
        "<div data-segue-view='Cart Viewed'></div>", about=f"data-segue-properties='{about('K-1')}'"
    ).replace("defer", kind)

    visitor.goto("/")

    until(visitor, lambda: stub.named("Cart Viewed"))
    assert [page["product_id"] for page in stub.named("page")] == ["K-1"]


def test_a_script_in_the_head_without_defer_works(visitor, stub):
    stub.pages["/"] = html(
        "<div data-segue-view='Cart Viewed'></div>", about=f"data-segue-properties='{about('K-1')}'"
    ).replace("defer", "")

    visitor.goto("/")

    until(visitor, lambda: stub.named("Cart Viewed"))
    assert [page["product_id"] for page in stub.named("page")] == ["K-1"]


def test_a_tag_manager_may_add_the_script(visitor, stub):
    stub.pages["/"] = (
        "<!doctype html><title>x</title><link rel=icon href='data:,'><body><script>((script) => { script.src ="
        f" '/t.js'; script.dataset.writeKey = '{KEY}'; document.head.append(script);"
        " })(document.createElement('script'))</script>"
    )

    visitor.goto("/")

    until(visitor, lambda: stub.named("page"))


def test_a_script_that_comes_twice_counts_once(visitor, stub):
    stub.pages["/"] = html(f"<script src='/t.js' data-write-key='{KEY}' defer></script>" * 2)

    visitor.goto("/")
    until(visitor, lambda: stub.named("page"))
    visitor.clock.run_for(500)

    assert len(stub.named("page")) == 1


def test_a_script_without_a_key_fails_silently(visitor, stub):
    stub.pages["/"] = (
        "<!doctype html><title>x</title><link rel=icon href='data:,'><script src='/t.js' type=module></script>"
    )

    visitor.goto("/")
    visitor.clock.run_for(300)

    assert stub.requests == []


def test_a_page_rendered_ahead_of_time_counts_when_it_is_seen(visitor, stub):
    hidden = "Object.defineProperty(document, 'prerendering', {value: true, configurable: true})"
    stub.pages["/"] = html(HERO, head=f"<script>{hidden}</script>")

    visitor.goto("/")
    visitor.clock.run_for(1500)
    assert stub.requests == []
    visitor.evaluate("delete document.prerendering; document.dispatchEvent(new Event('visibilitychange'))")

    until(visitor, lambda: stub.named("page"))
    assert placements_asked(stub) == [["hero"]]


def test_a_choice_made_before_the_script_came_counts_from_the_start(visitor, stub):
    call = "segue = [['track', 'Signed Up'], ['consent', {analytics: false}]]"
    stub.pages["/"] = html(HERO, head=f"<script>{call}</script>")

    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/v1/decide"))
    visitor.clock.run_for(300)

    assert [(question["anonymousId"], question["events"]) for question in stub.bodies("/v1/decide")] == [(None, [])]
    assert stub.events == []
    assert visitor.evaluate("Object.keys(localStorage)") == [f"segue.{KEY}.consent"]


def test_an_objection_erases_what_was_stored_before(visitor, stub):
    stub.status = 503
    visitor.goto("/")
    visitor.evaluate("segue.identify('u-1')")
    until(visitor, lambda: stub.bodies("/v1/batch"))
    assert user_stored(visitor) == {"userId": "u-1"}
    told = len(stub.bodies("/v1/batch"))
    visitor.goto("about:blank")
    until(visitor, lambda: len(stub.bodies("/v1/batch")) > told)  # who leaves tells once more
    stub.requests.clear()
    stub.pages["/"] = html(
        HERO, head="<script>Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})</script>"
    )

    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/v1/decide"))
    visitor.clock.run_for(500)

    assert [(question["anonymousId"], question.get("userId")) for question in stub.bodies("/v1/decide")] == [
        (None, None)
    ]
    assert stub.events == []
    assert visitor.evaluate("localStorage.length") == 0


# --- the page ---------------------------------------------------------------------------------------


def test_a_policy_against_inline_styles_leaves_a_creative_its_own(visitor, stub):
    strict = "<meta http-equiv=Content-Security-Policy content=\"style-src 'self'; script-src 'self'\">"
    stub.pages["/"] = (
        html(HERO)
        .replace("<head>", f"<head>{strict}")
        .replace("<style>", "<template>")
        .replace("</style>", "</template>")
    )
    stub.decisions["hero"] = {"key": "a", "html": "<style>.sg{color:rgb(1, 2, 3)}</style><p class=sg>Styled</p>"}

    visitor.goto("/")

    appears(visitor, "Styled")
    assert visitor.get_by_text("Styled").evaluate("element => getComputedStyle(element).color") == "rgb(1, 2, 3)"


def test_a_link_around_a_web_component_is_a_link(visitor, stub):
    stub.pages["/"] = html(
        "<a href='/next' data-segue-click='Product"
        " Clicked'><my-card></my-card></a><script>customElements.define('my-card', class extends HTMLElement"
        " {connectedCallback() { this.attachShadow({mode: 'open'}).innerHTML = '<b>Inside</b>' } })</script>"
    )
    visitor.goto("/")
    visitor.evaluate("addEventListener('click', (event) => event.preventDefault())")

    visitor.get_by_text("Inside").click()

    until(visitor, lambda: stub.named("Internal Link Clicked"))
    assert stub.named("Product Clicked") == [{}]


def test_properties_that_are_no_json_cost_only_themselves(visitor, stub):
    stub.pages["/"] = html("<div data-segue-view='Cart Viewed'></div>", about="data-segue-properties='{broken'")

    visitor.goto("/")

    until(visitor, lambda: stub.named("Cart Viewed") == [{}])
    assert waiting(visitor) is not None
