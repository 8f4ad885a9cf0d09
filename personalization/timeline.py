"""How does what a visitor did read? Lines of a timeline: what they did by the names of things, what they were shown
taken together, and reports of attention folded away. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from tracking.event import VIEWS

# Reports of a page that is open: they say how long and how closely, not what was done.
QUIET = frozenset(("Page Dwell", "Scroll Depth", "Pointer Activity", "Pointer Moved", "Page Left"))
DONE, SHOWN, ATTENTION = "done", "shown", "attention"
WORDS = {
    "Product Viewed": "Looked at",
    "Product Clicked": "Clicked on",
    "Product Added": "Put into the cart",
    "Product Removed": "Took out of the cart",
    "Product List Viewed": "Browsed",
    "Products Searched": "Searched for",
    "Cart Viewed": "Opened the cart",
    "Checkout Started": "Began to check out",
    "Order Completed": "Ordered",
    "Coupon Applied": "Redeemed",
    "Comparison Viewed": "Compared",
}
SAYS = ("query", "coupon", "category", "list_id")  # properties that name what an event is about, where no product does


class Told(Protocol):
    """What a line reads of an event."""

    at: datetime
    type: str
    name: str
    session: int
    path: str
    title: str
    properties: dict[str, Any]


class Thing(Protocol):
    """An entry of the catalogue."""

    name: str
    image_url: str


@dataclass
class Line:
    """`kind` is DONE (one event), SHOWN or ATTENTION (several in a row)."""

    kind: str
    at: datetime
    words: str
    about: str = ""
    picture: str = ""
    events: list[Told] = field(default_factory=list)


def lines_of(events: Iterable[Told], things: Mapping[str, Thing], creatives: Mapping[str, str] = {}) -> list[Line]:
    """In the order of the events. A page view that a named event of the same moment tells of is no row of its own.
    `creatives`: names by key; one that is not there goes by its key."""
    lines: list[Line] = []
    events = list(events)
    named_at = {(event.session, event.at) for event in events if event.type == "track" and event.name not in QUIET}
    for event in events:
        if event.type in VIEWS and (event.session, event.at) in named_at:
            continue
        kind = kind_of(event)
        if kind != DONE and lines and lines[-1].kind == kind and lines[-1].events[0].session == event.session:
            lines[-1].events.append(event)
            continue
        lines.append(_row(kind, event, things))
    for line in lines:
        if line.events[0].type == "engagement":
            line.about = "; ".join(dict.fromkeys(_shown(event, creatives) for event in line.events))
    return lines


def kind_of(event: Told) -> str:
    if event.type == "engagement" and event.name == "Impression":
        return SHOWN
    return ATTENTION if event.name in QUIET else DONE


def product_of(event: Told) -> str:
    return str(event.properties.get("product_id") or "")


def _row(kind: str, event: Told, things: Mapping[str, Thing]) -> Line:
    if kind == SHOWN:
        return Line(kind, event.at, "Was shown", events=[event])
    if kind == ATTENTION:
        return Line(kind, event.at, "Reports of attention", events=[event])
    thing = things.get(product_of(event))
    about = thing.name if thing else _about(event)
    return Line(kind, event.at, _words(event), about, thing.image_url if thing else "", [event])


def _words(event: Told) -> str:
    if event.type == "engagement":
        return {"Click": "Clicked on", "Dismiss": "Closed"}.get(event.name, event.name)
    if event.type in VIEWS:
        return "Opened a page"
    return WORDS.get(event.name) or event.name or event.type.capitalize()


def _about(event: Told) -> str:
    if event.type in VIEWS:
        return event.title or event.path
    properties = event.properties
    if isinstance(properties.get("products"), list) and event.name != "Cart Viewed":
        names = [str(one.get("name", "")) for one in properties["products"] if isinstance(one, dict)]
        return ", ".join(filter(None, names[:4]))
    return next((str(properties[name]) for name in (*("name",), *SAYS) if properties.get(name)), "")


def creative_of(event: Told) -> str:
    return str(event.properties.get("variant") or "") if event.type == "engagement" else ""


def _shown(event: Told, creatives: Mapping[str, str]) -> str:
    key = creative_of(event)
    return creatives.get(key) or key or str(event.properties.get("placement") or "something")


def strips_of(events: Sequence[Told], things: Mapping[str, Thing], most: int = 12) -> dict[int, list[Thing]]:
    """Session -> the things of the catalogue that were looked at or put into the cart in it, in order, each once."""
    found: dict[int, dict[str, Thing]] = {}
    for event in events:
        key = product_of(event)
        if key in things:
            found.setdefault(event.session, {}).setdefault(key, things[key])
    return {session: list(seen.values())[:most] for session, seen in found.items()}
