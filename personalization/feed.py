"""What is happening this second? Events of one site as server-sent events, read from the log as it grows, for staff."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from tracking.event import Entry
from tracking.log.base import log_key
from tracking.pages import current_site

MAX_SECONDS = 300  # EventSource connects again by itself
MAX_EVENTS = 20  # in one message: nobody reads faster
PAUSE_SECONDS = 0.5
WAIT_MS = 4000
_entry = msgspec.json.Decoder(Entry).decode


@require_GET
async def feed(request: HttpRequest) -> HttpResponseBase:
    user = await request.auser()
    if not (user.is_active and user.is_staff and await user.ahas_perm("tracking.view_event")):
        return HttpResponse(status=403)
    site = await sync_to_async(current_site)(request)
    if site is None:
        return HttpResponse(status=404)
    return StreamingHttpResponse(_messages(site.pk), content_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


async def _messages(site: int) -> AsyncIterator[bytes]:
    connection = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_timeout=2 * WAIT_MS / 1000)
    ends = time.monotonic() + MAX_SECONDS
    try:
        yield b"retry: 3000\n\n"
        places = await _ends_of_log(connection)
        while time.monotonic() < ends:
            answer: Any = await connection.xread(places, count=100, block=WAIT_MS)
            if not answer:
                yield b": nothing yet\n\n"
                continue
            places |= {stream.decode(): entries[-1][0] for stream, entries in answer}
            shown = [row for _stream, entries in answer for _id, fields in entries for row in _rows(fields, site)]
            if shown:
                shown.sort(key=lambda row: row["at"], reverse=True)
                yield b"event: feed\ndata: " + msgspec.json.encode(shown[:MAX_EVENTS]) + b"\n\n"
            await asyncio.sleep(PAUSE_SECONDS)
    except redis.RedisError:
        return  # the page falls back to asking
    finally:
        await connection.aclose()


async def _ends_of_log(connection: redis.asyncio.Redis) -> dict:
    """The last id of each partition. Not `$`: what arrived between two reads would be passed over."""
    pipe = connection.pipeline(transaction=False)
    keys = [log_key(p) for p in range(settings.LOG_PARTITIONS)]
    for key in keys:
        pipe.xrevrange(key, count=1)
    return {key: entries[0][0] if entries else "0-0" for key, entries in zip(keys, await pipe.execute(), strict=True)}


def _rows(fields: dict[bytes, bytes], site: int) -> list[dict]:
    if b"e" not in fields:
        return []
    entry = _entry(fields[b"e"])
    if entry.site != site:
        return []
    return [{"at": event.at, "name": event.name or event.type.capitalize(), "visitor": entry.visitor, "path": event.path} for event in entry.events]
