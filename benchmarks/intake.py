"""What does it cost to take a request in? The pipeline from bytes to arrivals: CPU of one batch, beside decoding the
same bytes and looking at each field."""

import gzip
import json
import zlib

import msgspec

from benchmarks.measure import Row, cpu_us, within
from sites.config import SiteConfig, Sites
from tracking.intake import CollectRequest
from tracking.pipeline import Pipeline

NOW = 1_780_000_000_000
GZIP = 31  # zlib's word for that wrapper
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
BROWSER = {
    "origin": "https://shop.example",
    "user-agent": AGENT,
    "accept-language": "de-DE,de;q=0.9",
    "content-type": "text/plain",
}
PERSONAL = frozenset({"email", "phone", "name", "firstName", "lastName", "username", "address", "birthday", "ip"})
SHOP = SiteConfig(
    1,
    "Shop",
    "shop.example",
    "wk",
    "5a" * 32,
    "EUR",
    frozenset({"https://shop.example"}),
    frozenset({"shop.example"}),
    personal_traits=PERSONAL,
)
SITES = Sites([SHOP])


def message(number: int, **fields) -> dict:
    page = {
        "url": f"https://shop.example/p/K-{number}?utm_source=news",
        "path": f"/p/K-{number}",
        "title": "Kettle",
        "referrer": "https://www.google.com/",
    }
    consent = {"categoryPreferences": {"analytics": True, "personalization": True}}
    properties = {
        "product_id": f"K-{number}",
        "name": "Kettle",
        "category": "Kitchen",
        "price": 39.9,
        "page_id": f"page-{number}",
    }
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": f"0b0c6ad2-8a52-4fc8-9a3a-0e3a5a7a1f{number:02}",
        "anonymousId": "5f1d0c7e-3f2e-4a0e-a9f7-2f1f7c0f8e11",
        "userId": None,
        "timestamp": "2026-05-28T20:26:30.123Z",
        "properties": properties,
        "context": {"page": page, "consent": consent},
    } | fields


def body(messages: list[dict]) -> bytes:
    return json.dumps({"writeKey": "wk", "sentAt": "2026-05-28T20:26:39.000Z", "batch": messages}).encode()


def run() -> list[Row]:
    """`must` is the share of the hot path that intake may take; the other bodies show where it would cost more."""
    known = {"userId": "user-17", "traits": {"email": "a@b.example", "plan": "gold"}}
    order = {"order_id": "A", "products": [{"product_id": "K", "price": 1}] * 3}
    as_sent = body([message(n) for n in range(10)])
    return [
        _row("10 events as the tracker sends them", as_sent, 5),
        _row("10 page views", body([message(n, type="page", event=None) for n in range(10)]), 6),
        _row("10 orders of three products", body([message(n, properties=order) for n in range(10)]), 8.5),
        _row("10 events of known users with traits", body([message(n, **known) for n in range(10)]), 12),
        _row("10 events, one of them faulty", body([*(message(n) for n in range(9)), message(9, event=5)]), 16),
        _row("1 event", body([message(1)]), 13),
        _row("10 events, gzip", gzip.compress(as_sent), 7.5),
    ]


def _row(name: str, raw: bytes, must: float) -> Row:
    pipeline, request = (
        Pipeline(rate=10**9, pages_per_minute=10**9),
        CollectRequest("batch", BROWSER, raw, "203.0.113.7"),
    )
    received = pipeline.receive(request, SITES, NOW)
    if received.refusal or not received.arrivals:
        raise AssertionError(received.body)
    return within(
        f"intake: {name}",
        lambda: pipeline.receive(request, SITES, NOW),
        "its JSON decoded and looked through",
        lambda: look_through(raw),
        must=must,
        aim=0.6 * must,
        repeat=50,
        note=f"{len(raw)} bytes; decoding them alone takes {cpu_us(lambda: _plain(raw), 500):.1f} us",
    )


def look_through(raw: bytes) -> int:
    """The least that Python can do with a batch: decode it, and look at each field of each message once."""
    fields = 0
    for one in _plain(raw)["batch"]:
        for value in one.values():
            fields += 1
            if isinstance(value, dict):
                for _ in value.values():
                    fields += 1
    return fields


def _plain(raw: bytes) -> dict:
    return msgspec.json.decode(zlib.decompress(raw, wbits=GZIP) if raw[:2] == b"\x1f\x8b" else raw)
