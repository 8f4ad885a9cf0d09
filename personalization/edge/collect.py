"""How does an event get in? The pipeline, then the fold and the log in one step, then the answer."""

import asyncio

import hiredis
import structlog

from personalization.edge.http import JSON, Request, Response
from personalization.edge.state import State
from personalization.redis import RedisUnavailable
from segments.profiles import Contended, Recorded
from sites.times import now_ms
from tracking.answers import answer_of
from tracking.event import Arrival
from tracking.intake import CollectRequest
from tracking.log.append import LogFull
from tracking.reasons import Reason

log = structlog.get_logger(__name__)

UNAVAILABLE = Response(
    503,
    b'{"code":"log_unavailable","message":"Events cannot be stored now; keep them and try again."}',
    (JSON, (b"retry-after", b"5")),
)
NOT_STORED = (RedisUnavailable, hiredis.ReplyError, LogFull, Contended)


async def record_all(state: State, arrivals: list[Arrival]) -> list[Recorded]:
    """Records the arrivals of one request; raises one of NOT_STORED if any of them is not in the log.

    Those that are in the log already are recognised when the client repeats the request.
    """
    if len(arrivals) == 1:
        return [await state.store.record(arrivals[0])]
    results = await asyncio.gather(*(state.store.record(arrival) for arrival in arrivals), return_exceptions=True)
    failed = next((result for result in results if isinstance(result, BaseException)), None)
    if failed:
        raise failed
    return results  # type: ignore[return-value]


async def collect(state: State, request: Request, kind: str) -> Response:
    """POST /v1/{batch,track,...}: 200 once everything accepted is in the log and in the profiles."""
    received = state.pipeline.receive(
        CollectRequest(
            kind, request.headers, request.body, request.address(state.trusted_proxies), request.query_string
        ),
        state.snapshots.sites,
        now_ms(),
    )
    if received.arrivals:
        try:
            recorded = await record_all(state, received.arrivals)
        except NOT_STORED as error:
            state.metrics.count("collect_unavailable")
            log.warning("events_not_stored", error=type(error).__name__, detail=str(error)[:200])
            return UNAVAILABLE
        for one in recorded:
            state.metrics.events += len(one.events)
            if one.duplicates:
                state.drops.count(received.site, Reason.DUPLICATE, one.duplicates)
    for reason, number in received.drops.items():
        state.drops.count(received.site, reason, number)
    return Response(*answer_of(received))
