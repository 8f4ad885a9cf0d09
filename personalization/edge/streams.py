"""When does somebody who is looking at a page need a new decision? Server-sent events, to visitors' pages and to staff.

A commit publishes on the visitor's channel; this process decides again for the placements on that page, without
recording it, and
speaks only if the outcome is another one. Staff with a signed token get the feed of events instead
(`personalization.edge.feed`).
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import hiredis

from personalization.context import gather
from personalization.decide import decide
from personalization.edge.admission import access_of
from personalization.edge.feed import Feed
from personalization.edge.http import Receive, Request, Response, Send, event, refuse, remark, respond
from personalization.edge.question import MAX_PLACEMENTS, UNREADABLE, field_of, ids_in, named, read_context
from personalization.feed_access import Listener
from personalization.redis import RedisUnavailable
from personalization.situation import NO_VISITOR, Situation
from privacy import consent
from sites import keys
from sites.config import SiteConfig
from sites.times import now_ms
from tracking.formats.segment import MAX_ID, Context
from tracking.identity import Identity

KEEP_ALIVE_SECONDS = 15
CALM_SECONDS = 0.1  # events come in bursts: one look for all of a burst
MAX_STREAMS = 10_000
MAX_STREAMS_A_VISITOR = 6
HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Outcome(NamedTuple):
    """What a placement would show: a variant's key, "" for nothing, and what fills its holes."""

    variant: str
    values: dict[str, str]


@dataclass(slots=True)
class View:
    """One open page."""

    request: Request
    site: SiteConfig
    who: Identity
    shown: dict[str, str]  # variants by placement, "" for nothing; kept up to date with what the page is told
    told: set[str]  # placements of which the page said what it shows
    context: Context
    ids: list[str]  # of the visitor, which the page's address may hold


