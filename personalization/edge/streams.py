"""When does somebody who is looking at a page need a new decision? Server-sent events, to visitors' pages and to staff.

A commit publishes on the visitor's channel; this process decides again for the placements on that page, without recording it, and
speaks only if the outcome is another one. Staff with a signed token get the feed of events instead.
"""

import asyncio
import contextlib
import time
from collections import defaultdict

import msgspec
from django.core import signing

from personalization import context as gathering
from personalization import decide as deciding
from personalization.edge.http import Receive, Request, Send
from personalization.redis import Redis, RedisUnavailable
from segments.attributes import Attributes
from tracking import addresses, browsers
from tracking.event import Entry
from tracking.log import base
from tracking.pseudonyms import visitor_of

KEEP_ALIVE_SECONDS = 15
CALM_SECONDS = 0.1  # events come in bursts: one look for all of a burst
MAX_STREAMS = 10_000
MAX_STREAMS_A_VISITOR = 6
MAX_PLACEMENTS = 50
FEED_SALT = "segue.feed"
FEED_TOKEN_SECONDS = 12 * 3600
FEED_ITEMS = 20  # at most, each half second: more than anybody reads
HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]

_json = msgspec.json.Encoder().encode


def feed_token(site: int) -> str:
    """What a page gives its browser to listen to a site's events."""
    return signing.dumps(site, salt=FEED_SALT)


class Streams:
    """The open streams of this process."""

    def __init__(self, state) -> None:
        self.state = state
        self.listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.open = 0
        self.feed = Feed(state)

    def notify(self, channel: str) -> None:
        for event in self.listeners.get(channel, ()):
            event.set()

    async def serve(self, request: Request, receive: Receive, send: Send) -> None:
        """GET /v1/stream: runs until the client leaves. Refusals are answers like any other.

        `placements` are keys, each followed by a colon and the variant that the page shows, if it shows one.
        """
        query = request.query
        refusal = self._refusal(request, query)
        if refusal:
            await send({"type": "http.response.start", "status": refusal, "headers": [(b"content-length", b"0"), (b"retry-after", b"30")]})
            await send({"type": "http.response.body", "body": b""})
            return
        origin = request.headers.get("origin")
        cors = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")] if origin else []
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS + cors})
        work = asyncio.ensure_future(self.feed.follow(query, send) if "feed" in query else self._follow_visitor(request, query, send))
        left = asyncio.ensure_future(_until_left(receive))
        self.open += 1
        try:
            await asyncio.wait([work, left], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            for task in (work, left):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, RuntimeError):
                await work

    def _refusal(self, request: Request, query: dict[str, str]) -> int:
        if self.open >= MAX_STREAMS:
            return 503
        if "feed" in query:
            try:
                signing.loads(query["feed"], salt=FEED_SALT, max_age=FEED_TOKEN_SECONDS)
            except signing.BadSignature:
                return 403
            return 0
        site = self.state.snapshots.sites.find(request.headers, query.get("writeKey", ""))
        if site is None:
            return 401
        if not browsers.origin_allowed(site, request.headers.get("origin", "")):
            return 403
        if not query.get("anonymousId") or not query.get("placements"):
            return 400
        if len(self.listeners.get(self._channel(visitor_of(site.salt, query["anonymousId"])), ())) >= MAX_STREAMS_A_VISITOR:
            return 429
        return 0

    def _channel(self, visitor: str) -> str:
        return base.visitor_channel(self.state.appender.partition_of(visitor), visitor)

    async def _follow_visitor(self, request: Request, query: dict[str, str], send: Send) -> None:
        state = self.state
        site = state.snapshots.sites.find(request.headers, query["writeKey"])
        visitor, _ = await state.store.load(visitor_of(site.salt, query["anonymousId"]))
        shown = dict(pair.partition(":")[::2] for pair in query["placements"].split(",")[:MAX_PLACEMENTS])
        placements = list(shown)
        woken, channel = asyncio.Event(), self._channel(visitor)
        self._listen(channel, woken)
        try:
            current = await self._outcomes(request, site, visitor, placements, query.get("url", ""))
            # What changed between the page's decision and this moment, nobody published to us.
            changed = [key for key, outcome in current.items() if shown.get(key) and outcome.partition(" ")[0] != shown[key]]
            await send(_event("decisions", {"placements": changed}) if changed else _comment("hello"))
            while True:
                if not await _wait_for_either(woken, state.snapshots.changed, KEEP_ALIVE_SECONDS):
                    await send(_comment("still here"))
                    continue
                await asyncio.sleep(CALM_SECONDS)
                woken.clear()
                try:
                    fresh = await self._outcomes(request, site, visitor, placements, query.get("url", ""))
                except RedisUnavailable:
                    continue
                changed = [key for key, outcome in fresh.items() if outcome != current.get(key)]
                if changed:
                    await send(_event("decisions", {"placements": changed}))
                else:
                    await send(_event("profile", {}))
                current = fresh
        finally:
            self._leave(channel, woken)

    async def _outcomes(self, request: Request, site, visitor: str, placements: list[str], url: str) -> dict[str, str]:
        """Per placement what would be shown now, as text to compare: the variant and what fills its holes."""
        state = self.state
        release = state.snapshots.live.get(site.id)
        if release is None:
            return {}
        _, profile = await state.store.load(visitor)
        now = time.time_ns() // 1_000_000
        day, hour, weekday = gathering.local(site.time_zone, now)
        country = addresses.country_of(request.headers, state.trusted_proxies)
        context = gathering.gather(request.headers, url, "", "", country, hour, weekday)
        attributes = Attributes(profile, now, context, segments=release.segment_tests, clusters=release.cluster_model)
        decisions = deciding.decide(release, profile, attributes, placements, now, 0, day=day)
        return {d.placement: f"{release.variants[d.variant].key if d.variant >= 0 else ''} {sorted((d.values or {}).items())}" for d in decisions}

    def _listen(self, channel: str, woken: asyncio.Event) -> None:
        self.listeners[channel].add(woken)
        self.state.subscriber.subscribe(channel)

    def _leave(self, channel: str, woken: asyncio.Event) -> None:
        self.listeners[channel].discard(woken)
        if not self.listeners[channel]:
            del self.listeners[channel]
            self.state.subscriber.unsubscribe(channel)


