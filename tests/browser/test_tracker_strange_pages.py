"""What does t.js make of pages that it did not choose: changed prototypes, clumsy names, other products, states in the
address?"""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.browser.stub import HERO, KEY, Stub, html, until, variant, waiting

pytestmark = pytest.mark.browser

ORDER = (
    "segue.track('Order Completed', {order_id: '1', total: 5.5, at: new Date(0), products: [{product_id: 'P', tags:"
    " ['a', 'b']}]})"
)
SENT = {
    "order_id": "1",
    "total": 5.5,
    "at": "1970-01-01T00:00:00.000Z",
    "products": [{"product_id": "P", "tags": ["a", "b"]}],
}


# --- JSON -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        (
            "Array.prototype.toJSON = function () { return '[' + Array.from(this, (x) => JSON.stringify(x)).join(', ')"
            " + ']' }"
        ),
        "Object.prototype.toJSON = function () { return 'mine' }",
        "Date.prototype.toJSON = function () { return '\"' + this.getTime() + '\"' }",
        "String.prototype.toJSON = function () { return '\"' + this + '\"' }",
        "for (const type of [Array, Object, Date]) type.prototype.toJSON = () => { throw new Error('mine') }",
        (
            "Array.prototype.each = function () {}; Object.keys = function (of) { const keys = []; for (const key in"
            " of) keys.push(key); return keys }"
        ),
    ],
)
def test_a_page_s_own_json_changes_no_event(visitor, stub, change):
    """ingest-page-changes-json-1: with Prototype 1.6 batches were refused and forgotten."""
    stub.pages["/"] = html(head=f"<script>{change}</script>")
    visitor.goto("/")

    visitor.evaluate(ORDER)

    until(visitor, lambda: stub.named("Order Completed") == [SENT])
    assert len(stub.named("page")) == 1


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(JSON_VALUES, min_size=5, max_size=20))
def test_what_json_can_hold_arrives_as_it_was(visitor, stub, values):
    if not visitor.url.startswith(stub.url):
        visitor.goto("/")
    stub.requests.clear()

    text = visitor.evaluate(
        "text => { const values = JSON.parse(text); segue.track('Any', {values}); return JSON.stringify(values) }",
        json.dumps(values),
    )

    until(visitor, lambda: stub.named("Any"))
    assert stub.named("Any") == [{"values": json.loads(text)}]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ("(() => { const o = {}; o.self = o; return o })()", {}),
        ("(() => { const list = [1]; list.push(list, 2); return list })()", [1, None, 2]),
        ("10n ** 20n", "100000000000000000000"),
        ("document.body", None),
        ("({near: 1, element: document.body, page: window})", {"near": 1}),
        ("({get broken() { throw new Error('mine') }, sound: 1})", None),
        ("({toJSON: () => '12.50'})", "12.50"),
        ("new URL('https://shop.example/a')", "https://shop.example/a"),
        ("new Date(NaN)", None),
        ("(() => { let deep = {}; for (let i = 0; i < 1e5; i++) deep = {deep}; return 1 })()", 1),
        ("Object.create(null)", {}),
        ("[undefined, () => 1, Symbol('x')]", [None, None, None]),
    ],
)
def test_what_json_cannot_hold_costs_only_itself(visitor, stub, value, sent):
    """ingest-values-json-cannot-hold-1: the event was lost without a word. The part is left out, and the console names
    it."""
    visitor.goto("/")

    visitor.evaluate(f"segue.track('Order Completed', {{order_id: '1', total: 5, part: {value}}})")

    (order,) = until(visitor, lambda: stub.named("Order Completed"))
    assert order == {"order_id": "1", "total": 5} | ({} if sent is None else {"part": sent})


def test_the_console_names_what_was_left_out(visitor, stub):
    """ingest-values-json-cannot-hold-1"""
    visitor.goto("/")

    with visitor.expect_console_message(lambda message: message.type == "warning") as told:
        visitor.evaluate("const basket = {}; basket.owner = {basket}; segue.track('Order Completed', {basket})")

    assert told.value.text == "segue: lost: basket"


