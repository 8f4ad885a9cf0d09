"""Is it alive, is it ready, how busy is it? Probes and metrics."""

import hmac
from ipaddress import ip_address

import hiredis
import msgspec
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from personalization.edge.http import TEXT, Request, Response
from personalization.edge.routes import Route, Starting
from personalization.edge.state import State
from personalization.metrics import Families, LogState, read_log, read_shares
from personalization.redis import RedisUnavailable

FORWARDED = {"forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"}


async def live(state: State | Starting, request: Request) -> Response:
    """GET /health/live: the process answers."""
    return Response(200, b'{"status":"live"}')


async def ready(state: State | Starting, request: Request) -> Response:
    """GET /health/ready: it knows which sites there are, so it can decide; else why it does not. Redis being away is
    told, not a reason to take it out of service: decisions go on, and trackers keep their events."""
    if isinstance(state, Starting):
        return Response(503, msgspec.json.encode({"status": "starting", "problem": state.problem}))
    knows = state.snapshots.knows_sites
    told = {
        "status": "ready" if knows else "starting",
        "problem": state.problem,
        "redis": "down" if state.redis.trouble else "up",
        "sites": len(state.snapshots.sites.by_id),
        "releases": {str(site): release.version for site, release in state.snapshots.live.items()},
    }
    return Response(200 if knows else 503, msgspec.json.encode(told))


async def metrics(state: State, request: Request) -> Response:
    """GET /metrics in Prometheus' text format, of all processes together: for who has SEGUE_METRICS_TOKEN; where none
    is set, for this machine."""
    wanted = settings.METRICS_TOKEN
    if not wanted and not _is_local(request):
        return Response(403, b"set SEGUE_METRICS_TOKEN to read the metrics from elsewhere\n", (TEXT,))
    if wanted and not hmac.compare_digest(
        request.headers.get("authorization", "").encode(), f"Bearer {wanted}".encode()
    ):
        return Response(401, b"a bearer token is needed\n", (TEXT, (b"www-authenticate", b"Bearer")))
    shares, log = [], LogState()
    try:
        await state.metrics.share(state.redis.call)
        shares = await read_shares(state.redis.call)
        log = await read_log(state.redis.call, state.appender.partitions)
    except (RedisUnavailable, hiredis.ReplyError) as error:
        state.metrics.problem("metrics", error)
    text = generate_latest(Families(shares, log, not state.redis.trouble))
    return Response(200, text, ((b"content-type", CONTENT_TYPE_LATEST.encode()),))


def _is_local(request: Request) -> bool:
    """Whether it comes from this machine, and not through a proxy that runs on it."""
    return ip_address(request.peer or "0.0.0.0").is_loopback and not FORWARDED & request.headers.keys()  # noqa: S104


ROUTES = (
    Route("GET", "/health/live", live, "", is_probe=True),
    Route("GET", "/health/ready", ready, "", is_probe=True),
    Route("GET", "/metrics", metrics, "/metrics"),
)
