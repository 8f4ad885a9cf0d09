"""Staff see events as the log gets them, and only those of their site."""

import asyncio

from personalization.feed import _messages
from tracking.event import Entry, Event
from tracking.log.base import encode_entry, log_key

VISITOR = "ab" * 16


def entry(site: int, name: str) -> dict:
    return {"e": encode_entry(Entry(site, VISITOR, [Event(name, "track", name, 1_000, 1_000, path="/p/1")]))}


async def test_an_event_of_the_site_is_sent_when_it_is_logged(redis_client):
    messages = _messages(1)
    assert await anext(messages) == b"retry: 3000\n\n"

    waiting = asyncio.ensure_future(anext(messages))
    await asyncio.sleep(0.3)  # until it waits
    redis_client.xadd(log_key(0), entry(2, "Of another site"))
    redis_client.xadd(log_key(1), {"d": b"decisions"})
    redis_client.xadd(log_key(3), entry(1, "Product Viewed"))
    message = await asyncio.wait_for(waiting, 10)
    await messages.aclose()

    assert message.startswith(b"event: feed\ndata: [")
    assert b'"name":"Product Viewed"' in message
    assert VISITOR.encode() in message
    assert b"another" not in message


async def test_the_feed_ends_when_valkey_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert [message async for message in _messages(1)] == [b"retry: 3000\n\n"]


def test_strangers_get_no_feed(client, site):
    assert client.get("/feed").status_code == 403


def test_staff_get_a_stream(client, site, viewer, valkey_server):
    client.force_login(viewer)

    answer = client.get("/feed")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/event-stream"