class Streams:
    """The open streams of this process."""

    def __init__(self, state) -> None:
        self.state = state
        self.listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.open = 0
        self.views: Counter[str] = Counter()  # open streams by the visitor who is named
        self.addresses: Counter[str] = Counter()  # how many each address holds
        self.feed = Feed(state.redis, state.redis_url, state.appender.partitions)

    def notify(self, channel: str) -> None:
        for woken in self.listeners.get(channel, ()):
            woken.set()

    @contextlib.contextmanager
    def of_address(self, address: str) -> Iterator[int]:
        """Counts one more stream for this address, as long as it is held; the number of all that it holds now."""
        self.addresses[address] += 1
        try:
            yield self.addresses[address]
        finally:
            self.addresses[address] -= 1
            if not self.addresses[address]:
                del self.addresses[address]

    async def serve(self, request: Request, receive: Receive, send: Send) -> None:
        """GET /v1/stream: runs until the client leaves. Refusals are answers like any other.

        `placements` are keys, each followed by a colon and the variant that the page shows, if it shows one; `context`
        is that of the page's question, as JSON: what it was asked with, the stream asks with.
        """
        asked = self._hastily_refused(request) or await self._asked(request)
        if isinstance(asked, Response):
            await respond(send, asked)
            return
        origin = (
            "" if isinstance(asked, Listener) else request.headers.get("origin", "")
        )  # the feed is for our own pages
        cors = [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")] if origin else []
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS + cors})
        work = asyncio.ensure_future(
            self._follow_visitor(asked, send) if isinstance(asked, View) else self.feed.follow(asked, send)
        )
        left = asyncio.ensure_future(_until_left(receive))
        self.open += 1
        try:
            await asyncio.wait([work, left], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            for task in (work, left):
                task.cancel()
            with contextlib.suppress(
                asyncio.CancelledError, OSError, RuntimeError, RedisUnavailable, hiredis.ReplyError
            ):
                await work  # whatever ended it, the client connects again

    def _hastily_refused(self, request: Request) -> Response | None:
        if self.open >= MAX_STREAMS:
            return refuse(503, "too_many_streams", "this process holds as many streams as it may", retry_after=30)
        return self.state.too_hasty(request)

    async def _asked(self, request: Request) -> View | Listener | Response:
        query = request.query
        if "feed" not in query:
            return self._view(request, query)
        listener = await self.feed.listener(request, query["feed"])
        return listener or refuse(
            403, "invalid_token", "the feed's token is not ours, has expired, or its log-in has ended", "feed"
        )

    def _view(self, request: Request, query: dict[str, str]) -> View | Response:
        access = access_of(self.state, request, query.get("writeKey", ""))
        if isinstance(access, Response):
            return access
        if not query.get("placements"):
            return refuse(400, "missing", "a stream needs placements", "placements")
        if not query.get("anonymousId") and not query.get("userId"):
            return refuse(400, "missing", "a stream needs an anonymousId or a userId", "anonymousId")
        for field in ("anonymousId", "userId"):
            if len(query.get(field, "")) > MAX_ID:
                return refuse(400, "too_long", f"an id has at most {MAX_ID} characters", field)
        try:
            context = read_context(query.get("context", "{}").encode())
        except UNREADABLE as error:
            return refuse(400, "invalid_context", str(error), ".".join(filter(None, ("context", field_of(str(error))))))
        who = named(
            access, query.get("anonymousId"), query.get("userId"), query.get("userHash", "") or context.user_hash
        )
        if not who.visitor or not who.reads:
            return refuse(403, "unproved_user", "a userId needs its userHash, or an anonymousId beside it", "userHash")
        shown = dict(pair.partition(":")[::2] for pair in query["placements"].split(",")[:MAX_PLACEMENTS])
        told = {
            key for key, separator, _ in (pair.partition(":") for pair in query["placements"].split(",")) if separator
        }
        ids = ids_in(query.get("anonymousId"), query.get("userId"))
        if self.views[who.visitor] >= MAX_STREAMS_A_VISITOR:
            return refuse(
                429,
                "too_many_streams",
                f"a visitor may have {MAX_STREAMS_A_VISITOR} streams",
                "anonymousId",
                retry_after=30,
            )
        return View(request, access.site, who, shown, told, context, ids)

    def _channel(self, visitor: str) -> str:
        return keys.visitor(self.state.appender.partition_of(visitor), visitor)

    async def _follow_visitor(self, view: View, send: Send) -> None:
        state = self.state
        woken, visitor, channel = asyncio.Event(), view.who.visitor, self._channel(view.who.visitor)
        self._listen(channel, woken)  # before the first look: what comes between would else be missed
        self.views[view.who.visitor] += 1
        try:
            known_as, current = await self._outcomes(view, visitor)
            # What changed between the page's decision and this moment, nobody published to us.
            changed = [key for key in view.told if key in current and current[key].variant != view.shown[key]]
            await send(event("decisions", {"placements": changed}) if changed else remark("hello"))
            while True:
                if known_as != visitor:  # signed in: the history goes on elsewhere, and so does its channel
                    self._leave(channel, woken)
                    visitor, channel = known_as, self._channel(known_as)
                    self._listen(channel, woken)
                    woken.set()  # for what was done there between the look and this
                told = await _wait_for_either(woken, state.snapshots.changed, KEEP_ALIVE_SECONDS)
                if told:
                    await asyncio.sleep(CALM_SECONDS)
                    woken.clear()
                try:
                    known_as, fresh = await self._outcomes(view, visitor)
                except RedisUnavailable:
                    fresh = current
                # Without news as well: schedules begin and end, hours pass, carts lie about.
                changed = [key for key, outcome in fresh.items() if outcome != current.get(key)]
                current = fresh
                view.shown.update({key: fresh[key].variant for key in changed})
                if changed:
                    await send(event("decisions", {"placements": changed}))
                else:
                    await send(event("profile", {}) if told else remark("still here"))
        finally:
            self._leave(channel, woken)
            self.views[view.who.visitor] -= 1
            self.views += Counter()  # forgets those that have none

    async def _outcomes(self, view: View, visitor: str) -> tuple[str, dict[str, Outcome]]:
        """Whose history it is by now, and per placement what would be shown."""
        state, site = self.state, view.site
        release = state.snapshots.live.get(site.id)
        if release is None:
            return visitor, {}
        visitor, profile = await state.store.find(view.who)
        now = now_ms()
        context, day = gather(site, view.request.headers, view.context, state.trusted_proxies, now, view.ids)
        stated = view.context.consent.category_preferences if view.context.consent else None
        agreed = consent.resolve(site.consent_mode, site.honour_dnt, view.request.headers, stated)
        situation = Situation(
            release, profile, visitor or NO_VISITOR, agreed.may_personalise, context, now, day, view.shown
        )
        decisions = decide(situation, list(view.shown))
        return visitor, {
            one.placement: Outcome(release.variants[one.variant].key if one.variant >= 0 else "", one.values or {})
            for one in decisions
        }

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
