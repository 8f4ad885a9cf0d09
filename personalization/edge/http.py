"""What does the edge need of HTTP? A request read once, an answer of bytes, and nothing else."""

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

    __slots__ = ("body", "headers", "method", "part", "scope")

    def __init__(self, scope: Scope, part: str = "") -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.headers: Mapping[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.body = b""
        self.part = part  # of the path: what stands where the route's pattern has braces

    @property
    def path(self) -> str:
        return self.scope["path"]

    @property
    def scheme(self) -> str:
        return self.scope.get("scheme", "http")

    @property
    def query_string(self) -> bytes:
        return self.scope["query_string"]

    @property
    def peer(self) -> str:
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query_string.decode("latin-1"), keep_blank_values=True))

    def address(self, trusted_proxies: int) -> str:
        forwarded_for = self.headers.get("x-forwarded-for", "") if trusted_proxies else ""
        return client_of(self.peer, forwarded_for, trusted_proxies)


async def respond(send: Send, response: Response, extra: tuple[tuple[bytes, bytes], ...] = ()) -> None:
    body = response.body
    headers = [*response.headers, *extra, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def stream(send: Send, receive: Receive, answer: Stream) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": list(answer.headers)})
    await answer.run(receive, send)


def event(name: str, data: object, identity: str = "") -> Message:
    """One server-sent event, as a message to send; `identity` is what the client names when it connects again."""
    told = b"id: %b\n" % identity.encode() if identity else b""
    return {
        "type": "http.response.body",
        "body": b"%bevent: %b\ndata: %b\n\n" % (told, name.encode(), msgspec.json.encode(data)),
        "more_body": True,
    }


def remark(text: str) -> Message:
    """A comment of a stream: keeps proxies from closing it, and tells the client nothing."""
    return {"type": "http.response.body", "body": b": %b\n\n" % text.encode(), "more_body": True}
