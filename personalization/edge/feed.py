"""What is happening this second? The events of one site, as staff watch them arrive.

One reader of the log per process, and only while somebody watches. It has a connection of its own: waiting for the log would hold up
everybody else's commands.
"""

import asyncio
import contextlib
from collections import defaultdict

import hiredis
import msgspec
from django.core import signing

from personalization.edge.http import Send, event, remark
from personalization.redis import Redis, RedisUnavailable
from tracking.event import Entry
from tracking.log import base

SALT = "segue.feed"
TOKEN_SECONDS = 12 * 3600
ITEMS = 20  # at most, each half second: more than anybody reads
PAUSE_SECONDS = 0.5
KEEP_ALIVE_SECONDS = 15

_entry = msgspec.json.Decoder(Entry).decode


def token(site: int) -> str:
    """What a page gives its browser to listen to a site's events: signed, for staff who may see events."""
    return signing.dumps(site, salt=SALT)


def site_of_token(text: str) -> int:
    """The site whose events the bearer may see, 0 for a token that was not made here or is too old."""
    try:
        return signing.loads(text, salt=SALT, max_age=TOKEN_SECONDS)
    except signing.BadSignature:
        return 0


class Feed:
    """Who watches in this process, and the reader that serves them."""

    def __init__(self, redis_url: str, partitions: int) -> None:
        self.redis_url = redis_url
        self.keys = [base.log_key(partition) for partition in range(partitions)]
        self.watchers: dict[asyncio.Queue, int] = {}
        self._reader: asyncio.Task | None = None
        self._positioned = asyncio.Event()

    async def follow(self, site: int, send: Send) -> None:
        """Sends batches of rows, newest first, until cancelled."""
        queue: asyncio.Queue = asyncio.Queue(maxsize=20)
        self.watchers[queue] = site
        if self._reader is None or self._reader.done():
            self._positioned.clear()
            self._reader = asyncio.ensure_future(self._read())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._positioned.wait(), 2)
        await send(remark("listening"))
        try:
            while True:
                try:
                    await send(event("feed", await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)))
                except TimeoutError:
                    await send(remark("still here"))
        finally:
            del self.watchers[queue]

    async def _read(self) -> None:
        """Follows every partition from now on, for as long as somebody watches."""
        redis = Redis(self.redis_url, timeout=30)
        await redis.start()
        try:
            while self.watchers:
                with contextlib.suppress(RedisUnavailable, hiredis.ReplyError, msgspec.MsgspecError):  # an entry that nobody can read is the consumer's to bury
                    await self._follow_log(redis)
                await asyncio.sleep(1)
        finally:
            redis.stop()

    async def _follow_log(self, redis: Redis) -> None:
        places = {key: await self._end(redis, key) for key in self.keys}
        self._positioned.set()
        while self.watchers:
            reply = await redis.call("XREAD", "COUNT", 200, "BLOCK", 2000, "STREAMS", *self.keys, *(places[key] for key in self.keys))
            rows: defaultdict[int, list[dict]] = defaultdict(list)
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


def rows_of(entry: Entry) -> list[dict]:
    """What a line of the feed shows of each event."""
    return [
        {
            "at": one.at,
            "name": one.name or one.type.capitalize(),
            "visitor": entry.visitor,
            "path": one.path or one.properties.get("placement", ""),
        }
        for one in entry.events
    ]