def test_one_value_in_two_places_is_no_cycle(visitor, stub):
    visitor.goto("/")

    visitor.evaluate(
        "const address = {city: 'Bonn'}; segue.track('Order Completed', {billing: address, shipping: address})"
    )

    until(
        visitor, lambda: stub.named("Order Completed") == [{"billing": {"city": "Bonn"}, "shipping": {"city": "Bonn"}}]
    )


def test_a_value_without_end_is_cut(visitor, stub):
    """Ten levels of ten references each are 10 ** 10 values to whoever follows them all."""
    visitor.goto("/")

    visitor.evaluate(
        "let wide = 1; for (let i = 0; i < 10; i++) wide = Array(10).fill(wide); segue.track('Wide', {wide});"
        " segue.track('After')"
    )

    until(visitor, lambda: stub.named("After"))
    assert len(json.dumps(stub.named("Wide"))) < 100_000


# --- other products ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["async", "type=module", "defer"])
def test_another_product_s_tag_is_not_ours(visitor, stub, kind):
    """ingest-another-products-tag-1: events went to the other's host with the other's key."""
    other = "<script type=text/plain async src='http://127.0.0.1:9/p.js' data-write-key='other_key'></script>"
    stub.pages["/"] = html(head=other).replace("defer", kind)
    visitor.goto("/")
    until(visitor, lambda: visitor.evaluate("!!window.segue"))

    visitor.evaluate(ORDER)

    until(visitor, lambda: stub.named("Order Completed"))
    assert {body["writeKey"] for body in stub.bodies("/v1/batch")} == {KEY}


def test_a_page_that_traces_its_requests_loses_no_event(visitor, stub):
    """ingest-tracing-headers-1: OpenTelemetry's `traceparent` on every fetch of the page, so every one of ours is asked
    for first."""
    trace = (
        "const mine = fetch; window.fetch = (to, {headers, ...rest}) => mine(to, {...rest, headers: {...headers,"
        " traceparent: '00-1-1-01'}})"
    )
    edge = Stub()
    stub.pages["/"] = html(HERO, attributes=f"data-host='{edge.url}'", head=f"<script>{trace}</script>")
    edge.decisions["hero"] = variant("offer", "An offer")

    visitor.goto("/")

    until(visitor, visitor.get_by_text("An offer").is_visible)
    visitor.evaluate(ORDER)
    until(visitor, lambda: edge.named("Order Completed"))
    until(visitor, lambda: waiting(visitor) == [])
    assert "00-1-1-01" in {headers.get("traceparent") for path, headers, _ in edge.requests if path == "/v1/batch"}
    edge.stop()


# --- names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("<form id=profile><input type=hidden name=id value=7><button>Save</button></form>", "profile"),
        (
            (
                "<form name=login id=x><input type=hidden name=name value=7><input type=hidden"
                " name=id><button>Save</button></form>"
            ),
            "login",
        ),
        ("<form name='' id=profile><input type=hidden name=target><button>Save</button></form>", "profile"),
        ("<form><input type=hidden name=name><input type=hidden name=id><button>Save</button></form>", None),
    ],
)
def test_a_form_is_named_by_itself_and_not_by_its_fields(visitor, stub, form, name):
    """ingest-form-with-a-field-named-id-1"""
    stub.pages["/"] = html(form)
    visitor.goto("/")
    visitor.evaluate("addEventListener('submit', (event) => event.preventDefault())")

    visitor.click("button")

    (submitted,) = until(visitor, lambda: stub.named("Form Submitted"))
    assert submitted.get("form") == name


def test_fields_with_the_names_of_what_is_asked_for_break_nothing(visitor, stub):
    """The kind of ingest-form-with-a-field-named-id-1."""
    fields = "".join(f"<input type=hidden name={name}>" for name in ("matches", "closest", "dataset", "id"))
    stub.pages["/"] = html(
        f"<form>{fields}<button type=button data-segue-click='Product Added'>Add</button></form><form"
        " name=title></form>"
    )
    visitor.goto("/")

    visitor.click("button")

    until(visitor, lambda: stub.named("Product Added"))
    assert len(stub.named("page")) == 1


