"""Who is it for t.js? Signing in and out, before consent, with a proof, on two hosts, on a browser that people
share."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.stub import HERO, KEY, appears, html, stored, until, user_stored, variant, waiting

pytestmark = pytest.mark.browser


def last(stub, name: str) -> dict:
    return [event for event in stub.events if event.get("event", event["type"]) == name][-1]


def stream_queries(stub) -> list[dict]:
    paths = [path for path, _, _ in list(stub.requests) if path.startswith("/v1/stream")]
    return [{name: values[0] for name, values in parse_qs(urlsplit(path).query).items()} for path in paths]


# --- signing in -------------------------------------------------------------------------------------


def test_traits_alone_leave_who_it_is(visitor, stub):
    """ingest-identify-with-traits-alone-1: the traits were kept as the id, and every later message was refused."""
    visitor.goto("/")

    visitor.evaluate("segue.identify({plan: 'pro'}); segue.track('Order Completed', {order_id: '1', total: 5})")

    until(visitor, lambda: stub.named("Order Completed"))
    assert last(stub, "identify")["traits"] == {"plan": "pro"}
    assert "userId" not in last(stub, "identify")
    assert "userId" not in last(stub, "Order Completed")


@pytest.mark.parametrize("nobody", ["undefined", "null", "''"])
def test_no_id_leaves_who_it_was(visitor, stub, nobody):
    """ingest-identify-with-traits-alone-1: a page that does not know its user yet."""
    visitor.goto("/")

    visitor.evaluate(f"segue.identify('u-1'); segue.identify({nobody}, {{plan: 'pro'}}); segue.track('Later')")

    until(visitor, lambda: stub.named("Later"))
    assert last(stub, "identify")["traits"] == {"plan": "pro"}
    assert last(stub, "Later")["userId"] == "u-1"


def test_an_id_that_an_older_tracker_kept_wrongly_is_forgotten(visitor, stub):
    """ingest-identify-with-traits-alone-1: browsers that have an object for an id recover by themselves."""
    stub.pages["/"] = html(head=f"<script>localStorage['segue.{KEY}.user'] = '{{\"plan\": \"pro\"}}'</script>")

    visitor.goto("/")

    until(visitor, lambda: stub.named("page"))
    assert "userId" not in last(stub, "page")


def test_a_number_is_an_id(visitor, stub):
    visitor.goto("/")

    visitor.evaluate("segue.identify(42); segue.track('Later')")

    until(visitor, lambda: stub.named("Later"))
    assert last(stub, "Later")["userId"] == "42"


def test_the_first_question_names_who_the_page_said_it_is(visitor, stub):
    """A page that its server made for somebody says so before t.js is there."""
    said = "window.segue = [['identify', 'u-1', {plan: 'pro'}, {userHash: 'h-1'}]]"
    stub.pages["/"] = html(HERO, head=f"<script>{said}</script>")

    visitor.goto("/")

    until(visitor, lambda: stub.streams)
    (question,) = stub.bodies("/v1/decide")
    assert (question["userId"], question["userHash"]) == ("u-1", "h-1")
    assert [event["type"] for event in question["events"]] == ["page", "identify"]


@pytest.mark.parametrize(
    "call",
    [
        "segue.identify('u-1', {plan: 'pro'}, {userHash: 'h-1'})",
        "segue.identify('u-1', {plan: 'pro', userHash: 'h-1'})",
    ],
)
def test_a_proof_goes_with_everything_that_names_the_user(visitor, stub, call):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("first", "First")
    visitor.goto("/")

    visitor.evaluate(f"{call}; segue.track('Later')")

    until(visitor, lambda: stub.named("Later"))
    assert last(stub, "identify")["traits"] == {"plan": "pro"}
    assert (last(stub, "Later")["userId"], last(stub, "Later")["userHash"]) == ("u-1", "h-1")
    until(visitor, lambda: any(question.get("userHash") == "h-1" for question in stub.bodies("/v1/decide")))
    assert stub.bodies("/v1/decide")[-1]["userId"] == "u-1"
    until(
        visitor,
        lambda: any((query.get("userId"), query.get("userHash")) == ("u-1", "h-1") for query in stream_queries(stub)),
    )


def test_the_next_page_has_the_proof_too(visitor, stub):
    stub.pages["/next"] = html(HERO)
    visitor.goto("/")
    visitor.evaluate("segue.identify('u-1', {}, {userHash: 'h-1'})")

    visitor.goto("/next")

    question, *_ = until(visitor, lambda: stub.bodies("/v1/decide"))
    assert (question["userId"], question["userHash"]) == ("u-1", "h-1")
    assert user_stored(visitor) == {"userId": "u-1", "userHash": "h-1"}


def test_a_proof_said_once_stays_with_its_user_alone(visitor, stub):
    visitor.goto("/")

    visitor.evaluate(
        "segue.identify('u-1', {}, {userHash: 'h-1'}); segue.identify('u-1', {plan: 'pro'}); segue.track('Same')"
    )
    visitor.evaluate("segue.identify('u-2'); segue.track('Other')")

    until(visitor, lambda: stub.named("Other"))
    assert last(stub, "Same")["userHash"] == "h-1"
    assert (last(stub, "Other")["userId"], last(stub, "Other").get("userHash")) == ("u-2", None)


def test_who_signs_in_is_decided_for_at_once_and_only_once(visitor, stub):
    stub.pages["/"] = html(HERO)
    visitor.goto("/")
    until(visitor, lambda: stub.streams)
    before = len(stub.bodies("/v1/decide"))

    visitor.evaluate("segue.identify('u-1')")
    until(visitor, lambda: len(stub.bodies("/v1/decide")) == before + 1)
    visitor.evaluate("segue.identify('u-1', {plan: 'pro'})")
    visitor.clock.run_for(2000)

    assert len(stub.bodies("/v1/decide")) == before + 1


# --- signing out ------------------------------------------------------------------------------------


def test_after_a_reset_it_is_somebody_else(visitor, stub):
    """ingest-no-way-to-log-out-1: the next person added to the history of the one before."""
    visitor.goto("/")
    visitor.evaluate("segue.identify('anna-1'); segue.track('Before logout')")
    before = visitor.evaluate("segue.anonymousId()")

    visitor.evaluate("segue.reset(); segue.track('After logout')")

    until(visitor, lambda: stub.named("After logout"))
    after = last(stub, "After logout")
    assert after["anonymousId"] == visitor.evaluate("segue.anonymousId()") != before
    assert "userId" not in after
    assert (last(stub, "Before logout")["anonymousId"], last(stub, "Before logout")["userId"]) == (before, "anna-1")
    assert [view["anonymousId"] for view in stub.events if view["type"] == "page"] == [before, after["anonymousId"]]


def test_a_reset_forgets_nobody_s_choice_and_loses_no_event(visitor, stub):
    stub.status = 503
    visitor.goto("/")
    visitor.evaluate("segue.consent({personalization: false}); segue.identify('anna-1'); segue.track('Unsent')")

    visitor.evaluate("segue.reset()")

    assert stored(visitor, "consent") == {"personalization": False}
    assert "Unsent" in [event.get("event") for event in waiting(visitor)]
    assert visitor.evaluate("Object.keys(localStorage).filter((key) => key.includes('user'))") == []


def test_a_reset_takes_away_what_was_decided_for_the_one_who_left(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("cart", "Your cart, Anna")
    visitor.goto("/")
    appears(visitor, "Your cart, Anna")
    stub.may_decide.clear()

    visitor.evaluate("segue.reset()")

    assert visitor.get_by_text("Your cart, Anna").count() == 0
    assert visitor.get_by_text("Our own words").is_visible()


def test_an_answer_for_the_one_who_left_is_not_shown(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("cart", "Your cart, Anna")
    stub.may_decide.clear()
    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/v1/decide"))

    visitor.evaluate(
        "window.shown = []; document.addEventListener('segue:decision', (event) =>"
        " shown.push(event.detail?.variant?.key))"
    )
    visitor.evaluate("segue.reset()")
    until(visitor, lambda: len(stub.bodies("/v1/decide")) == 2)
    stub.decisions["hero"] = variant("anyone", "For anyone")
    stub.may_decide.set()

    appears(visitor, "For anyone")
    assert "cart" not in visitor.evaluate("shown")


def test_somebody_else_who_signs_in_is_another_visitor(visitor, stub):
    """The kind of ingest-no-way-to-log-out-1: two people on one browser, and a site that tells of no log-out."""
    visitor.goto("/")
    visitor.evaluate("segue.identify('anna-1'); segue.track('Hers')")

    visitor.evaluate("segue.identify('bert-2'); segue.track('His')")

    until(visitor, lambda: stub.named("His"))
    assert (last(stub, "Hers")["userId"], last(stub, "His")["userId"]) == ("anna-1", "bert-2")
    assert last(stub, "Hers")["anonymousId"] != last(stub, "His")["anonymousId"]


# --- before consent ---------------------------------------------------------------------------------


def test_who_signed_in_before_the_choice_is_known_after_it(visitor, stub):
    """ingest-identify-before-consent-1: no event ever carried the user."""
    stub.pages["/"] = html(attributes="data-consent='opt-in'")
    visitor.goto("/")
    visitor.evaluate("segue.identify('u-77', {plan: 'pro'})")
    visitor.clock.run_for(3000)
    assert visitor.evaluate("localStorage.length") == 0

    visitor.evaluate("segue.consent({analytics: true, personalization: true}); segue.track('Later')")

    until(visitor, lambda: stub.named("Later"))
    assert last(stub, "Later")["userId"] == "u-77"
    assert last(stub, "identify")["traits"] == {"plan": "pro"}
    assert [event["type"] for event in stub.events] == ["page", "identify", "track"]


def test_who_signed_out_before_the_choice_stays_unknown(visitor, stub):
    stub.pages["/"] = html(attributes="data-consent='opt-in'")
    visitor.goto("/")

    visitor.evaluate("segue.identify('u-77'); segue.reset(); segue.consent({analytics: true}); segue.track('Later')")

    until(visitor, lambda: stub.named("Later"))
    assert "userId" not in last(stub, "Later")


# --- hosts of one site ------------------------------------------------------------------------------

WWW, BLOG = "http://www.shop.test/", "http://blog.shop.test/"


@pytest.fixture
def hosts(visitor, stub):
    """A visitor for whom two hosts lead to the stub."""
    visitor.context.route(
        "http://*.shop.test/**", lambda route: route.continue_(url=stub.url + urlsplit(route.request.url).path)
    )
    return visitor


def ids(stub) -> list[str]:
    return list(dict.fromkeys(event["anonymousId"] for event in stub.events))


def test_with_their_domain_two_hosts_have_one_visitor(hosts, stub):
    """ingest-one-visitor-on-two-hosts-1: `data-domain` is the site's own choice, because it means a cookie."""
    stub.pages["/"] = html(attributes="data-domain='shop.test'")

    for host in (WWW, BLOG, WWW):
        hosts.goto(host)
        until(hosts, lambda: waiting(hosts) == [])

    assert len(stub.named("page")) == 3
    assert len(ids(stub)) == 1


