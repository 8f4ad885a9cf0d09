"""In which steps does a simulated visit reach Segue, and what does the visitor do about what is shown? Pure.

A visit is a generator of acts with the moments at which they happen: what the page tells (with a question, where the
page asks one), and a look at or a click on what was offered. Whoever drives it sends the offers of each question back,
live over HTTP (`simulator`) or through the fortnight before the shop opened (`past`).
"""

import random
from collections.abc import Generator, Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sites.times import ms_of

LONG_LOOK_SECONDS = 30  # who looks so long at a product is decided for again while the page is open
# Milliseconds after the answer. The next page comes two seconds later at the earliest, so these are before it.
SEEN_AFTER, CLICKED_AFTER = 500, 1_200
SEEN = 0.85  # of what is offered; the rest lies below the fold
CLICKED_DEFAULT, CLICKED, CLICKED_KEENLY = 0.03, 0.1, 0.16  # of what is seen


class Tell(NamedTuple):
    """Messages of one moment, and the placements that the page asks for with them; none where it only tells."""

    at: int
    messages: list[dict[str, Any]]
    placements: tuple[str, ...]


class React(NamedTuple):
    """What is seen, or clicked on, at one moment."""

    at: int
    tokens: tuple[str, ...]
    kind: str  # "impression", "click"


class Offered(NamedTuple):
    """What a question was answered for a placement."""

    placement: str
    variant: str
    is_chosen: bool  # by a rule; else it is the placement's default
    token: str


Act = Tell | React
Course = Generator[Act, list[Offered], None]


def course_of(messages: Iterable[dict[str, Any]], rng: random.Random, *, is_keen: bool) -> Course:
    """The acts of a visit in the order of time. `is_keen`: clicks more often on what was chosen for this visitor."""
    shown: set[tuple[str, str]] = set()  # on this page: what stands there already is not seen a second time
    for step in steps_of(messages):
        if step.messages[0]["type"] == "page":
            shown = set()
        offered = yield step
        fresh = [one for one in offered if (one.placement, one.variant) not in shown]
        shown |= {(one.placement, one.variant) for one in fresh}
        yield from _reactions(fresh, step.at, rng, is_keen=is_keen)


def steps_of(messages: Iterable[dict[str, Any]]) -> Iterator[Tell]:
    """What happened at one moment belongs together."""
    together: list[dict[str, Any]] = []
    for message in messages:
        if together and together[0]["timestamp"] != message["timestamp"]:
            yield _step(together)
            together = []
        together.append(message)
    if together:
        yield _step(together)


def _step(messages: list[dict[str, Any]]) -> Tell:
    asks = messages[0]["type"] == "page" or any(map(_is_long_look, messages))
    path = messages[0]["context"]["page"]["path"]
    at = ms_of(datetime.fromisoformat(messages[0]["timestamp"]))
    return Tell(at, messages, _placements_on(path) if asks else ())


def _is_long_look(message: dict[str, Any]) -> bool:
    return message.get("event") == "Page Dwell" and message["properties"]["seconds"] >= LONG_LOOK_SECONDS


def _placements_on(path: str) -> tuple[str, ...]:
    if path.startswith("/demo/p/"):
        return ("home-hero", "product-offer")
    if path.startswith("/demo/cart"):
        return ("cart-message", "product-offer")
    if path.startswith("/demo/c/"):
        return ("category-banner",)
    if path.startswith("/demo/compare"):
        return ("product-offer",)
    return ("home-hero", "category-banner") if path == "/demo/" else ()


def _reactions(offered: list[Offered], at: int, rng: random.Random, *, is_keen: bool) -> Course:
    """Most are seen; those chosen for somebody are clicked more often than the defaults."""
    seen = [one for one in offered if one.token and rng.random() < SEEN]
    if seen:
        yield React(at + SEEN_AFTER, tuple(one.token for one in seen), "impression")
    interest = CLICKED_KEENLY if is_keen else CLICKED
    for one in seen:
        if rng.random() < (interest if one.is_chosen else CLICKED_DEFAULT):
            yield React(at + CLICKED_AFTER, (one.token,), "click")
