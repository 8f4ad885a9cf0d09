"""Events as the pipeline hands them to the fold, and profiles made of them: what tests of profiles are written in."""

import random

from hypothesis import strategies as st

from segments.effects import EFFECTS, EFFECTS_OF_TYPE
from segments.profile import Profile, decode, encode, fold, merge
from sites.times import DAY_MS
from tracking.event import SERVER, Event, Referral

START = 1_760_000_000_000
MINUTE = 60_000


def event(name="", at=START, type="track", **fields):
    return Event(fields.pop("message_id", f"{name}-{at}"), type, name, at, at, **fields)


def page(at=START, **properties):
    return event("", at, "page", path="/p", properties=properties)


def folded(*events, profile=None):
    profile = profile or Profile()
    for one in events:
        fold(profile, one)
    return profile


letters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])  # the pipeline lets neither through
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(letters, max_size=80),
)
SMALL = ["K-1", "K-2", "K-3", "Kitchen", "Garden", 7, 19.99, "39.90", -1, 0, 55, True]
PROPERTIES = [
    "product_id",
    "sku",
    "category",
    "price",
    "quantity",
    "page_id",
    "seconds",
    "percent",
    "moves",
    "clicks",
    "query",
    "order_id",
    "total",
    "revenue",
    "filters",
    "sorts",
    "products",
    "rule_id",
    "day",
    "decision",
    "placement",
    "campaign",
    "variant",
    "personalization",
    "analytics",
    "currency",
]
_small = st.one_of(st.sampled_from(SMALL), scalars)
_lists = st.lists(st.dictionaries(st.sampled_from([*PROPERTIES, "type"]), _small, max_size=4), max_size=30)
properties = st.dictionaries(st.sampled_from(PROPERTIES), st.one_of(_small, _lists), max_size=8)
CONTEXTS = [{}, {}, {"channel": SERVER}, {"currency": "EUR"}]
KINDS = [*EFFECTS, *((kind, "") for kind in EFFECTS_OF_TYPE), ("track", "Something Else"), ("group", "")]
WAITS = [0, 1000, MINUTE, 40 * MINUTE, -5 * MINUTE, -DAY_MS, 3 * DAY_MS]


@st.composite
def streams(draw, max_size=30):
    """How many events, and the odd values and names in them, Hypothesis chooses and shrinks; what is put together of
    them, a seed: to draw each part of each event took ten times as long as all that was asked of the events."""
    number, odd = draw(st.integers(0, max_size)), draw(st.lists(scalars, min_size=1, max_size=8))
    names = draw(st.lists(st.text(letters, max_size=50), min_size=1, max_size=8))
    rng = random.Random(draw(st.integers(0, 2**32)))
    at, events = START, []
    for position in range(number):
        at += rng.choice(WAITS)
        kind, name = rng.choice(KINDS)
        traits = {rng.choice(names): rng.choice(odd) for _ in range(rng.randint(0, 20))} if kind == "identify" else {}
        referral = Referral(rng.choice(["search", "direct", "paid"]), rng.choice(names)[:5])
        events.append(
            Event(
                f"m{position}",
                kind,
                name,
                at,
                at,
                properties={key: _value(rng, odd) for key in rng.sample(PROPERTIES, rng.randint(0, 8))},
                traits=traits,
                referral=rng.choice([None, referral]),
                device=rng.choice(["", "mobile", "desktop"]),
                context=rng.choice(CONTEXTS),
            )
        )
    return events


def _value(rng, odd):
    """Something that is usual, something odd, or a list of things with properties of their own."""
    kind = rng.choice("uuuool")
    if kind == "l":
        keys = [*PROPERTIES, "type"]
        return [
            {key: rng.choice(SMALL) for key in rng.sample(keys, rng.randint(0, 4))} for _ in range(rng.randint(0, 30))
        ]
    return rng.choice(SMALL if kind == "u" else odd)


def copied(events):
    return [
        Event(
            one.message_id,
            one.type,
            one.name,
            one.at,
            one.received_at,
            path=one.path,
            referral=one.referral,
            device=one.device,
            properties=one.properties,
            traits=one.traits,
            context=one.context,
        )
        for one in events
    ]


def clone(profile):
    return decode(encode(profile))


def merged(one, other):
    result = clone(one)
    merge(result, clone(other))
    return result


BUSY = [
    page(START, category="Kitchen", product_id="K-1", page_id="a", price=40),
    event("Page Dwell", START + 40_000, properties={"page_id": "a", "seconds": 31.5}),
    page(START + 60_000, category="Kitchen", product_id="K-2", price=20),
    page(START + 90_000, category="Garden"),
    event("Scroll Depth", START + 95_000, properties={"percent": 80}),
    event("Pointer Activity", START + 96_000, properties={"moves": 40, "clicks": 2}),
    event("Internal Link Clicked", START + 97_000),
    event("Products Searched", START + 98_000, properties={"query": "Kettle"}),
    event(
        "Product List Filtered",
        START + 99_000,
        properties={"category": "Garden", "filters": [{"type": "price", "value": "-50"}]},
    ),
    event("Comparison Viewed", START + 100_000, properties={"products": ["K-1", "K-2"]}),
    event("Form Submitted", START + 101_000),
    event("Product Added", START + 120_000, properties={"product_id": "K-1", "price": 40, "quantity": 2}),
]
NOW = START + 120_000


def order(order_id="A-1", at=START, *, currency=None, **properties):
    told = {"order_id": order_id} | properties
    if currency:  # as `tracking.steps.description` marks it on a site in EUR
        told["currency"] = currency
    return event(
        "Order Completed",
        at,
        message_id=f"{order_id}-{at}-{properties}",
        properties=told,
        context={"currency": "EUR"} if currency else {},
    )


def refund(order_id="A-1", at=START, name="Order Refunded", **properties):
    return event(name, at, properties={"order_id": order_id} | properties)


def identify(at=START, **traits):
    return event("", at, "identify", message_id=f"{at}-{traits}", traits=traits)


def told_by_server(name="", at=START, kind="identify", **fields):
    return event(name, at, kind, context={"channel": SERVER}, **fields)


def sessions_of(profile):
    """Begin and end of each, by time."""
    return sorted((one.started_at, one.last_at) for one in (*profile.past_sessions, profile.session) if one.number)
