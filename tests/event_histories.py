"""Event rows and the histories that they are asked of, at random, for quick properties of the fold."""

import random

from hypothesis import strategies as st

from sites.times import DAY_MS, MINUTE_MS
from tests.events import START
from tracking.event import SERVER, Event

NAMES = ("Product Viewed", "Product Added", "Order Completed", "page", "Click")
CATEGORIES = ("coffee", "tea", "Coffee", "", 7, 7.0, "7", True, None, ["coffee", "tea"], ["tea", 7], {"a": 1})
PRICES = (0, 5, 12.5, "12.50", "5", "1,200.00", -3, "-3", 1e300, None, True, "x")
TAGS = (None, [], [{"category": "coffee"}, {"category": "tea"}], [{"category": 7}, 3], {"category": "coffee"})
WAITS = (0, 1, 1000, MINUTE_MS, 29 * MINUTE_MS, 45 * MINUTE_MS, -5 * MINUTE_MS, -DAY_MS, DAY_MS, 9 * DAY_MS)
PROPERTY_TESTS = (
    {"category": "coffee"},
    {"category": 7},
    {"category": True},
    {"category": {"$ne": "coffee"}},
    {"category": {"$in": ["coffee", "tea"]}},
    {"category": {"$nin": ["coffee", 7]}},
    {"category": {"$exists": False}},
    {"category": {"$startsWith": "cof"}},
    {"category": {"$contains": "offe"}, "price": {"$gt": 5}},
    {"price": {"$gte": 5, "$lt": 12.5}},
    {"price": {"$lte": 0}},
    {"products.category": "coffee"},
    {"products.category": {"$nin": ["coffee"]}},
    {"products.category": {"$exists": True}},
    {"$path": {"$startsWith": "/p"}},
)


def make_row(rng: random.Random) -> dict:
    """Numbers and windows are small, so that chance meets them."""
    measure = rng.choice(["count", "count", "worth", "share", "then"])
    row = {"event": rng.choice(NAMES), "in": rng.choice(["session", "ever", {"days": 1}, {"days": 10}])}
    if measure == "share" or rng.random() < 0.6:
        row["where"] = rng.choice(PROPERTY_TESTS)
    if measure == "then":
        row["then"] = {"event": rng.choice(NAMES)}
        if rng.random() < 0.4:
            row["then"]["where"] = rng.choice(PROPERTY_TESTS)
        row["within"] = rng.choice([{"minutes": 1}, {"minutes": 30}, {"days": 1}])
    if measure in ("count", "then"):
        row["count"] = {rng.choice(["$gte", "$lte", "$eq"]): rng.choice([0, 1, 1, 2, 3, 5])}
    if measure == "worth":
        row["worth"] = {rng.choice(["$gte", "$lte"]): rng.choice([0, 500, 1250, 3000])}
        if rng.random() < 0.5:
            row["of"] = "price"
    if measure == "share":
        row["share"] = {rng.choice(["$gte", "$lte"]): rng.choice([0, 34, 50, 100])}
    return row


def make_history(rng: random.Random, number: int, prefix: str = "m") -> list[Event]:
    """In the order of arrival, in which some are late."""
    at, events = START + rng.choice([0, DAY_MS]), []
    for position in range(number):
        at += rng.choice(WAITS)
        name = rng.choice(NAMES)
        kind = {"page": "page", "Click": "engagement"}.get(name, "track")
        told = {"category": CATEGORIES, "price": PRICES, "total": PRICES, "products": TAGS}
        properties = {key: rng.choice(values) for key, values in told.items() if rng.random() < 0.6}
        context = rng.choice([{}, {}, {"currency": "EUR"}, {"channel": SERVER}])
        if rng.random() < 0.2:
            properties["currency"] = rng.choice(["EUR", " eur ", "USD", ""])
        path = rng.choice(["", "/p/1", "/sale"])
        events.append(
            Event(
                f"{prefix}{position}", kind, "Kettle" if kind == "page" else name, at, at + rng.choice([0, 1000]),
                path=path, properties=properties, context=context,
            )
        )  # fmt: skip
    return events


@st.composite
def asked(draw, most: int = 40):
    """A row, two histories of one visitor, and chance for more."""
    rng = random.Random(draw(st.integers(0, 2**48)))
    return make_row(rng), make_history(rng, rng.randint(0, most)), make_history(rng, rng.randint(0, 12), "n"), rng
