"""The ASGI application: the edge's routes first, Django for everything else."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable

import structlog

from personalization.edge import operations
from personalization.edge.bodies import Bodies, TooLarge, TooSlow, bounded
from personalization.edge.http import (
    JSON,
    TEXT,
    Receive,
    Request,
    Response,
    Scope,
    Send,
    Stream,
    refuse,
    respond,
    stream,
)
from personalization.edge.protocols import growthbook, ofrep, segment, segue
from personalization.edge.routes import PREFIXES, Route, Routes, Starting
from personalization.edge.state import State
from personalization.request_ids import is_acceptable
from tracking import browsers

log = structlog.get_logger(__name__)

ROUTES = Routes([*segue.ROUTES, *segment.ROUTES, *ofrep.ROUTES, *growthbook.ROUTES, *operations.ROUTES])
# Bytes of what goes to Django: its forms, and the management API's JSON.
MAX_DJANGO_BODY = 2_500_000
# What somebody may send more of who brings a token or a session: by the end of its path (a page's begins with its
# site), the kind of body, and how many bytes.
LARGER = {
    "/api/v1/items/import/": (b"application/json", 20_000_000),
    "/catalogue/import/": (b"multipart/form-data", 20_000_000),
    "/api/v1/pictures/": (b"multipart/form-data", 17_000_000),  # two of the largest pictures, or several others
    "/creatives/pictures/upload": (b"multipart/form-data", 17_000_000),
}
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
READABLE = b"retry-after, etag, x-sse-support"  # headers of answers that a page's script may look at
# Requests make few cycles; the default looks for them every 700 allocations.
COLLECT_GARBAGE = (20_000, 20, 50)
START_AGAIN_SECONDS = 2.0


class Edge:
    """`application` of the server. Starts with the lifespan, or with the first request where the server sends none."""

    def __init__(self, django: Callable[..., Awaitable[None]]) -> None:
        self.django = django
        self.state: State | None = None
        self.problem = ""  # why there is no state yet
        self._starting: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._bodies = Bodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            route = ROUTES.whole.get((scope["method"], scope["path"]))
            if route is not None:  # nearly all requests
                await self._serve(route, Request(scope), receive, send)
            else:
                await self._find(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _find(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        # Many give a client this host with a slash at its end; events must not be lost for that.
        if path.startswith("//") and path.startswith(PREFIXES, 1):
            path = scope["path"] = path[1:]
        # A proxy that keeps an address to itself would not know it in this form.
        if "//" in path:
            await respond(send, Response(404, b"there is nothing at an address with two slashes in a row\n", (TEXT,)))
            return
        found = ROUTES.find(scope["method"], path)
        if found is not None:
            route, part = found
            await self._serve(route, Request(scope, part), receive, send)
        elif path.startswith(PREFIXES):
            await self._refuse(scope, receive, send)
        else:
            await self._pass_on(scope, receive, send)

    async def _serve(self, route: Route, request: Request, receive: Receive, send: Send) -> None:
        started, state = time.perf_counter(), self.state
        if state is None and not route.is_probe:
            state = await self.start()
        answer: Response | Stream | None
        try:
            answer = _refusal(state, route, request)
            if answer is None:
                if request.method == "POST":
                    request.body = await self._bodies.read(request, receive)
                answer = await route.handler(state or Starting(self.problem), request)
        except TooLarge:
            answer = TOO_LARGE
        except TooSlow:
            answer = TOO_SLOW
        except Exception:  # an edge that fails must still answer: the visitor's page depends on it
            log.exception("edge_failed", path=request.path, request_id=request.headers.get("x-request-id", ""))
            answer = FAILED
        if isinstance(answer, Response):
            await respond(send, answer, _extra_headers(request))
            if state is not None and route.label:
                state.metrics.observe(route.label, answer.status, (time.perf_counter() - started) * 1000)
        elif request.method == "HEAD":
            await respond(send, Response(200, b"", answer.headers))
        else:
            await stream(send, receive, answer)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """To Django, which keeps a whole body, on disk if it must, before it asks who sends it."""
        try:
            await self.django(scope, bounded(scope, receive, _most_for_django(scope)), send)
        except TooLarge:
            await respond(send, TOO_LARGE_FOR_DJANGO)
        except TooSlow:
            await respond(send, TOO_SLOW)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if scope["method"] == "OPTIONS":
            await respond(send, Response(204, b"", browsers.preflight(request.headers)))
            return
        if ROUTES.knows(scope["path"]):
            response = refuse(405, "wrong_method", f"{scope['method']} is not for this call", "method")
        else:
            response = refuse(404, "no_such_call", f"{scope['path']} is none of our calls", "path")
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
            # Whatever it was may pass; a process that stayed as it is would answer nobody for good.
            except Exception as error:
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


def _refusal(state: State | None, route: Route, request: Request) -> Response | None:
    """What can be refused by the head of a request alone."""
    if route.is_probe:
        return None
    if state is None or (not state.snapshots.knows_sites and route.pattern.startswith(PREFIXES)):
        return STARTING
    return state.too_hasty(request) if route.is_counted else None


def _most_for_django(scope: Scope) -> int:
    headers = dict(scope["headers"])
    if b"authorization" not in headers and b"cookie" not in headers:
        return MAX_DJANGO_BODY
    found = next((larger for end, larger in LARGER.items() if scope["path"].endswith(end)), None)
    kind, most = found or (b"", MAX_DJANGO_BODY)
    return most if headers.get(b"content-type", b"").startswith(kind) else MAX_DJANGO_BODY


def _extra_headers(request: Request) -> tuple[tuple[bytes, bytes], ...]:
    """A browser's page may read the answer of a call; whoever sent a request id finds it again."""
    headers = request.headers
    origin, identity = headers.get("origin"), headers.get("x-request-id")
    extra: tuple[tuple[bytes, bytes], ...] = ()
    if origin and request.path.startswith(PREFIXES):  # probes and metrics are no page's business
        extra = (
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", READABLE),
            (b"vary", b"origin"),
        )
    if identity and is_acceptable(identity):
        extra = (*extra, (b"x-request-id", identity.encode("latin-1")))
    return extra
