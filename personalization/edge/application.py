"""The ASGI application: the edge's routes first, Django for everything else."""

import asyncio
import gc
import re
import time
from collections.abc import Awaitable, Callable

import structlog
from django.conf import settings

from personalization.edge import collect, decision, engage, operations
from personalization.edge.http import (
    JSON,
    TEXT,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    TooLarge,
    TooSlow,
    bounded,
    read_body,
    refuse,
    respond,
)
from personalization.edge.state import State
from personalization.edge.tracker import Tracker
from tracking import browsers
from tracking.addresses import subscriber

log = structlog.get_logger(__name__)

Handler = Callable[[State, Request], Awaitable[Response]]

MESSAGES = ("batch", "track", "page", "screen", "identify", "alias", "group", "import")
LETTERS = {
    "b": "batch",
    "t": "track",
    "p": "page",
    "s": "screen",
    "i": "identify",
    "a": "alias",
    "g": "group",
    "m": "metrics",
}
# Bytes of what goes to Django: its forms and the management API's JSON, and the catalogue that somebody brings with a
# token or a session.
MAX_DJANGO_BODY, MAX_IMPORT_BODY = 2_500_000, 20_000_000
IMPORT = "/api/v1/items/import/"
TOO_LARGE = refuse(413, "body_too_large", "A batch may have 500 KB.", "body")
TOO_LARGE_FOR_DJANGO = Response(
    413,
    b'{"code":"body_too_large","detail":"A body may have 2.5 MB, an import of items that names somebody 20 MB."}',
    (JSON,),
)
TOO_SLOW = Response(
    408,
    b'{"code":"body_too_slow","message":"The body did not arrive in time.","field":"body"}',
    (JSON, (b"connection", b"close")),
)
# A 401 or 404 instead would have clients throw their events away.
STARTING = refuse(
    503, "starting", "This process has not heard of any sites yet; keep what you have and try again.", retry_after=2
)
FAILED = Response(
    500, b'{"code":"internal","message":"Something failed on our side; the request id names it."}', (JSON,)
)
# Requests make few cycles; the default looks for them every 700 allocations.
COLLECT_GARBAGE = (20_000, 20, 50)
START_AGAIN_SECONDS = 2.0
REQUEST_ID = re.compile(r"^[\w.:-]{1,100}$")


def _collector(kind: str) -> Handler:
    async def handle(state: State, request: Request) -> Response:
        return await collect.collect(state, request, kind)

    return handle


async def _settings(state: State, request: Request) -> Response:
    """GET /v1/projects/{writeKey}/settings: what analytics.js asks for first."""
    key = request.path.split("/")[3]
    access = state.snapshots.sites.by_key.get(key)
    if access is None or access.is_secret:
        return refuse(404, "invalid_write_key", "no site has this write key", "writeKey")
    scheme, _, host = state.base_url(request).partition("://")
    return Response(200, browsers.settings_answer(access.site, host, scheme), (JSON, (b"cache-control", b"no-store")))


async def _pixel(state: State, request: Request) -> Response:
    return await engage.pixel(state, request, request.path[len("/v1/i/") :])


async def _redirect(state: State, request: Request) -> Response:
    return await engage.redirect(state, request, request.path[len("/v1/c/") :])


POSTS: dict[str, Handler] = {
    **{f"/v1/{kind}": _collector("batch" if kind == "import" else kind) for kind in MESSAGES},
    **{f"/v1/{letter}": _collector(kind) for letter, kind in LETTERS.items()},
    "/v1/decide": decision.decide,
    "/v1/engagement": engage.engage,
}
# Answered whatever state the process is in, also while it has none: then with what keeps it from starting.
PROBES: dict[str, Callable[[State | None, str], Response]] = {
    "/health/live": operations.live,
    "/health/ready": operations.ready,
}
GETS: dict[str, Handler] = {
    "/metrics": operations.metrics,
    "/t.js": Tracker(),
}
GET_PREFIXES: dict[str, Handler] = {"/v1/i/": _pixel, "/v1/c/": _redirect, "/v1/projects/": _settings}
STREAM = "/v1/stream"
TOO_MANY_STREAMS = refuse(429, "too_many_streams", "This address holds as many streams as it may.", retry_after=30)
# Calls that cost an answer each, whoever asks. What collects is counted by the message (`tracking.pipeline`); a click
# leads a person on.
COUNTED = ("/v1/decide", "/v1/engagement", "/v1/i/")


