"""How does a recording become events? Through the real pipeline, fold and log, keeping its own time.

Each message is received at the moment at which it happened, so windows, decay, sessions and partitions follow the
recording. Many visitors are in flight at once; `ProfileStore` lets the messages of one visitor take turns in the order
of the file.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from personalization.redis import RedisUnavailable
from segments.profiles import ProfileStore
from sites.config import SiteConfig, Sites
from sites.times import HOUR_MS
from tracking.drops import Call, Drops
from tracking.event import Arrival
from tracking.intake import CollectRequest
from tracking.log.append import LogFull
from tracking.pipeline import Pipeline
from tracking.reasons import KEPT
from tracking.replay import Recorded

IN_FLIGHT = 200
ATTEMPTS = 40
PAUSE_SECONDS = 0.5


@dataclass(slots=True)
class Summary:
    """What became of a recording, in numbers of messages."""

    read: int = 0
    accepted: int = 0
    known: int = 0  # in the log or stored already
    dropped: Counter[str] = field(default_factory=Counter)  # by the pipeline's reason
    skipped: Counter[str] = field(default_factory=Counter)  # by the reader's
    pages: Counter[str] = field(default_factory=Counter)  # taken for pages, by part of the site
    # What was taken for what pages load, by part of the site and reason.
    content: Counter[tuple[str, str]] = field(default_factory=Counter)


class Replay:
    """One run. `speed` is how many seconds of the recording pass in one of ours; 0 waits for nothing."""

    def __init__(
        self,
        store: ProfileStore,
        site: SiteConfig,
        *,
        speed: float = 0,
        told: Callable[[Summary], None] = lambda _: None,
    ) -> None:
        self.store, self.site, self.speed, self.told = store, site, speed, told
        self.sites = Sites([msgspec.structs.replace(site, verify_users=False)])  # a recording is the operator's word
        self.pipeline = Pipeline()
        self.summary = Summary()
        self._drops: dict[int, Drops] = {}  # by hour of the recording
        self._in_flight: set[asyncio.Task[None]] = set()
        self._joined: set[tuple[str, str]] = set()

    async def run(self, recording: Iterable[Recorded]) -> Summary:
        """Raises LogFull or RedisUnavailable when retries for twenty seconds did not help, and what the recording
        itself raises."""
        loop = asyncio.get_running_loop()
        began, first = loop.time(), 0
        for recorded in recording:
            self.summary.read += 1
            self._tell_apart(recorded)
            if recorded.message is None:
                self.summary.skipped[recorded.skipped] += 1
                continue
            first = first or recorded.at
            if self.speed and (wait := began + (recorded.at - first) / 1000 / self.speed - loop.time()) > 0:
                await asyncio.sleep(wait)
            for arrival in self._receive(recorded):
                await self._start(arrival)
        await self._settle(0)
        return self.summary

    def _tell_apart(self, recorded: Recorded) -> None:
        if recorded.part and recorded.skipped:
            self.summary.content[recorded.part, recorded.skipped] += 1
        elif recorded.part:
            self.summary.pages[recorded.part] += 1

    def _receive(self, recorded: Recorded) -> list[Arrival]:
        body = msgspec.json.encode({"writeKey": self.site.write_key, "batch": [recorded.message]})
        received = self.pipeline.receive(
            CollectRequest("batch", recorded.headers, body, recorded.address), self.sites, recorded.at
        )
        self.summary.dropped.update({reason: number for reason, number in received.drops.items() if reason not in KEPT})
        for reason, number in received.drops.items():
            self._drops.setdefault(recorded.at - recorded.at % HOUR_MS, Drops()).count(self.site, reason, number)
        return received.arrivals

    async def count_drops(self, call: Call) -> None:
        """Adds what was dropped so far to the site's counters, in the hours of the recording. Each run counts what it
        dropped itself."""
        for hour, drops in self._drops.items():
            await drops.flush(call, hour)

    async def _start(self, arrival: Arrival) -> None:
        """Records in the background. Who names a user for the first time waits for all others: whose history takes in
        whose depends on it."""
        join = (arrival.visitor, arrival.user_visitor)
        joins = bool(arrival.user_visitor) and join not in self._joined
        await self._settle(0 if joins else IN_FLIGHT)
        task = asyncio.create_task(self._record(arrival))
        self._in_flight.add(task)
        if joins:
            self._joined.add(join)
            await self._settle(0)

    async def _settle(self, most: int) -> None:
        """Returns when at most so many arrivals are in flight; raises what one of them raised."""
        while len(self._in_flight) > most:
            done, self._in_flight = await asyncio.wait(self._in_flight, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            self.told(self.summary)

    async def _record(self, arrival: Arrival) -> None:
        for attempt in range(ATTEMPTS):
            try:
                taken = len((await self.store.record(arrival)).events)
                break
            except (LogFull, RedisUnavailable):
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
        self.summary.accepted += taken
        self.summary.known += len(arrival.events) - taken
