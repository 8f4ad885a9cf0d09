"""What would be shown had this visit been half an hour ago? It is told once more as another visitor's, that much
earlier, and the browser goes on as that one: so what follows is decided by the real clock, from real events."""

import asyncio
import time
import uuid

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST
from msgspec.structs import replace

from personalization.demo.account import customer_of
from personalization.demo.basket import CUSTOMER, Basket
from personalization.demo.site import WRITE_KEY
from personalization.redis import Redis
from segments import live
from segments.profiles import ProfileStore
from sites.models import Site
from sites.pseudonyms import visitor_of
from sites.push import snapshot
from sites.times import MINUTE_MS
from tracking.event import Arrival, Event
from tracking.event_table import history
from tracking.identity import identify
from tracking.log.append import Appender

EARLIER_MS = 30 * MINUTE_MS
MOST_EVENTS = 2_000
PATIENCE_SECONDS = 3.0  # until what was just done is stored


@require_POST
def pretend(request: HttpRequest) -> JsonResponse:
    """POST anonymousId: answers with the `anonymousId` that the browser is to go on with. 409 where there is nothing to
    tell again (what led to an order is not), or where somebody has signed in: a customer's history stays one."""
    row = get_object_or_404(Site, write_key=WRITE_KEY)
    site, anonymous_id = snapshot(row), request.POST.get("anonymousId", "")
    if customer_of(request) or not anonymous_id:
        return JsonResponse({"code": "nothing_to_move"}, status=409)
    visitor, profile = live.find(identify(site, anonymous_id, None, True))
    events = _stored(visitor, profile.seq)
    if not events:
        return JsonResponse({"code": "nothing_to_move"}, status=409)
    now_called = str(uuid.uuid4())
    asyncio.run(_record(Arrival(row.pk, visitor_of(row.salt, now_called), "", [_moved(event) for event in events])))
    return JsonResponse({"anonymousId": now_called})


@require_POST
def leave(request: HttpRequest) -> JsonResponse:
    """Empties what the shop keeps of this shopper; the page forgets the visitor's id. Whoever is logged in to Segue's
    own pages stays so."""
    for key in (CUSTOMER, *Basket.KEPT):
        request.session.pop(key, None)
    return JsonResponse({})


def _stored(visitor: str, seq: int) -> list[Event]:
    """What the visitor did, without what was shown to them: that was counted for what they were."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        events = list(history(visitor))[:MOST_EVENTS]
        if len(events) >= min(seq, MOST_EVENTS) or time.monotonic() > deadline:
            return [event for event in _since_order(events) if event.type not in ("engagement", "alias")]
        time.sleep(0.05)


def _since_order(events: list[Event]) -> list[Event]:
    """What was done after the last order: an order that is told twice would be sold twice."""
    orders = [place for place, event in enumerate(events) if event.name == "Order Completed"]
    return events[orders[-1] + 1 :] if orders else events


def _moved(event: Event) -> Event:
    return replace(
        event,
        message_id=uuid.uuid4().hex,
        at=event.at - EARLIER_MS,
        received_at=event.received_at - EARLIER_MS,
        seq=0,
        session=0,
        user="",
    )


async def _record(arrival: Arrival) -> None:
    redis = Redis(settings.REDIS_URL)
    await redis.start()
    try:
        appender = Appender(
            redis.call,
            settings.LOG_PARTITIONS,
            state_ttl=settings.PROFILE_TTL_SECONDS,
            seen_ttl=settings.DEDUPE_SECONDS,
            max_entries=settings.LOG_MAX_ENTRIES,
        )
        await ProfileStore(appender).record(arrival)
    finally:
        redis.stop()
