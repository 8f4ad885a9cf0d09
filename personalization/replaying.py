"""How does a recording become events? Through the real pipeline, fold and log, keeping its own time.

Each message is received at the moment at which it happened, so windows, decay, sessions and partitions follow the recording. Many
visitors are in flight at once; `ProfileStore` lets the messages of one visitor take turns in the order of the file.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from personalization.redis import RedisUnavailable
from segments.profiles import ProfileStore
from tracking.intake import Request
from tracking.log.append import LogFull
from tracking.pipeline import Pipeline
from tracking.replay import Recorded
from tracking.sites import SiteConfig, Sites

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


class Replay:
    """One run. `speed` is how many seconds of the recording pass in one of ours; 0 waits for nothing."""

    def __init__(self, store: ProfileStore, site: SiteConfig, *, speed: float = 0, told: Callable[[Summary], None] = lambda _: None) -> None:
        self.store, self.site, self.speed, self.told = store, site, speed, told
        self.sites = Sites([site])
        self.pipeline = Pipeline()
        self.summary = Summary()
        self._room = asyncio.Semaphore(IN_FLIGHT)

    async def run(self, recording: Iterable[Recorded]) -> Summary:
        """Raises LogFull or RedisUnavailable when retries for twenty seconds did not help, and what the recording itself raises."""
        loop = asyncio.get_running_loop()
        began, first = loop.time(), 0
        try:
            async with asyncio.TaskGroup() as tasks:
                for recorded in recording:
                    self.summary.read += 1
                    if recorded.message is None:
                        self.summary.skipped[recorded.skipped] += 1
                        continue
                    first = first or recorded.at
                    if self.speed and (wait := began + (recorded.at - first) / 1000 / self.speed - loop.time()) > 0:
                        await asyncio.sleep(wait)
                    await self._room.acquire()
                    tasks.create_task(self._send(recorded))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        return self.summary

    async def _send(self, recorded: Recorded) -> None:
        try:
            request = Request("batch", recorded.headers, msgspec.json.encode({"writeKey": self.site.write_key, "batch": [recorded.message]}), recorded.address)
            received = self.pipeline.receive(request, self.sites, recorded.at)
            self.summary.dropped.update(received.drops)
            for arrival in received.arrivals:
                taken = await self._record(arrival)
                self.summary.accepted += taken
                self.summary.known += len(arrival.events) - taken
            self.told(self.summary)
        finally:
            self._room.release()

    async def _record(self, arrival) -> int:
        for attempt in range(ATTEMPTS):
            try:
                return len((await self.store.record(arrival)).events)
            except (LogFull, RedisUnavailable):
                if attempt == ATTEMPTS - 1:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError("unreachable")
