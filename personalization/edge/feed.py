"""What is happening this second? The events of one site, as staff watch them arrive.

One reader of the log per process, and only while somebody watches. It has a connection of its own: waiting for the log
would hold up everybody else's commands.
"""

import asyncio
import contextlib
import hmac
import time
from collections import defaultdict
from typing import TypedDict

import hiredis
import msgspec
from django.conf import settings
from django.http import parse_cookie

from personalization.edge.http import Request, Send, event, remark
from personalization.feed_access import Listener, digest_of, listener_of
from personalization.redis import Redis, RedisUnavailable
from sites import keys
from tracking.event import Entry

ITEMS = 20  # at most, each half second: more than anybody reads
PAUSE_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 5  # and as long, at most, a stream outlives its log-in


class Row(TypedDict):
    """A line of the feed: what it shows of an event."""

    at: int
    name: str
    visitor: str
    path: str


_entry = msgspec.json.Decoder(Entry).decode


class Feed:
    """Who watches in this process, and the reader that serves them."""

    def __init__(self, redis: Redis, redis_url: str, partitions: int) -> None:
        self.redis, self.redis_url = redis, redis_url
        self.keys = [keys.log(partition) for partition in range(partitions)]
        self.watchers: dict[asyncio.Queue[list[Row]], int] = {}
        self._reader: asyncio.Task[None] | None = None
        self._positioned = asyncio.Event()

    async def listener(self, request: Request, token: str) -> Listener | None:
        """Who asks: the bearer of a token of ours, from the browser that is logged in with the session that it was made
        for."""
        listener = listener_of(token)
        if listener is None or not hmac.compare_digest(digest_of(_session_key(request)), listener.session):
            return None
        return listener if await self._may_listen(listener) else None

    async def _may_listen(self, listener: Listener) -> bool:
        """Log-out and a change of rights take the entry away. Without Redis there is nothing to listen to."""
        try:
            return bool(await self.redis.call("HEXISTS", keys.feed(listener.user), listener.session))
        except (RedisUnavailable, hiredis.ReplyError):
            return False

    async def follow(self, listener: Listener, send: Send) -> None:
        """Sends batches of rows, newest first, until cancelled or until the listener may not listen any longer; pages
        renew their token before."""
        queue: asyncio.Queue[list[Row]] = asyncio.Queue(maxsize=20)
        self.watchers[queue] = listener.site
        if self._reader is None or self._reader.done():
            self._positioned.clear()
            self._reader = asyncio.ensure_future(self._read())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._positioned.wait(), 2)
        await send(remark("listening"))
        try:
            while True:
                try:
                    message = event("feed", await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS))
                except TimeoutError:
                    message = remark("still here")
                if time.time() >= listener.ends_at or not await self._may_listen(listener):
                    await send({"type": "http.response.body", "body": b""})
                    return
                await send(message)
        finally:
            del self.watchers[queue]

    async def _read(self) -> None:
        """Follows every partition from now on, for as long as somebody watches."""
        redis = Redis(self.redis_url, timeout=30)
        await redis.start()
        try:
            while self.watchers:
                # An entry that nobody can read is the consumer's to bury.
                with contextlib.suppress(RedisUnavailable, hiredis.ReplyError, msgspec.MsgspecError):
                    await self._follow_log(redis)
                await asyncio.sleep(1)
        finally:
            redis.stop()

    async def _follow_log(self, redis: Redis) -> None:
        places = {key: await self._end(redis, key) for key in self.keys}
        self._positioned.set()
        while self.watchers:
            reply = await redis.call(
                "XREAD", "COUNT", 200, "BLOCK", 2000, "STREAMS", *self.keys, *(places[key] for key in self.keys)
            )
            rows: defaultdict[int, list[Row]] = defaultdict(list)
            for key, entries in reply or ():
                places[key.decode()] = entries[-1][0].decode()
                for _, (kind, payload, *_) in entries:
                    if kind == b"e":
                        entry = _entry(payload)
                        rows[entry.site] += rows_of(entry)
            for queue, site in self.watchers.items():
                if rows[site] and not queue.full():
                    queue.put_nowait(sorted(rows[site], key=lambda row: row["at"], reverse=True)[:ITEMS])
            await asyncio.sleep(PAUSE_SECONDS)

    @staticmethod
    async def _end(redis: Redis, key: str) -> str:
        """The last entry there is. `$` would mean another one at each read, and lose what came in between."""
        last = await redis.call("XREVRANGE", key, "+", "-", "COUNT", 1)
        return last[0][0].decode() if last else "0-0"


def _session_key(request: Request) -> str:
    return parse_cookie(request.headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")


def rows_of(entry: Entry) -> list[Row]:
    return [
        {
            "at": one.at,
            "name": one.name or one.type.capitalize(),
            "visitor": entry.visitor,
            "path": one.path or one.properties.get("placement", ""),
        }
        for one in entry.events
    ]
