"""Does t.js slow down where others drive it into a loop, and go on at its own pace afterwards?

Minutes of the page's clock pass in small steps; after each the network comes to rest, so it takes no time of that clock
on any machine.
"""

import pytest

from tests.browser.stub import HERO, html, until, variant

pytestmark = pytest.mark.browser

WATCH = """
  Math.random = () => 0.5;  // how long each browser waits of its own; the same in every run
  window.flying = 0; window.streams = [];
  const call = fetch;
  window.fetch = async (...given) => {
    flying++;
    try {
      const response = await call(...given);
      const body = await response.text();
      return { ok: response.ok, status: response.status, headers: response.headers, json: async () => JSON.parse(body) };
    } finally { flying--; }
  };
  window.EventSource = class extends EventSource {
    constructor(url) { super(url); this.heard = 0; this.addEventListener("decisions", () => this.heard++); streams.push(this); }
  };
"""
AT_REST = (
    "(restless) => !flying && streams.every(({ readyState, heard }) => readyState == 2 || (readyState == 1 && (heard ||"
    " !restless)))"
)


@pytest.fixture
def visitor(visitor):
    visitor.add_init_script(WATCH)
    return visitor


def turn(page, stub, seconds: int, step_ms: int = 1000) -> None:
    """Lets seconds of the page's clock pass."""
    for _ in range(seconds * 1000 // step_ms):
        page.clock.run_for(step_ms)
        rest(page, stub)


def rest(page, stub) -> None:
    """Until what is under way has arrived."""
    for _ in range(2000):
        if page.evaluate(AT_REST, stub.is_restless):
            return
        page.wait_for_timeout(5)
    raise AssertionError("the network never came to rest")


def asked(stub) -> int:
    return len(stub.bodies("/v1/decide"))


def test_a_stream_that_never_agrees_with_the_answer_is_braked(visitor, stub):
    """R17: 248 questions and 248 streams in six seconds, without end."""
    stub.pages["/"] = html(HERO)
    stub.is_restless = True
    visitor.goto("/")

    turn(visitor, stub, 180)

    assert 4 <= asked(stub) <= 14
    assert len(stub.streams) <= 14


def test_after_a_calm_a_change_is_shown_at_once(visitor, stub):
    """R17, R02: the brake is for loops."""
    stub.pages["/"] = html(HERO)
    stub.is_restless = True
    visitor.goto("/")
    turn(visitor, stub, 30)
    stub.is_restless = False
    turn(visitor, stub, 360)  # the longest wait is over, and nothing more came
    before = asked(stub)

    stub.push("hero")

    until(visitor, lambda: asked(stub) == before + 1, step_ms=1)


def test_changes_far_apart_are_never_braked(visitor, stub):
    stub.pages["/"] = html(HERO)
    visitor.goto("/")
    until(visitor, lambda: stub.streams)

    for number in range(8):
        turn(visitor, stub, 15)
        streams, stub.decisions["hero"] = len(stub.streams), variant(f"v{number}", f"Text {number}")
        stub.push("hero")
        until(visitor, lambda streams=streams: len(stub.streams) > streams, step_ms=1)

    assert asked(stub) == 9


def test_streams_that_end_at_once_are_opened_ever_more_rarely(visitor, stub):
    """R17's kind: a server that takes no stream."""
    stub.pages["/"] = html(HERO)
    visitor.goto("/")
    until(visitor, lambda: stub.streams)

    for _ in range(30):
        stub.cut()
        rest(visitor, stub)
        turn(visitor, stub, 60, step_ms=10_000)

    assert 4 <= len(stub.streams) <= 15


def test_batches_that_fail_are_tried_ever_more_rarely(visitor, stub):
    """R17's kind: retries of batches."""
    stub.status = 503
    visitor.goto("/")

    turn(visitor, stub, 600)

    assert 3 <= len(stub.bodies("/v1/batch")) <= 7
    stub.status = 200
    until(visitor, lambda: stub.named("page"), step_ms=10_000)


def test_events_that_go_on_do_not_outrun_the_brake(visitor, stub):
    stub.status = 503
    visitor.goto("/")

    visitor.evaluate("setInterval(() => segue.track('Again'), 500)")
    turn(visitor, stub, 300)

    assert len(stub.bodies("/v1/batch")) <= 6


def test_an_app_that_draws_its_placements_again_and_again_is_braked(visitor, stub):
    """R17's kind: an app that draws anew whenever something was decided."""
    stub.pages["/"] = html("<div id=app></div>")
    stub.decisions["hero"] = variant("offer", "An offer")
    visitor.goto("/")

    visitor.evaluate("""() => {
      const draw = () => { app.innerHTML = '<div data-segue-placement=hero></div>'; };
      document.addEventListener('segue:decision', draw);
      draw();
    }""")
    turn(visitor, stub, 30, step_ms=100)

    assert 4 <= asked(stub) <= 9


def test_addresses_that_change_without_end_are_braked(visitor, stub):
    stub.pages["/"] = html(HERO)
    visitor.goto("/")

    visitor.evaluate(
        "let n = 0; setInterval(() => { history.replaceState({}, '', '/' + n++); document.body.append(n) }, 200)"
    )
    turn(visitor, stub, 30, step_ms=100)

    assert 4 <= asked(stub) <= 9


def test_placements_that_come_one_after_the_other_are_filled(visitor, stub):
    """A list without end, whose reader scrolls on every other second."""
    visitor.goto("/")

    for number in range(10):
        visitor.evaluate(
            "key => document.body.insertAdjacentHTML('beforeend', `<div data-segue-placement=${key}></div>`)",
            f"p{number}",
        )
        until(
            visitor,
            lambda number=number: any(f"p{number}" in question["placements"] for question in stub.bodies("/v1/decide")),
            step_ms=10,
        )
        visitor.clock.run_for(1900)

    assert asked(stub) == 10
