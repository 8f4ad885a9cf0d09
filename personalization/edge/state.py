"""What does one edge process hold? Its connection, snapshots, profiles, counters; made at start, closed at the end."""

import asyncio
import contextlib
from functools import lru_cache

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from personalization.edge.buffer import DecisionBuffer
from personalization.edge.http import Request, Response, refuse
from personalization.edge.snapshots import Snapshots
from personalization.edge.streams import Streams
from personalization.engagement import Tokens
from personalization.metrics import Metrics
from personalization.redis import Redis, RedisUnavailable, Subscriber
from segments.profiles import ProfileStore
from sites import keys
from sites.times import now_ms
from tracking.drops import Drops
from tracking.log.append import Appender
from tracking.pipeline import Pipeline

HOUSEKEEPING_SECONDS = 1.0
LONGEST_HOST = 262  # a name and a port


class State:
    """Everything that the handlers share. One per process."""

    def __init__(self) -> None:
        self.redis_url: str = settings.REDIS_URL
        self.public_url: str = settings.PUBLIC_URL
        self.allowed_hosts = tuple(settings.ALLOWED_HOSTS)
        self.redis = Redis(self.redis_url)
        self.appender = Appender(
            self.redis.call,
            settings.LOG_PARTITIONS,
            state_ttl=settings.PROFILE_TTL_SECONDS,
            seen_ttl=settings.DEDUPE_SECONDS,
            max_entries=settings.LOG_MAX_ENTRIES,
        )
        self.snapshots = Snapshots(self.redis, settings.VAR_DIR / "snapshots")
        self.store = ProfileStore(self.appender, self.snapshots.rows_of)
        self.subscriber = Subscriber(self.redis_url, self._heard, lambda: self.snapshots.wake())
        self.buffer = DecisionBuffer(self.appender)
        self.streams = Streams(self)
        self.tokens = Tokens(settings.SECRET_KEY)
        self.drops = Drops()
        self.pipeline = Pipeline(
            settings.ADDRESS_RATE,
            settings.TRUSTED_PROXIES,
            settings.BOT_PAGES_PER_MINUTE,
            site_rate=settings.SITE_RATE,
            max_age_days=settings.MAX_EVENT_AGE_DAYS,
        )
        self.metrics = Metrics()
        self.trusted_proxies: int = settings.TRUSTED_PROXIES
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Succeeds also while Redis is away. What it raises for another reason leaves nothing running."""
        try:
            await self.redis.start()
            self.subscriber.subscribe(keys.CHANGES)
            self.subscriber.start()
            await self.snapshots.start()
        except BaseException:
            self._close()
            raise
        self._keeper = asyncio.ensure_future(self._keep_house())

    async def stop(self) -> None:
        if self._keeper:
            self._keeper.cancel()
        await self.buffer.stop()
        with contextlib.suppress(RedisUnavailable):
            await self.drops.flush(self.redis.call, now_ms())
        self._close()

    def _close(self) -> None:
        self.snapshots.stop()
        self.subscriber.stop()
        self.redis.stop()

    @property
    def problem(self) -> str:
        """What this process lacks, in a sentence for operators; empty where it lacks nothing."""
        if self.redis.trouble:
            return f"Redis does not answer: {self.redis.trouble}"
        if self.snapshots.problem:
            return f"What Redis holds of sites and releases cannot be read: {self.snapshots.problem}"
        if self.snapshots.knows_sites:
            return ""
        return "Redis holds no list of sites yet; a consumer that starts and beat send it"

    def base_url(self, request: Request) -> str:
        """The address under which this installation is reached, without a slash at the end. A request may name only a
        host that we answer to."""
        if self.public_url:
            return self.public_url
        host = request.headers.get("host", "")
        if len(host) > LONGEST_HOST or not _is_host_of_ours(host, self.allowed_hosts):
            host = self.allowed_hosts[0].lstrip(".")
        return f"{request.scheme}://{host}"

    def too_hasty(self, request: Request) -> Response | None:
        """The refusal of a call whose address has used up what it may ask and send; events are charged by the pipeline,
        out of the same purse."""
        wait = self.pipeline.wait(request.address(self.trusted_proxies), now_ms())
        return refuse(429, "rate_limited", "too many calls from this address", retry_after=wait) if wait else None

    def _heard(self, channel: str, message: bytes) -> None:
        if channel == keys.CHANGES:
            self.snapshots.wake()
        else:
            self.streams.notify(channel)

    async def _keep_house(self) -> None:
        """Once a second: counters leave the process, so that a kill loses at most a second of counts."""
        while True:
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            if self.redis.is_connected:
                try:
                    await self.drops.flush(self.redis.call, now_ms())
                    await self.metrics.share(self.redis.call)
                except Exception as error:
                    self.metrics.problem("housekeeping", error)


@lru_cache(maxsize=256)
def _is_host_of_ours(host: str, allowed: tuple[str, ...]) -> bool:
    """Remembered, since each decision asks it again for the same host."""
    return validate_host(split_domain_port(host)[0], allowed)