class Feed:
    """The live feed for staff: one reader of the log per process, and only while somebody watches."""

    def __init__(self, state) -> None:
        self.state = state
        self.queues: dict[asyncio.Queue, int] = {}
        self._task: asyncio.Task | None = None

    async def follow(self, query: dict[str, str], send: Send) -> None:
        site = signing.loads(query["feed"], salt=FEED_SALT, max_age=FEED_TOKEN_SECONDS)
        queue: asyncio.Queue = asyncio.Queue(maxsize=20)
        self.queues[queue] = site
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._read_log())
        try:
            while True:
                try:
                    items = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
                    await send(_event("feed", items))
                except TimeoutError:
                    await send(_comment("still here"))
        finally:
            del self.queues[queue]

    async def _read_log(self) -> None:
        """Follows every partition from now on. A connection of its own: XREAD BLOCK would hold up everybody else's commands."""
        redis = Redis(self.state.redis_url, timeout=30)
        await redis.start()
        keys = [base.log_key(p) for p in range(self.state.appender.partitions)]
        position = dict.fromkeys(keys, "$")
        try:
            while self.queues:
                reply = await redis.call("XREAD", "COUNT", 200, "BLOCK", 2000, "STREAMS", *keys, *(position[key] for key in keys))
                seen: defaultdict[int, list[dict]] = defaultdict(list)
                for key, entries in reply or ():
                    position[key.decode()] = entries[-1][0].decode()
                    for _, fields in entries:
                        if fields[0] == b"e":
                            self._describe(msgspec.json.decode(fields[1], type=Entry), seen)
                for queue, site in self.queues.items():
                    if seen[site] and not queue.full():
                        queue.put_nowait({"events": seen[site][-FEED_ITEMS:], "count": len(seen[site])})
                await asyncio.sleep(0.5)
        except RedisUnavailable:
            await asyncio.sleep(1)
        finally:
            redis.stop()

    @staticmethod
    def _describe(entry: Entry, seen: dict[int, list[dict]]) -> None:
        for event in entry.events:
            seen[entry.site].append(
                {
                    "at": event.at,
                    "name": event.name or event.type,
                    "type": event.type,
                    "visitor": entry.visitor,
                    "path": event.path or event.properties.get("placement", ""),
                }
            )


def _event(name: str, data: dict) -> dict:
    return {"type": "http.response.body", "body": b"event: %b\ndata: %b\n\n" % (name.encode(), _json(data)), "more_body": True}


def _comment(text: str) -> dict:
    return {"type": "http.response.body", "body": b": %b\n\n" % text.encode(), "more_body": True}


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _wait_for_either(first: asyncio.Event, second: asyncio.Event, seconds: float) -> bool:
    """True when one of them was set in time."""
    tasks = [asyncio.ensure_future(first.wait()), asyncio.ensure_future(second.wait())]
    try:
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)
    finally:
        for task in tasks:
            task.cancel()