def test_without_a_domain_there_is_no_cookie(hosts, stub):
    for host in (WWW, BLOG):
        hosts.goto(host)
        until(hosts, lambda: waiting(hosts) == [])

    assert len(ids(stub)) == 2
    assert hosts.context.cookies() == []


def test_who_signs_out_on_one_host_is_out_on_the_other(hosts, stub):
    stub.pages["/"] = html(attributes="data-domain='shop.test'")
    hosts.goto(WWW)
    hosts.evaluate("segue.identify('anna-1')")
    until(hosts, lambda: waiting(hosts) == [])

    hosts.goto(BLOG)
    hosts.evaluate("segue.reset()")
    until(hosts, lambda: waiting(hosts) == [])
    hosts.goto(WWW)
    hosts.evaluate("segue.track('Later')")

    until(hosts, lambda: stub.named("Later"))
    assert "userId" not in last(stub, "Later")
    assert last(stub, "Later")["anonymousId"] == ids(stub)[-1] != ids(stub)[0]


REFUSALS = [
    "window.segue = [['consent', {analytics: false}]]",
    "Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})",
]


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_erases_the_cookie(hosts, stub, refusal):
    stub.pages["/"] = html(attributes="data-domain='shop.test'")
    hosts.goto(WWW)
    until(hosts, lambda: stub.named("page"))
    assert [cookie["name"] for cookie in hosts.context.cookies()] == [f"segue.{KEY}.id"]
    stub.pages["/"] = html(attributes="data-domain='shop.test'", head=f"<script>{refusal}</script>")

    hosts.goto(WWW)
    hosts.clock.run_for(1000)

    assert hosts.context.cookies() == []


def test_a_host_that_has_not_asked_yet_erases_nothing(hosts, stub):
    """Or the visitor of an opt-in site would be a new one after each look at another host."""
    stub.pages["/"] = html(attributes="data-domain='shop.test' data-consent='opt-in'")
    hosts.goto(WWW)
    hosts.evaluate("segue.consent({analytics: true})")
    until(hosts, lambda: waiting(hosts) == [])

    hosts.goto(BLOG)
    hosts.clock.run_for(2000)
    hosts.evaluate("segue.consent({analytics: true})")

    until(hosts, lambda: len(stub.named("page")) == 2)
    assert len(ids(stub)) == 1
