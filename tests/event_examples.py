"""Event rows of every form, and histories as they come: late, told twice, out of order, across the borders of sessions and days,
from two devices of one person."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from sites.times import DAY_MS, MINUTE_MS, ms_of
from tracking.event import SERVER, Event

# Half an hour before midnight in Berlin, two days before its clocks are changed: days and borders are near.
BEGIN = ms_of(datetime(2026, 3, 27, 22, 30, tzinfo=UTC))
EVENTS = (
    "Product Viewed",
    "Product Viewed",
    "Product Added",
    "Order Completed",
    "page",
    "Click",
    "identify",
    "Ünï “x” %s",
)
KINDS = {"page": "page", "Click": "engagement", "identify": "identify"}
WORDS = ("coffee", "tea", "Coffee", "coff", "", "7", "12.50", "-3", "1,200.00", "5\n", "ü“%", "x" * 60)
NUMBERS = (0, 5, 7, 7.0, 12.5, 12.345, -3, 1e300, 2**53, 0.1)
USUAL = ("coffee", "tea", 5, 12.5, "12.50", True)  # half of all values are of these, so that rows meet them
PLAIN = (*USUAL * 4, *WORDS, *NUMBERS, False, None)
NAMES = ("category", "price", "total", "tags", "cart", "products", "ünï %s", "revenue", "value")
PATHS = (
    *NAMES,
    "cart.price",
    "products.category",
    "products.price",
    "products.sizes.name",
    "cart.tags",
    "$path",
    "$title",
    "$host",
)
WAITS = (
    0,
    1,
    1000,
    MINUTE_MS,
    29 * MINUTE_MS,
    30 * MINUTE_MS,
    30 * MINUTE_MS - 1,
    45 * MINUTE_MS,
    5 * 60 * MINUTE_MS,
    DAY_MS,
    9 * DAY_MS,
)
LATE = (-1, -1000, -5 * MINUTE_MS, -31 * MINUTE_MS, -DAY_MS, -11 * DAY_MS)


class Told(NamedTuple):
    """What comes in one request: from a device (0 or 1), and whether it says who the person is."""

    device: int
    is_known: bool
    events: tuple[Event, ...]


class Example(NamedTuple):
    argument: dict
    history: tuple[Told, ...]
    waited: int  # milliseconds from the latest event until it is asked


def make_example(rng: random.Random, currency: str, prefix: str) -> Example:
    names = rng.sample(EVENTS, 3)
    waited = rng.choice((0, 0, 29 * MINUTE_MS, 30 * MINUTE_MS, DAY_MS))
    return Example(make_row(rng, names), make_history(rng, names, currency, prefix), waited)


# --- rows -------------------------------------------------------------------------------------------


def make_row(rng: random.Random, names: Sequence[str]) -> dict:
    """Numbers and windows are small, so that chance meets them."""
    measure = rng.choice(("count", "count", "count", "worth", "share", "then"))
    row: dict = {"event": rng.choice(names)}
    if rng.random() < 0.8:
        row["in"] = rng.choice(("session", "session", "ever", {"days": 1}, {"days": rng.randint(1, 30)}))
    if measure == "share" or rng.random() < 0.6:
        row["where"] = make_where(rng)
    if measure == "then":
        row["then"] = {"event": rng.choice(names)}
        if rng.random() < 0.4:
            row["then"]["where"] = make_where(rng)
        row["within"] = rng.choice(({"minutes": 1}, {"minutes": 30}, {"hours": 5}, {"days": 1}, {"days": 30}))
    if measure == "worth":
        row["worth"] = {rng.choice(("$gte", "$lte")): rng.choice((0, 500, 1250, 3000))}
        if rng.random() < 0.5:
            row["of"] = rng.choice(("price", "total", "ünï %s"))
    elif measure == "share":
        row["share"] = {rng.choice(("$gte", "$lte")): rng.choice((0, 34, 50, 100))}
    elif rng.random() < 0.9:
        row["count"] = {rng.choice(("$gte", "$lte", "$eq")): rng.choice((0, 1, 1, 2, 3, 4, 5, 16, 17, 100))}
    return row


def make_where(rng: random.Random) -> dict:
    return {rng.choice(PATHS): _make_test(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))}


def _make_test(rng: random.Random):
    told = [value for value in PLAIN if value not in (None, 1e300)]
    if rng.random() < 0.4:
        return rng.choice(told)
    tests = {
        "$eq": rng.choice(told),
        "$ne": rng.choice(told),
        "$in": rng.sample(told, rng.randint(1, 4)),
        "$nin": rng.sample(told, rng.randint(1, 4)),
        **{sign: rng.choice((0, 5, 12.5, 7, -3, 0.1)) for sign in ("$gt", "$gte", "$lt", "$lte")},
        "$exists": rng.random() < 0.5,
        "$startsWith": rng.choice(("c", "coff", "", "/p", "ü", "1")),
        "$contains": rng.choice(("off", "", "%", "/", "2.5")),
    }
    return {name: tests[name] for name in rng.sample(sorted(tests), rng.choice((1, 1, 2)))}


# --- histories --------------------------------------------------------------------------------------


def make_history(rng: random.Random, names: Sequence[str], currency: str, prefix: str) -> tuple[Told, ...]:
    """In the order of arrival. Two in five persons have a second device, one in forty a long history."""
    number = rng.randint(130, 300) if rng.random() < 0.025 else rng.randint(0, 25)
    names = names[:2] if number > 100 else names
    is_two, at = rng.random() < 0.4, BEGIN
    history: list[Told] = []
    done = 0
    while done < number:
        size = min(rng.choice((1, 1, 1, 2, 3, 10)), number - done)
        at += rng.choice(WAITS)
        events = []
        for position in range(size):
            moment = at + position * rng.choice((0, 1, 500))
            if rng.random() < 0.15:
                moment += rng.choice(LATE)
            events.append(_make_event(rng, f"{prefix}-{done + position}", rng.choice(names), moment, currency))
        device = rng.randint(0, 1) if is_two else 0
        before = [event for told in history if told.device == device for event in told.events]
        if before and rng.random() < 0.15:  # a retry, by another reading of the clock, or a message id used again
            again = rng.choice(before)
            events.insert(
                rng.randint(0, size), _copy(again, at=again.at + rng.choice((0, 7)), properties={"category": "tea"})
            )
        history.append(Told(device, is_two and rng.random() < 0.3, tuple(events)))
        done += size
    return tuple(history)


def _make_event(rng: random.Random, identity: str, name: str, at: int, currency: str) -> Event:
    properties = {key: _make_value(rng, key) for key in rng.sample(NAMES, rng.randint(0, 5))}
    context = {"currency": currency} if currency != "EUR" else {}
    if rng.random() < 0.2:
        properties["currency"] = rng.choice((currency, f" {currency.lower()} ", "USD", ""))
        context = {"currency": currency}
    if rng.random() < 0.1:
        context["channel"] = SERVER
    kind = KINDS.get(name, "track")
    return Event(
        identity, kind, "Kettle" if kind == "page" else name, at, at + 50, path=rng.choice(("", "/", "/p/1")),
        host=rng.choice(("", "shop.example")), title=rng.choice(("", "Coffee & more")), properties=properties, context=context,
    )  # fmt: skip


def _make_value(rng: random.Random, key: str):
    if key == "cart":
        return rng.choice(({"price": rng.choice(PLAIN), "tags": rng.sample(PLAIN, 2)}, {}, rng.choice(PLAIN)))
    if key == "products":
        return [_make_product(rng) for _ in range(rng.randint(0, 3))]
    if key == "tags" or rng.random() < 0.1:
        return rng.sample(PLAIN, rng.randint(0, 3))
    return rng.choice(PLAIN)


def _make_product(rng: random.Random):
    sizes = rng.choice(([{"name": rng.choice(WORDS)}, {"name": 7}], {"name": "coffee"}, None))
    return rng.choice(({"category": rng.choice(PLAIN), "price": rng.choice(PLAIN), "sizes": sizes}, {"price": "5"}, 7))


def _copy(event: Event, **fields) -> Event:
    told = {
        name: getattr(event, name)
        for name in ("message_id", "type", "name", "at", "received_at", "path", "host", "title")
    }
    return Event(**told | {"properties": event.properties, "context": event.context} | fields)


def fresh(events: Sequence[Event], user: str) -> list[Event]:
    """As nobody has folded them yet."""
    return [_copy(event, user=user) for event in events]
