"""What does the edge need of HTTP? A request read once, an answer of bytes, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from tracking.addresses import client_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain; charset=utf-8")
MAX_BODY = 600_000  # bytes; a batch may have 500 KB, and its limit is the pipeline's to explain
BODY_SECONDS = 30.0  # for a whole body, however it trickles: the largest batch takes so long at 140 kbit/s


class TooLarge(Exception):
    """The body is longer than any call may send."""


class TooSlow(Exception):
    """The body was not there in time."""


class Response:
    """A whole answer. `headers` are pairs of bytes, lower-case names."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = (JSON,)) -> None:
        self.status, self.body, self.headers = status, body, headers


class Stream:
    """An answer that goes on until the client leaves: headers, and what runs behind them."""

    __slots__ = ("headers", "run")

    def __init__(
        self, headers: tuple[tuple[bytes, bytes], ...], run: Callable[[Receive, Send], Awaitable[None]]
    ) -> None:
        self.headers, self.run = headers, run


def refuse(status: int, code: str, message: str, field: str = "", *, retry_after: int = 0) -> Response:
    """What every call answers that cannot be carried out: a code for programs, a sentence for people, the field at
    fault; and the seconds after which it may be tried again, where that can help."""
    headers = (JSON, (b"retry-after", b"%d" % retry_after)) if retry_after else (JSON,)
    return Response(status, msgspec.json.encode({"code": code, "message": message, "field": field}), headers)


class Request:
    """One request to a hot path."""

    __slots__ = ("body", "headers", "method", "part", "path", "peer", "query_string", "scheme")

    def __init__(self, scope: Scope, body: bytes) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.scheme: str = scope.get("scheme", "http")
        self.query_string: bytes = scope["query_string"]
        self.headers: Mapping[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        client = scope.get("client")
        self.peer: str = client[0] if client else ""
        self.body = body
        self.part = ""  # of the path: what stands where the route's pattern has braces

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))

    def address(self, trusted_proxies: int) -> str:
        return client_of(self.peer, self.headers.get("x-forwarded-for", ""), trusted_proxies)


async def read_body(scope: Scope, receive: Receive) -> bytes:
    """Raises TooLarge as soon as that is certain, what follows is not read, and TooSlow after BODY_SECONDS.

    A body of a declared length is whole when that many bytes are there. To ask for the message after it, which a server
    may send to say that nothing follows, would cost a second trip between threads (10 us of the 70 that a decision
    takes).
    """
    declared = _declared_length(scope)
    if declared > MAX_BODY:
        raise TooLarge
    task, is_late = asyncio.current_task(), False

    def give_up() -> None:
        nonlocal is_late
        is_late = True
        if task:
            task.cancel()

    # asyncio.timeout does the same with three times the microseconds, which every request would pay.
    timer = asyncio.get_running_loop().call_later(BODY_SECONDS, give_up)
    try:
        return await _read(receive, declared)
    except asyncio.CancelledError:
        # Somebody else may have ended the task as well: then it ends.
        if is_late and task and not task.uncancel():
            raise TooSlow from None
        raise
    finally:
        timer.cancel()


async def _read(receive: Receive, declared: int) -> bytes:
    message = await receive()
    body = message.get("body", b"")
    if len(body) == declared:
        return body
    chunks, size = [body], len(body)
    while message.get("more_body") and size != declared and size <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > MAX_BODY:
        raise TooLarge
    return b"".join(chunks)


def bounded(scope: Scope, receive: Receive, most: int) -> Receive:
    """The `receive` of an application that reads its bodies itself: it gets at most so many bytes, within BODY_SECONDS
    from now.

    Raises TooLarge, and what comes from `receive` may raise it and TooSlow. What follows a whole body has all the time
    it wants.
    """
    if _declared_length(scope) > most:
        raise TooLarge
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    size, is_whole = 0, False

    async def receive_bounded() -> Message:
        nonlocal size, is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        size += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if size > most:
            raise TooLarge
        return message

    return receive_bounded


def _declared_length(scope: Scope) -> int:
    """-1: the body comes in chunks, and its end will be told."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else -1
    return -1


async def respond(send: Send, response: Response, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    headers = [*response.headers, *extra, (b"content-length", b"%d" % len(response.body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def stream(send: Send, receive: Receive, answer: Stream) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(answer.headers)})
    await answer.run(receive, send)


def event(name: str, data: object) -> Message:
    """One server-sent event, as a message to send."""
    return {
        "type": "http.response.body",
        "body": b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode(data)),
        "more_body": True,
    }


def remark(text: str) -> Message:
    """A comment of a stream: keeps proxies from closing it, and tells the client nothing."""
    return {"type": "http.response.body", "body": b": %b\n\n" % text.encode(), "more_body": True}