# --- pages that nobody has opened -------------------------------------------------------------------

HIDDEN = "<script>Object.defineProperty(document, 'prerendering', {value: true, configurable: true})</script>"


def test_calls_of_a_page_rendered_ahead_of_time_wait_until_it_is_opened(visitor, stub):
    """ingest-calls-of-a-prerendered-page-1: track() sent the event, and a page view with it."""
    stub.pages["/"] = html(HERO, head=HIDDEN)
    visitor.goto("/")
    visitor.evaluate(
        "segue.track('Explicit call'); segue.identify('u-1'); segue.page(); segue.push(['track', 'Pushed']);"
        " segue.reset()"
    )
    visitor.clock.run_for(3000)
    assert stub.requests == []

    visitor.evaluate("delete document.prerendering; document.dispatchEvent(new Event('visibilitychange'))")

    until(visitor, lambda: stub.named("Explicit call") and stub.named("Pushed"))
    assert [event["type"] for event in stub.events][:3] == ["page", "track", "identify"]


# --- states in the address --------------------------------------------------------------------------

SLIDER = """for (let i = 0; i < 20; i++) setTimeout(() => {
  history.replaceState({}, '', location.pathname + '?price=' + i);
  document.body.append(i + ' ');
}, 100 * i)"""


def test_a_filter_that_an_app_keeps_in_the_address_is_no_view(visitor, stub):
    """ingest-state-in-the-address-1: each step was a page view and a decision."""
    stub.pages["/"] = html(HERO)
    visitor.goto("/")
    until(visitor, lambda: stub.streams)

    visitor.evaluate(SLIDER)
    visitor.clock.run_for(3500)

    until(visitor, lambda: waiting(visitor) == [])
    assert len(stub.named("page")) == 1
    assert len(stub.bodies("/v1/decide")) == 1


def test_a_parameter_that_the_site_names_makes_a_view(visitor, stub):
    """ingest-state-in-the-address-1: `data-query`, for apps whose pages differ by a parameter."""
    stub.pages["/"] = html(attributes="data-query='id view'")
    visitor.goto("/?id=1&price=5")

    visitor.evaluate("history.pushState({}, '', '?id=1&price=6'); document.body.append('filtered')")
    visitor.clock.run_for(1000)
    visitor.evaluate("history.pushState({}, '', '?id=2&price=6'); document.body.append('other')")

    until(visitor, lambda: len(stub.named("page")) == 2)
    assert [view["url"].removeprefix(stub.url) for view in stub.named("page")] == ["/?id=1&price=5", "/?id=2&price=6"]


def test_a_search_is_told_once_nobody_goes_on_typing(visitor, stub):
    """The kind of ingest-state-in-the-address-1: a search that keeps every letter in the address."""
    visitor.goto("/?q=mugs")

    visitor.evaluate(
        "[...'kettle'].forEach((_, i) => setTimeout(() => history.replaceState({}, '', '?q=' + 'kettle'.slice(0, i +"
        " 1)), 300 * i))"
    )
    visitor.clock.run_for(5000)

    until(visitor, lambda: len(stub.named("Products Searched")) >= 2)
    searched = [search["query"] for search in stub.named("Products Searched")]
    assert (searched[0], searched[-1]) == ("mugs", "kettle")
    assert len(searched) < 5
    assert len(stub.named("page")) == 1


def test_a_view_that_an_event_noticed_first_is_decided_for_too(visitor, stub):
    """An app tracks at once what it shows next: the view began there, and its placements kept what the view before
    had."""
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("first", "First")
    visitor.goto("/")
    until(visitor, lambda: stub.streams)
    stub.decisions["hero"] = variant("second", "Second")

    visitor.evaluate("history.pushState({}, '', '/two'); segue.track('Product Viewed')")

    until(visitor, visitor.get_by_text("Second").is_visible)
