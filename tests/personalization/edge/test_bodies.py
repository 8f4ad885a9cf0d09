"""A body has a size and a time; who exceeds either is answered, and holds neither memory nor a connection (security
findings A1, B6)."""

import asyncio
import json
import math
from collections.abc import Callable
from functools import partial

import pytest

from personalization.edge import Edge, bodies
from personalization.edge.bodies import Bodies
from personalization.edge.http import Request
from tests.personalization.edge.conftest import Client

BODY_PATHS = ["/v1/batch", "/v1/decide", "/v1/engagement", "/admin/login/", "/api/v1/items/import/", "/nothing/"]
JSON_OF_SOMEBODY = {"content-type": "application/json", "authorization": "Bearer sk_x"}
FILE_OF_SOMEBODY = {"content-type": "multipart/form-data; boundary=x", "cookie": "sessionid=x"}


async def django(scope, receive, send):
    """Reads as Django does: the whole body, before anything is answered."""
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


@pytest.fixture
async def edge(store):
    application = Edge(django)
    await application.start()
    yield application
    await application.stop()


@pytest.fixture
async def alarms(monkeypatch) -> list[Callable[[], None]]:
    """What the loop is asked to do later; a test does it when it likes."""
    asked: list[Callable[[], None]] = []
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "call_later", lambda delay, call, *arguments: asked.append(partial(call, *arguments)))
    return asked


async def answer(edge, path, receive, **headers) -> tuple[int, dict, bytes]:
    sent = []

    async def send(message):
        sent.append(message)

    await asyncio.wait_for(edge(Client(edge).scope("POST", path, **headers), receive, send), 20)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def pieces(*bodies: bytes, endless: bytes = b""):
    """Bodies one after the other, then one for ever, or nothing that ever comes."""
    waiting = list(bodies)

    async def receive():
        await asyncio.sleep(0)
        if waiting:
            return {"type": "http.request", "body": waiting.pop(0), "more_body": True}
        if not endless:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": endless, "more_body": True}

    return receive


def request(length: int) -> Request:
    headers = [(b"content-length", b"%d" % length)]
    return Request({"method": "POST", "path": "/", "query_string": b"", "headers": headers})


async def never_read():
    raise AssertionError("the body was read")


@pytest.mark.parametrize("path", BODY_PATHS)
@pytest.mark.parametrize(
    "receive", [pieces(), pieces(b"{"), pieces(b"{", endless=b"")], ids=["nothing", "a beginning", "nothing more"]
)
async def test_a_body_that_does_not_come_is_given_up(edge, monkeypatch, path, receive):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)

    status, headers, _ = await answer(edge, path, receive, content_length="500000")

    assert (status, headers[b"connection"]) == (408, b"close")


@pytest.mark.parametrize("path", BODY_PATHS)
async def test_a_body_that_trickles_is_given_up_too(edge, monkeypatch, path):
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.01)

    status, _, _ = await answer(edge, path, pieces(endless=b" "), content_length="500000")

    assert status == 408


async def test_a_task_that_is_ended_while_it_reads_ends():
    reading = asyncio.ensure_future(Bodies().read(request(500_000), pieces(b"{")))
    await asyncio.sleep(0)

    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_a_body_that_came_in_time_leaves_nothing_behind(alarms, monkeypatch):
    assert await Bodies().read(request(2), pieces(b"{}")) == b"{}"

    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: math.inf)
    [look] = alarms
    look()
    assert not asyncio.current_task().cancelling()
    assert len(alarms) == 1  # there is nobody to look after any more


async def test_a_page_may_hear_of_what_follows_its_body_at_any_time(edge, monkeypatch):
    """Django waits for the client's leaving as long as it works on the answer."""
    monkeypatch.setattr(bodies, "BODY_SECONDS", 1.0)
    loop, heard = asyncio.get_running_loop(), []
    clock = loop.time

    async def working(scope, receive, send):
        heard.append(await receive())
        heard.append(await receive())
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    messages = [{"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}]

    async def receive():
        if len(messages) == 2:  # from then on it is later than a body may come
            monkeypatch.setattr(loop, "time", lambda: clock() + 5 * bodies.BODY_SECONDS)
        else:
            await asyncio.sleep(0)  # the turn in which an alarm would end this
            await asyncio.sleep(0)
        return messages.pop(0)

    edge.django = working
    status, _, _ = await answer(edge, "/admin/login/", receive)

    assert status == 299
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]


@pytest.mark.parametrize(
    ("path", "size", "headers"),
    [
        ("/v1/batch", 600_001, {}),
        ("/v1/decide", 600_001, {}),
        ("/admin/login/", 300_000_000, {}),
        ("/nothing/", 2_500_001, {}),
        ("/api/v1/items/", 2_500_001, JSON_OF_SOMEBODY),
        ("/api/v1/items/import/", 2_500_001, {"content-type": "application/json"}),
        ("/api/v1/items/import/", 2_500_001, {"content-type": "multipart/form-data", "authorization": "Bearer sk_x"}),
        ("/api/v1/items/import/", 20_000_001, JSON_OF_SOMEBODY),
        ("/site/3/catalogue/import/", 2_500_001, {"content-type": "multipart/form-data; boundary=x"}),
        ("/site/3/catalogue/import/", 20_000_001, FILE_OF_SOMEBODY),
        ("/api/v1/pictures/", 17_000_001, FILE_OF_SOMEBODY),
        ("/api/v1/pictures/", 2_500_001, JSON_OF_SOMEBODY),
        ("/site/3/creatives/pictures/upload", 17_000_001, FILE_OF_SOMEBODY),
    ],
)
async def test_a_body_that_says_it_is_too_large_is_refused_unread(edge, path, size, headers):
    status, _, body = await answer(edge, path, never_read, content_length=str(size), **headers)

    assert status == 413
    assert json.loads(body)["code"] == "body_too_large"


async def test_a_body_that_does_not_say_how_large_it_is_is_cut_off(edge):
    assert (await answer(edge, "/admin/login/", pieces(endless=b"x" * 100_000)))[0] == 413
    assert (await answer(edge, "/v1/batch", pieces(endless=b"x" * 100_000)))[0] == 413


@pytest.mark.parametrize(
    ("path", "size", "headers"),
    [
        ("/campaigns/new/", 2_400_000, {}),
        ("/api/v1/items/import/", 19_000_000, JSON_OF_SOMEBODY),
        ("/site/3/catalogue/import/", 19_000_000, FILE_OF_SOMEBODY),
    ],
)
async def test_what_people_and_programs_send_gets_through(edge, path, size, headers):
    chunk = b"x" * 100_000

    async def receive(left=[size]):  # noqa: B006 - what is left, from call to call
        left[0] -= len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": left[0] > 0}

    assert await answer(edge, path, receive, **headers) == (299, {}, b"%d" % size)