class Edge:
    """`application` of the server. Starts with the lifespan, or with the first request where the server sends none."""

    def __init__(self, django) -> None:
        self.django = django
        self.state: State | None = None
        self.problem = ""  # why there is no state yet
        self._starting: asyncio.Task | None = None
        self._tried = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["type"] != "http":
            return
        path, method = scope["path"], scope["method"]
        if path.startswith(
            "//v1/"
        ):  # many give a client this host with a slash at its end; events must not be lost for that
            path = scope["path"] = path[1:]
        if "//" in path:  # a proxy that keeps an address to itself would not know it in this form
            await respond(send, Response(404, b"there is nothing at an address with two slashes in a row\n", (TEXT,)))
            return
        handler = POSTS.get(path) if method == "POST" else _reader(path) if method in ("GET", "HEAD") else None
        if handler is not None:
            await self._serve(handler, scope, receive, send)
        elif path in PROBES and method in ("GET", "HEAD"):
            await respond(send, PROBES[path](self.state, self.problem))
        elif path == STREAM and method == "GET":
            await self._stream(scope, receive, send)
        elif path.startswith("/v1/"):
            await self._refuse(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _serve(self, handler: Handler, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        request = None
        state = self.state or await self.start()
        if state is None:
            await respond(send, STARTING, _extra_headers(Request(scope, b"")))
            return
        try:
            request = Request(scope, b"")
            refusal = _refusal(state, request)
            if refusal is None and scope["method"] == "POST":
                request.body = await read_body(scope, receive)
            response = refusal or await handler(state, request)
        except TooLarge:
            response = TOO_LARGE
        except TooSlow:
            response = TOO_SLOW
        except Exception:  # an edge that fails must still answer: the visitor's page depends on it
            log.exception(
                "edge_failed", path=scope["path"], request_id=request.headers.get("x-request-id", "") if request else ""
            )
            response = FAILED
        await respond(send, response, _extra_headers(request) if request else ())
        state.metrics.observe(_label(scope["path"]), response.status, (time.perf_counter() - started) * 1000)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        state, request = self.state or await self.start(), Request(scope, b"")
        if state is None or not state.snapshots.knows_sites:
            await respond(send, STARTING, _extra_headers(request))
            return
        with state.streams.of_address(subscriber(request.address(state.trusted_proxies))) as held:
            if 0 < settings.ADDRESS_STREAMS < held:
                await respond(send, TOO_MANY_STREAMS, _extra_headers(request))
            else:
                await state.streams.serve(request, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To Django, which keeps a whole body, on disk if it must, before it asks who sends it."""
        try:
            await self.django(scope, bounded(scope, receive, _most_for_django(scope)), send)
        except TooLarge:
            await respond(send, TOO_LARGE_FOR_DJANGO)
        except TooSlow:
            await respond(send, TOO_SLOW)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, b"")
        if scope["method"] == "OPTIONS":
            await respond(send, Response(204, b"", browsers.preflight(request.headers)))
            return
        if scope["path"] in POSTS or _reader(scope["path"]):
            response = refuse(405, "wrong_method", f"{scope['method']} is not for this call", "method")
        else:
            response = refuse(404, "no_such_call", f"{scope['path']} is none of the calls under /v1", "path")
        await respond(send, response, _extra_headers(request))

    # --- life ---------------------------------------------------------------------------------------

    async def start(self) -> State | None:
        """Begins, if nobody has, and waits for the first attempt. None: it failed, and others follow beside the
        requests, until one succeeds."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._keep_starting())
        await self._tried.wait()
        return self.state

    async def stop(self) -> None:
        if self._starting:
            self._starting.cancel()
        if self.state:
            await self.state.stop()

    async def _keep_starting(self) -> None:
        while self.state is None:
            try:
                await self._start()
            except (
                Exception
            ) as error:  # whatever it was may pass; a process that stayed as it is would answer nobody for good
                self.problem = f"{type(error).__name__}: {error}"
                log.exception("start_failed", retry_in=START_AGAIN_SECONDS)
            self._tried.set()
            if self.state is None:
                await asyncio.sleep(START_AGAIN_SECONDS)

    async def _start(self) -> None:
        state = State()
        await state.start()
        self.state, self.problem = state, ""
        # What was imported lives as long as the process: the collector need not walk it again and again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_GARBAGE)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return


def _refusal(state: State, request: Request) -> Response | None:
    """What can be refused by the head of a request alone."""
    if not state.snapshots.knows_sites and request.path.startswith("/v1/"):
        return STARTING
    return state.too_hasty(request) if request.path.startswith(COUNTED) else None


def _reader(path: str) -> Handler | None:
    handler = GETS.get(path)
    if handler is None and path.startswith("/v1/"):
        for prefix, candidate in GET_PREFIXES.items():
            if path.startswith(prefix):
                return candidate
    return handler


def _most_for_django(scope: Scope) -> int:
    headers = dict(scope["headers"])
    names_somebody = b"authorization" in headers or b"cookie" in headers
    is_import = scope["path"] == IMPORT and headers.get(b"content-type", b"").startswith(b"application/json")
    return MAX_IMPORT_BODY if is_import and names_somebody else MAX_DJANGO_BODY


def _label(path: str) -> str:
    """The route of a path, without tokens and keys: few enough names for a metric."""
    return path if path in POSTS else next((prefix for prefix in GET_PREFIXES if path.startswith(prefix)), path)


def _extra_headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    """A browser's page may read the answer of a call; whoever sent a request id finds it again."""
    origin, identity = request.headers.get("origin"), request.headers.get("x-request-id")
    extra: tuple[tuple[bytes, bytes], ...] = ()
    if origin and request.path.startswith("/v1/"):  # probes and metrics are no page's business
        extra = (
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", b"retry-after"),
            (b"vary", b"origin"),
        )
    if identity and REQUEST_ID.match(identity):
        extra = (*extra, (b"x-request-id", identity.encode("latin-1")))
    return extra
