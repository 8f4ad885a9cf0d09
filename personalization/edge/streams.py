"""When does somebody who is looking at a page need a new decision? Server-sent events, to visitors' pages and to staff.

A commit publishes on the visitor's channel; this process decides again what is watched, without recording it, and
speaks only if the outcome is another one (`personalization.edge.watching`). Staff with a signed token get the feed of
events instead (`personalization.edge.feed`).
"""

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import hiredis
from django.conf import settings

from personalization.edge.admission import access_of
from personalization.edge.asker import Asker, consent_of, ids_in, named
from personalization.edge.entering import Entering
from personalization.edge.feed import Feed
from personalization.edge.feed_rows import wanted_of
from personalization.edge.http import Receive, Request, Response, Send, Stream, refuse
from personalization.edge.question import MAX_PLACEMENTS, UNREADABLE, field_of, read_context
from personalization.edge.watching import PageWatch, Seen, Watch
from personalization.redis import RedisUnavailable
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
TOO_MANY_OF_VISITOR = refuse(
    429,
    "too_many_streams",
    f"a visitor may have {MAX_STREAMS_A_VISITOR} streams",
    "anonymousId",
    retry_after=30,
)
TOO_MANY = refuse(429, "too_many_streams", "This address holds as many streams as it may.", retry_after=30)


Work = Callable[[Send], Coroutine[Any, Any, None]]  # what is said in a stream, until it is cancelled


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
        if "feed" not in request.query:
            page = self._page(request, request.query)
            return page if isinstance(page, Response) else self.follow(request, page)
        token = request.query["feed"]
        listener = await self.feed.listener(request, token)
        if listener is None:
            return refuse(
                403, "invalid_token", "the feed's token is not ours, has expired, or its log-in has ended", "feed"
            )
        work = partial(self.feed.follow, listener, wanted_of(request.query))
        return self.hold(request, work, is_for_pages=False)

    def follow(self, request: Request, watch: Watch) -> Response | Stream:
        """A stream of what is watched for one visitor."""
        if self.views[watch.asker.who.visitor] >= MAX_STREAMS_A_VISITOR:
            return TOO_MANY_OF_VISITOR
        return self.hold(request, partial(self._follow_visitor, watch))

    def hold(self, request: Request, work: Work, *, is_for_pages: bool = True) -> Response | Stream:
        """A stream of whatever `work` says, unless too many are open: of this process, of an address."""
        if self.open >= MAX_STREAMS:
            return refuse(503, "too_many_streams", "this process holds as many streams as it may", retry_after=30)
        # Nothing waits from here until the stream is counted, so that two which come together cannot both be the last.
        address = subscriber(request.address(self.state.trusted_proxies))
        if 0 < settings.ADDRESS_STREAMS <= self.addresses[address]:
            return TOO_MANY
        origin = request.headers.get("origin", "") if is_for_pages else ""  # the feed is for our own pages
        cors = ((b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"origin")) if origin else ()
        return Stream(HEADERS + cors, partial(self._run, work, address))

    async def _run(self, work: Work, address: str, receive: Receive, send: Send) -> None:
        """Until the client leaves."""
        with self._of_address(address):
            working, left = asyncio.ensure_future(work(send)), asyncio.ensure_future(_until_left(receive))
            self.open += 1
            try:
                await asyncio.wait([working, left], return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.open -= 1
                for task in (working, left):
                    task.cancel()
                with contextlib.suppress(
                    asyncio.CancelledError, OSError, RuntimeError, RedisUnavailable, hiredis.ReplyError
                ):
                    await working  # whatever ended it, the client connects again

    def _page(self, request: Request, query: dict[str, str]) -> PageWatch | Response:
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
        consent = consent_of(access, request, context, self.state.trusted_proxies)
        asker = Asker(request, access.site, who, ids, context, consent, self.state.trusted_proxies)
        return PageWatch(asker, shown, told)

    def _channel(self, visitor: str) -> str:
        return keys.visitor(self.state.appender.partition_of(visitor), visitor)

    async def _follow_visitor(self, watch: Watch, send: Send) -> None:
        state, named = self.state, watch.asker.who.visitor
        woken, visitor, channel = asyncio.Event(), named, self._channel(named)
        self._listen(channel, woken)  # before the first look: what comes between would else be missed
        self.views[named] += 1
        try:
            known_as, current = await self._look(watch, visitor)
            await send(watch.greet(current))
            while True:
                if known_as != visitor:  # signed in: the history goes on elsewhere, and so does its channel
                    self._leave(channel, woken)
                    visitor, channel = known_as, self._channel(known_as)
                    self._listen(channel, woken)
                    woken.set()  # for what was done there between the look and this
                is_news = await _wait_for_either(woken, state.snapshots.changed, KEEP_ALIVE_SECONDS)
                if is_news:
                    await asyncio.sleep(CALM_SECONDS)
                    woken.clear()
                try:
                    known_as, fresh = await self._look(watch, visitor)
                except RedisUnavailable:
                    fresh = current
                # Without news as well: schedules begin and end, hours pass, carts lie about.
                changed = [key for key, sight in fresh.items() if sight != current.get(key)]
                current = fresh
                await send(watch.tell(changed, fresh, is_news=is_news))
        finally:
            self._leave(channel, woken)
            self.views[named] -= 1
            self.views += Counter()  # forgets those that have none

    async def _look(self, watch: Watch, visitor: str) -> tuple[str, Seen]:
        """Whose history it is by now, and how things stand."""
        site = watch.asker.site.id
        release = self.state.snapshots.live.get(site)
        if release is None:
            return visitor, {}
        found = await self.state.store.find(watch.asker.who)
        return found[0], watch.look(release, found, now_ms(), self.state.snapshots.beside(site))

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
