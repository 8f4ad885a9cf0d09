"""When does what was decided appear, count as seen, and change?"""

import pytest

from tests.browser.stub import HERO, KEY, appears, end_budget, hide, html, style, unhide, until, variant

pytestmark = pytest.mark.browser


def types(stub) -> list[str]:
    return [body["type"] for body in stub.bodies("/v1/engagement")]


def test_a_script_that_comes_late_blanks_nothing_that_is_being_read(visitor, stub):
    """Its decision takes the place as one that changes on an open page does."""
    watch = (
        "window.opacities = []; setInterval(() =>"
        " opacities.push(getComputedStyle(document.querySelector('[data-segue-placement]')).opacity), 20)"
    )
    stub.pages["/"] = (
        f"<!doctype html><title>x</title>{style(600_000)}<link rel=icon"
        f" href='data:,'><body>{HERO}<script>{watch}</script>"
    )
    stub.decisions["hero"] = variant("offer", "An offer")
    visitor.emulate_media(reduced_motion="reduce")

    visitor.goto("/")
    end_budget(visitor)
    visitor.evaluate(
        "key => { const script = document.createElement('script'); script.src = '/t.js'; script.dataset.writeKey = key;"
        " document.head.append(script) }",
        KEY,
    )
    appears(visitor, "An offer")

    seen = visitor.evaluate("opacities")
    assert "0" not in seen[seen.index("1") :]


def test_an_element_taller_than_the_window_can_be_seen(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("tall", "Tall", height=3 * 720)

    visitor.goto("/")
    appears(visitor, "Tall")
    visitor.mouse.wheel(0, 500)

    until(visitor, lambda: types(stub) == ["impression"])


def test_a_second_in_the_background_is_no_impression(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("offer", "An offer")
    visitor.goto("/")
    appears(visitor, "An offer")

    hide(visitor)
    visitor.clock.run_for(1500)
    assert types(stub) == []
    unhide(visitor)

    until(visitor, lambda: types(stub) == ["impression"])


def test_what_was_dismissed_stays_away(visitor, stub):
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("offer", "An offer")
    visitor.goto("/")
    appears(visitor, "An offer")
    visitor.get_by_role("button").click()
    appears(visitor, "Our own words")
    visitor.mouse.move(5, 700)

    hide(visitor)
    unhide(visitor)
    visitor.clock.run_for(800)

    assert visitor.get_by_text("Our own words").is_visible()
    until(visitor, lambda: types(stub) == ["dismiss"])


def test_an_element_with_padding_does_not_grow_with_each_change(visitor, stub):
    stub.pages["/"] = html(HERO, head="<style>[data-segue-placement]{padding:20px;border:3px solid}</style>")
    stub.decisions["hero"] = variant("v0", "Text 0")
    visitor.goto("/")
    appears(visitor, "Text 0")
    until(visitor, lambda: stub.streams)
    height = "document.querySelector('[data-segue-placement]').offsetHeight"
    before = visitor.evaluate(height)

    for number in (1, 2, 3):
        stub.decisions["hero"] = variant(f"v{number}", f"Text {number}")
        streams = len(stub.streams)
        stub.push("hero")
        appears(visitor, f"Text {number}")
        until(visitor, lambda streams=streams: len(stub.streams) > streams)

    assert visitor.evaluate(height) == before


def test_only_the_tab_in_front_holds_a_stream(visitor, stub):
    """A browser has six connections to a host: seven tabs must not wait for each other."""
    stub.pages["/"] = html(HERO)
    visitor.goto("/")
    until(visitor, lambda: stub.streams)
    tabs = [visitor.context.new_page() for _ in range(7)]
    hide(visitor)
    for tab in tabs:
        tab.goto("/")
        until(tab, lambda: stub.streams)
        hide(tab)

    tabs[0].evaluate("segue.track('Still alive')")

    until(tabs[0], lambda: stub.named("Still alive"))


def test_what_a_question_without_an_answer_asked_for_is_asked_of_the_stream(visitor, stub):
    """Its stream named no placement, and was refused with 400."""
    stub.pages["/"] = html(HERO)
    stub.status, stub.decisions["hero"] = 503, variant("offer", "An offer")
    visitor.goto("/")
    until(visitor, lambda: stub.streams)
    stub.status = 200
    stub.push("hero")
    stub.cut()

    appears(visitor, "An offer")

    asked = [path for path, _, _ in stub.requests if path.startswith("/v1/stream")]
    assert asked and all(path.partition("&placements=")[2] in ("hero%3A", "hero%3Aoffer") for path in asked)


def test_an_answer_that_comes_for_a_page_left_meanwhile_opens_no_stream(visitor, stub):
    """Nor does it name no placement: the question of the new page, which is on its way, opens its own."""
    stub.pages["/"] = html(HERO)
    stub.decisions["hero"] = variant("offer", "An offer")
    stub.may_decide.clear()
    visitor.goto("/")
    until(visitor, lambda: stub.bodies("/v1/decide"))
    visitor.evaluate("segue.page()")
    stub.may_decide.set()

    appears(visitor, "An offer")
    until(visitor, lambda: stub.streams)

    asked = [path for path, _, _ in stub.requests if path.startswith("/v1/stream")]
    assert all(path.endswith("&placements=hero%3Aoffer") for path in asked)


def test_a_lost_stream_is_opened_again(visitor, stub):
    stub.pages["/"] = html(HERO)
    visitor.goto("/")
    until(visitor, lambda: len(stub.streams) == 1)

    stub.cut()

    until(visitor, lambda: len(stub.streams) == 2, step_ms=1000)
