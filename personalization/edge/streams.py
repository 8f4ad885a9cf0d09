"""When does somebody who is looking at a page need a new decision? Server-sent events, to visitors' pages and to staff.

A commit publishes on the visitor's channel; this process decides again for the placements on that page, without recording it, and
speaks only if the outcome is another one. Staff with a signed token get the feed of events instead (`personalization.edge.feed`).
"""

import asyncio
import contextlib
import time
from collections import defaultdict

import hiredis

from personalization import context as gathering
from personalization import decide as deciding
from personalization.edge.feed import Feed
from personalization.edge.http import Receive, Request, Response, Send, event, refuse, remark, respond
from personalization.feed_access import Listener
from personalization.redis import RedisUnavailable
from privacy import consent
from segments.attributes import Attributes
from tracking import addresses, browsers
from tracking.formats.segment import MAX_ID
from tracking.log import base
from tracking.pseudonyms import visitor_of

KEEP_ALIVE_SECONDS = 15
CALM_SECONDS = 0.1  # events come in bursts: one look for all of a burst
MAX_STREAMS = 10_000
MAX_STREAMS_A_VISITOR = 6
MAX_PLACEMENTS = 50
HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Streams:
    """The open streams of this process."""

    def __init__(self, state) -> None:
        self.state = state
        self.listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.open = 0
        self.feed = Feed(state.redis, state.redis_url, state.appender.partitions)

    def notify(self, channel: str) -> None:
        for woken in self.listeners.get(channel, ()):
            woken.set()

    async def serve(self, request: Request, receive: Receive, send: Send) -> None:
        """GET /v1/stream: runs until the client leaves. Refusals are answers like any other.

        `placements` are keys, each followed by a colon and the variant that the page shows, if it shows one.
        """
        query = request.query
        listener = await self.feed.listener(request, query["feed"]) if "feed" in query else None
        if refusal := self._refusal(request, query, listener):
            await respond(send, refusal)
            return
        origin = "" if listener else request.headers.get("origin", "")  # the feed is for our own pages
        cors = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")] if origin else []
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS + cors})
        work = asyncio.ensure_future(self.feed.follow(listener, send) if listener else self._follow_visitor(request, query, send))
        left = asyncio.ensure_future(_until_left(receive))
        self.open += 1
        try:
            await asyncio.wait([work, left], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            for task in (work, left):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, RuntimeError, RedisUnavailable, hiredis.ReplyError):
                await work  # whatever ended it, the client connects again

    def _refusal(self, request: Request, query: dict[str, str], listener: Listener | None) -> Response | None:
        if self.open >= MAX_STREAMS:
            return refuse(503, "too_many_streams", "this process holds as many streams as it may", retry_after=30)
        if refusal := self.state.too_hasty(request):
            return refusal
        if "feed" in query:
            return None if listener else refuse(403, "invalid_token", "the feed's token is not ours, has expired, or its log-in has ended", "feed")
        site = self.state.snapshots.sites.find(request.headers, query.get("writeKey", ""))
        if site is None:
            return refuse(401, "invalid_write_key", "no site has this write key", "writeKey")
        if not browsers.origin_allowed(site, request.headers.get("origin", "")):
            return refuse(403, "foreign_origin", "this site does not list the page's origin", "origin")
        for field in ("anonymousId", "placements"):
            if not query.get(field):
                return refuse(400, "missing", f"a stream needs {field}", field)
        if len(query["anonymousId"]) > MAX_ID:
            return refuse(400, "too_long", f"an id has at most {MAX_ID} characters", "anonymousId")
        if len(self.listeners.get(self._channel(visitor_of(site.salt, query["anonymousId"])), ())) >= MAX_STREAMS_A_VISITOR:
            return refuse(429, "too_many_streams", f"a visitor may have {MAX_STREAMS_A_VISITOR} streams", "anonymousId", retry_after=30)
        return None

    def _channel(self, visitor: str) -> str:
        return base.visitor_channel(self.state.appender.partition_of(visitor), visitor)

    async def _follow_visitor(self, request: Request, query: dict[str, str], send: Send) -> None:
        state = self.state
        site = state.snapshots.sites.find(request.headers, query.get("writeKey", ""))
        visitor, _ = await state.store.load(visitor_of(site.salt, query["anonymousId"]))
        shown = dict(pair.partition(":")[::2] for pair in query["placements"].split(",")[:MAX_PLACEMENTS])
        placements = list(shown)
        woken, channel = asyncio.Event(), self._channel(visitor)
        self._listen(channel, woken)
        try:
            _, current = await self._outcomes(request, site, visitor, placements, query.get("url", ""))
            # What changed between the page's decision and this moment, nobody published to us.
            changed = [key for key, outcome in current.items() if shown.get(key) and outcome.partition(" ")[0] != shown[key]]
            await send(event("decisions", {"placements": changed}) if changed else remark("hello"))
            while True:
                if not await _wait_for_either(woken, state.snapshots.changed, KEEP_ALIVE_SECONDS):
                    await send(remark("still here"))
                    continue
                await asyncio.sleep(CALM_SECONDS)
                woken.clear()
                try:
                    known_as, fresh = await self._outcomes(request, site, visitor, placements, query.get("url", ""))
                except RedisUnavailable:
                    continue
                if known_as != visitor:  # signed in: the history goes on elsewhere, and so does its channel
                    self._leave(channel, woken)
                    visitor, channel = known_as, self._channel(known_as)
                    self._listen(channel, woken)
                changed = [key for key, outcome in fresh.items() if outcome != current.get(key)]
                if changed:
                    await send(event("decisions", {"placements": changed}))
                else:
                    await send(event("profile", {}))
                current = fresh
        finally:
            self._leave(channel, woken)

    async def _outcomes(self, request: Request, site, visitor: str, placements: list[str], url: str) -> tuple[str, dict[str, str]]:
        """Whose history it is by now, and per placement what would be shown, as text to compare: the variant and what fills its holes."""
        state = self.state
        release = state.snapshots.live.get(site.id)
        if release is None:
            return visitor, {}
        visitor, profile = await state.store.load(visitor)
        now = time.time_ns() // 1_000_000
        day, hour, weekday = gathering.local(site.time_zone, now)
        country = addresses.country_of(request.headers, state.trusted_proxies)
        context = gathering.gather(request.headers, url, "", "", country, hour, weekday)
        attributes = Attributes(profile, now, context, segments=release.segment_tests, clusters=release.cluster_model)
        objects = not consent.resolve("opt_out", site.honour_dnt, request.headers, None).may_store  # a profile is there only by consent
        decisions = deciding.decide(release, profile, attributes, placements, now, 0, day=day, consent=not objects)
        return visitor, {d.placement: f"{release.variants[d.variant].key if d.variant >= 0 else ''} {sorted((d.values or {}).items())}" for d in decisions}

    def _listen(self, channel: str, woken: asyncio.Event) -> None:
        self.listeners[channel].add(woken)
        self.state.subscriber.subscribe(channel)

    def _leave(self, channel: str, woken: asyncio.Event) -> None:
        self.listeners[channel].discard(woken)
        if not self.listeners[channel]:
            del self.listeners[channel]
            self.state.subscriber.unsubscribe(channel)


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
