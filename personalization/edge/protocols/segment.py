"""The Segment HTTP API, as its official clients speak it: what collects, and what analytics.js asks for first.

What collects is counted by the message, not by the call (`tracking.pipeline`).
"""

from functools import partial

from personalization.edge.collect import collect
from personalization.edge.http import JSON, Request, Response, refuse
from personalization.edge.routes import Route
from personalization.edge.state import State
from tracking import browsers

# Last part of the path -> kind. The letters are what @segment/analytics-next calls in a browser.
KINDS = {
    "batch": "batch", "b": "batch", "import": "batch",
    "track": "track", "t": "track",
    "page": "page", "p": "page",
    "screen": "screen", "s": "screen",
    "identify": "identify", "i": "identify",
    "alias": "alias", "a": "alias",
    "group": "group", "g": "group",
}  # fmt: skip
TAKEN = Response(200, b'{"success":true}')


async def _metrics(state: State, request: Request) -> Response:
    """POST /v1/m: the client's own telemetry; taken, and not kept."""
    return TAKEN


async def _settings(state: State, request: Request) -> Response:
    """GET /v1/projects/{writeKey}/settings."""
    access = state.snapshots.sites.by_key.get(request.part)
    if access is None or access.is_secret:
        return refuse(404, "invalid_write_key", "no site has this write key", "writeKey")
    scheme, _, host = state.base_url(request).partition("://")
    return Response(200, browsers.settings_answer(access.site, host, scheme), (JSON, (b"cache-control", b"no-store")))


ROUTES = (
    *(Route("POST", f"/v1/{name}", partial(collect, kind=kind), f"/v1/{name}") for name, kind in KINDS.items()),
    Route("POST", "/v1/m", _metrics, "/v1/m"),
    Route("GET", "/v1/projects/{writeKey}/settings", _settings, "/v1/projects/"),
)
