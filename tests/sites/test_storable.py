"""What is accepted can be stored: Postgres takes no NUL, and nothing takes half of a surrogate pair."""

import json

import pytest

from sites.storable import is_storable, make_storable
from tests.intake import send
from tracking.event import Entry
from tracking.log.base import encode_entry

WHOLE = {
    "writeKey": "wk_1",
    "sentAt": "2026-05-28T10:00:00Z",
    "context": {
        "timezone": "Europe/Berlin",
        "locale": "de-DE",
        "userAgent": "Mozilla/5.0",
        "page": {"url": "https://shop.example/a", "referrer": "https://b.example/", "title": "T"},
        "campaign": {"source": "news", "medium": "email", "name": "spring"},
        "library": {"name": "x", "version": "1"},
        "traits": {"plan": "gold"},
    },
    "batch": [
        {
            "type": "track", "event": "Product Viewed", "anonymousId": "a", "userId": "u", "messageId": "m", "properties": {"color": "red", "list": ["x"]},
            "context": {"page": {"title": "Own"}, "traits": {"vip": "yes"}},
        }
    ],
}  # fmt: skip


def texts_of(part, path=()):
    """The paths of all texts, and of all names, within a body."""
    if isinstance(part, str):
        yield path
    elif isinstance(part, dict | list):
        for key, value in part.items() if isinstance(part, dict) else enumerate(part):
            yield from texts_of(value, (*path, key))


@pytest.mark.parametrize(
    "path", [path for path in texts_of(WHOLE) if path not in {("writeKey",), ("batch", 0, "type")}], ids=str
)
@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\0"])
@pytest.mark.parametrize("padding", [0, 40_000], ids=["small", "large"])
def test_what_is_accepted_can_be_stored_wherever_it_stands(path, text, padding):
    """Security finding A4: a NUL in the envelope's context was acknowledged and never stored."""
    body = json.loads(json.dumps(WHOLE))
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = text
    body["batch"] += [{"type": "track", "event": "Filler", "anonymousId": "a", "properties": {"p": "x" * 1000}}] * (
        padding // 1000
    )

    received = send(body)

    logged = b"".join(
        encode_entry(Entry(arrival.site, arrival.visitor, arrival.events)) for arrival in received.arrivals
    )
    assert received.refusal is None and len(logged) > 0
    assert b"\\u0000" not in logged and b"\0" not in logged
    logged.decode()


def test_what_cannot_be_kept_is_made_visible():
    assert make_storable("a\0b\ud800c\U0001f600") == "a\ufffdb\ufffdc\U0001f600"
    assert is_storable("Küche \U0001f600") and not is_storable("a\0") and not is_storable("\udfff")
