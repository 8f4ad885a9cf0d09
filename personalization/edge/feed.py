"""What is happening this second? The events and decisions of one site, as staff watch them arrive.

One reader of the log per process, and only while somebody watches. It has a connection of its own: waiting for the log
would hold up everybody else's commands.
"""

import asyncio
import contextlib
import hmac
import time
from collections import defaultdict
from typing import NamedTuple

import hiredis
import msgspec
from django.conf import settings
from django.http import parse_cookie

from personalization.edge.entering import Entering
from personalization.edge.feed_rows import DECISION, Pace, Row, Wanted, pace_of, row_of_decision, rows_of_entry
from personalization.edge.http import Request, Send, event, remark
from personalization.feed_access import Listener, digest_of, listener_of
from personalization.redis import Redis, RedisUnavailable
from sites import keys
from tracking.decision import decode_decisions
from tracking.event import Entry

READ_AT_ONCE = 1_000  # entries of a partition
ITEMS = 20  # at most, each half second: more than anybody reads
PAUSE_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 5  # and as long, at most, a stream outlives its log-in


_entry = msgspec.json.Decoder(Entry).decode


class Batch(NamedTuple):
    """What went by on one site since the last one: lines, newest first, and how much it was in all."""

    rows: list[Row]
    pace: Pace


class Feed:
    """Who watches in this process, and the reader that serves them."""

    def __init__(self, redis: Redis, redis_url: str, partitions: int, entering: Entering) -> None:
        self.redis, self.redis_url, self.entering = redis, redis_url, entering
        self.keys = [keys.log(partition) for partition in range(partitions)]
        self.watchers: dict[asyncio.Queue[Batch], tuple[int, Wanted]] = {}
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

    async def follow(self, listener: Listener, wanted: Wanted, send: Send) -> None:
        """Sends batches of rows, newest first, and how much went by, until cancelled or until the listener may not
        listen any longer; pages renew their token before."""
        queue: asyncio.Queue[Batch] = asyncio.Queue(maxsize=20)
        self.watchers[queue] = listener.site, wanted
        if self._reader is None or self._reader.done():
            self._positioned.clear()
            self._reader = asyncio.ensure_future(self._read())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._positioned.wait(), 2)
        await send(remark("listening"))
        try:
            while True:
                try:
                    batch = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
                    messages = [event("pace", batch.pace)]
                    if batch.rows:
                        messages.append(event("feed", batch.rows))
                except TimeoutError:
                    messages = [remark("still here")]
                if time.time() >= listener.ends_at or not await self._may_listen(listener):
                    await send({"type": "http.response.body", "body": b""})
                    return
                for message in messages:
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
                "XREAD",
                "COUNT",
                READ_AT_ONCE,
                "BLOCK",
                2000,
                "STREAMS",
                *self.keys,
                *(places[key] for key in self.keys),
            )
            rows: defaultdict[int, list[Row]] = defaultdict(list)
            is_behind = False
            for key, entries in reply or ():
                places[key.decode()] = entries[-1][0].decode()
                is_behind |= len(entries) == READ_AT_ONCE
                for _, (kind, payload, *_) in entries:
                    if kind == b"e":
                        entry = _entry(payload)
                        rows[entry.site] += rows_of_entry(entry)
                    elif kind == b"d":
                        for decision in decode_decisions(payload):
                            rows[decision.site].append(row_of_decision(decision))
            await self._tell(rows)
            await asyncio.sleep(0 if is_behind else PAUSE_SECONDS)

    async def _tell(self, rows: dict[int, list[Row]]) -> None:
        """Each who watches what they asked for, and how much there was."""
        for site, of_site in rows.items():
            of_site.sort(key=lambda row: row["at"], reverse=True)
            pace, told = pace_of(of_site), set[str]()
            for queue, (watched, wanted) in list(self.watchers.items()):
                if watched != site or queue.full():
                    continue
                chosen = [row for row in of_site if wanted.fits(row)][:ITEMS]
                if wanted.is_detailed:
                    await self._say_entered(site, chosen, of_site, told)
                queue.put_nowait(Batch(chosen, pace))

    async def _say_entered(self, site: int, chosen: list[Row], all_rows: list[Row], told: set[str]) -> None:
        """With the newest line of each visitor, once for all who watch."""
        for row in chosen:
            visitor = row["visitor"]
            if visitor in told or row["kind"] == DECISION:
                continue
            told.add(visitor)
            events = sum(one["visitor"] == visitor and one["kind"] != DECISION for one in all_rows)
            row["entered"] += await self.entering.entered(site, visitor, events, row["at"])

    @staticmethod
    async def _end(redis: Redis, key: str) -> str:
        """The last entry there is. `$` would mean another one at each read, and lose what came in between."""
        last = await redis.call("XREVRANGE", key, "+", "-", "COUNT", 1)
        return last[0][0].decode() if last else "0-0"


def _session_key(request: Request) -> str:
    return parse_cookie(request.headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
