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
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import hiredis
from django.conf import settings

from personalization.decide import decide
from personalization.edge.admission import access_of
from personalization.edge.asker import Asker, consent_of, ids_in, named
from personalization.edge.entering import Entering
from personalization.edge.feed import Feed
from personalization.edge.feed_rows import Wanted, wanted_of
from personalization.edge.http import Receive, Request, Response, Send, Stream, event, refuse, remark
from personalization.edge.question import MAX_PLACEMENTS, UNREADABLE, field_of, read_context
from personalization.feed_access import Listener
from personalization.redis import RedisUnavailable
from personalization.situation import NO_COUPONS
from sites import keys
from sites.times import now_ms
from tracking.addresses import subscriber
from tracking.formats.segment import MAX_ID

if TYPE_CHECKING:
    from personalization.edge.state import State

KEEP_ALIVE_SECONDS = 15
CALM_SECONDS = 0.1  # events come in bursts: one look for all of a burst
MAX_STREAMS = 10_000
MAX_STREAMS_A_VISITOR = 6
HEADERS = ((b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"))
TOO_MANY = refuse(429, "too_many_streams", "This address holds as many streams as it may.", retry_after=30)


class Sight(NamedTuple):
    """What a placement would show: a variant's key, "" for nothing, and what fills its holes."""

    variant: str
    values: dict[str, str]


@dataclass(slots=True)
class View:
    """One open page."""

    asker: Asker
    shown: dict[str, str]  # variants by placement, "" for nothing; kept up to date with what the page is told
    told: set[str]  # placements of which the page said what it shows


class Streams:
    """The open streams of this process."""

    def __init__(self, state: "State") -> None:
        self.state = state
        self.listeners: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self.open = 0
        self.views: Counter[str] = Counter()  # open streams by the visitor who is named
        self.addresses: Counter[str] = Counter()  # how many each address holds
        entering = Entering(state.store, lambda site: state.snapshots.live.get(site))
        self.feed = Feed(state.redis, state.redis_url, state.appender.partitions, entering)

    def notify(self, channel: str) -> None:
        for woken in self.listeners.get(channel, ()):
            woken.set()

    @contextlib.contextmanager
    def _of_address(self, address: str) -> Iterator[None]:
        """Counts one more stream for this address, as long as it is held."""
        self.addresses[address] += 1
        try:
            yield
        finally:
            self.addresses[address] -= 1
            if not self.addresses[address]:
                del self.addresses[address]

    async def open_stream(self, request: Request) -> Response | Stream:
        """GET /v1/stream. Refusals are answers like any other.

        `placements` are keys, each followed by a colon and the variant that the page shows, if it shows one; `context`
        is that of the page's question, as JSON: what it was asked with, the stream asks with.
        """
        if self.open >= MAX_STREAMS:
            return refuse(503, "too_many_streams", "this process holds as many streams as it may", retry_after=30)
        asked = await self._asked(request)
        if isinstance(asked, Response):
            return asked
        # Nothing waits from here until the stream is counted, so that two which come together cannot both be the last.
        address = subscriber(request.address(self.state.trusted_proxies))
        if 0 < settings.ADDRESS_STREAMS <= self.addresses[address]:
            return TOO_MANY
        # The feed is for our own pages.
        origin = "" if isinstance(asked, Listener) else request.headers.get("origin", "")
        cors = ((b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")) if origin else ()
        return Stream(HEADERS + cors, partial(self._run, asked, address, wanted_of(request.query)))

    async def _run(self, asked: View | Listener, address: str, wanted: Wanted, receive: Receive, send: Send) -> None:
        """Until the client leaves."""
        with self._of_address(address):
            if isinstance(asked, View):
                work = asyncio.ensure_future(self._follow_visitor(asked, send))
            else:
                work = asyncio.ensure_future(self.feed.follow(asked, wanted, send))
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

    async def _asked(self, request: Request) -> View | Listener | Response:
        query = request.query
        if "feed" not in query:
            return self._view(request, query)
        listener = await self.feed.listener(request, query["feed"])
        return listener or refuse(
            403, "invalid_token", "the feed's token is not ours, has expired, or its log-in has ended", "feed"
        )

    def _view(self, request: Request, query: dict[str, str]) -> View | Response:
        access = access_of(self.state.snapshots.sites, request, query.get("writeKey", ""))
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
        pairs = [pair.partition(":") for pair in query["placements"].split(",", MAX_PLACEMENTS)[:MAX_PLACEMENTS]]
        shown = {key: variant for key, _, variant in pairs}
        told = {key for key, separator, _ in pairs if separator}
        ids = ids_in(query.get("anonymousId"), query.get("userId"))
        if self.views[who.visitor] >= MAX_STREAMS_A_VISITOR:
            return refuse(
                429,
                "too_many_streams",
                f"a visitor may have {MAX_STREAMS_A_VISITOR} streams",
                "anonymousId",
                retry_after=30,
            )
        consent = consent_of(access, request, context, self.state.trusted_proxies)
        asker = Asker(request, access.site, who, ids, context, consent, self.state.trusted_proxies)
        return View(asker, shown, told)

    def _channel(self, visitor: str) -> str:
        return keys.visitor(self.state.appender.partition_of(visitor), visitor)

    async def _follow_visitor(self, view: View, send: Send) -> None:
        state = self.state
        woken, visitor, channel = asyncio.Event(), view.asker.who.visitor, self._channel(view.asker.who.visitor)
        self._listen(channel, woken)  # before the first look: what comes between would else be missed
        self.views[view.asker.who.visitor] += 1
        try:
            known_as, current = await self._sights(view, visitor)
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
                    known_as, fresh = await self._sights(view, visitor)
                except RedisUnavailable:
                    fresh = current
                # Without news as well: schedules begin and end, hours pass, carts lie about.
                changed = [key for key, sight in fresh.items() if sight != current.get(key)]
                current = fresh
                view.shown.update({key: fresh[key].variant for key in changed})
                if changed:
                    await send(event("decisions", {"placements": changed}))
                else:
                    await send(event("profile", {}) if told else remark("still here"))
        finally:
            self._leave(channel, woken)
            self.views[view.asker.who.visitor] -= 1
            self.views += Counter()  # forgets those that have none

    async def _sights(self, view: View, visitor: str) -> tuple[str, dict[str, Sight]]:
        """Whose history it is by now, and per placement what would be shown."""
        release = self.state.snapshots.live.get(view.asker.site.id)
        if release is None:
            return visitor, {}
        found = await self.state.store.find(view.asker.who)
        used_up = self.state.snapshots.used_up.get(view.asker.site.id, NO_COUPONS)
        situation = view.asker.situation(release, found, now_ms(), view.shown, used_up)
        sights = {}
        for one in decide(situation, list(view.shown)):
            key = release.variants[one.variant].key if one.variant >= 0 else ""
            sights[one.placement] = Sight(key, one.values or {})
        return found[0], sights

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
