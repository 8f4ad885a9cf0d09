"""What did simulated visitors do in the fortnight before the shop opened, and what were they shown? Day by day, through
the real pipeline, fold, decision and log, each thing at its own moment.

Every row that comes of it is one that the edge would have written, so profiles can be rebuilt from the events, and
decisions made again.
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from campaigns.release import FrozenRelease
from personalization.context import gather
from personalization.decide import decide
from personalization.demo.course import Offered, React, Tell
from personalization.demo.in_bulk import DayAppender
from personalization.demo.personas import Simulated, Visit
from personalization.edge.answer import id_at, write
from personalization.engagement import Tokens, arrival_of
from personalization.situation import Situation
from segments.profiles import ProfileStore, Recorded
from sites.config import SiteConfig, Sites
from sites.local_time import local
from tracking.decision import LoggedDecision
from tracking.event import Arrival
from tracking.formats.segment import Context
from tracking.intake import CollectRequest
from tracking.pipeline import Pipeline

IN_FLIGHT = 50  # visitors
ENTRY_ROWS = 500  # decisions of one record in the log

_context = msgspec.json.Decoder(Context)


def days_of(visitors: int, until: int, days: int, time_zone: str) -> list[list[Visit]]:
    """The visits of the past in the order in which they begin, by the local day."""
    by_day: dict[int, list[Visit]] = defaultdict(list)
    for number in range(visitors):
        for visit in Simulated(number).visits(until, days):
            by_day[local(time_zone, visit.start)[0]].append(visit)
    return [sorted(by_day[day], key=lambda visit: visit.start) for day in sorted(by_day)]


@dataclass(slots=True)
class Past:
    """`release` is what these visitors saw: the one with which the shop opens."""

    appender: DayAppender
    site: SiteConfig
    release: FrozenRelease
    tokens: Tokens
    events: int = 0
    decisions: int = 0
    rows: list[LoggedDecision] = field(default_factory=list)
    pipeline: Pipeline = field(default_factory=Pipeline)
    store: ProfileStore = field(init=False)
    sites: Sites = field(init=False)
    visitors: set[str] = field(default_factory=set)  # who has come until now
    # With their moments: whoever drives this lets them redeem their codes, which needs Postgres.
    orders: list[tuple[dict[str, Any], int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sites = Sites([self.site])
        self.store = ProfileStore(self.appender)

    async def live_through(self, visits: Iterable[Visit]) -> None:
        """A day. Visitors whose day is in the log already are left as they are. Raises what the store raises; then a
        repeat goes on where this stopped."""
        by_visitor: dict[int, list[Visit]] = defaultdict(list)
        for visit in visits:
            by_visitor[visit.visitor.number].append(visit)
        turns = asyncio.Semaphore(IN_FLIGHT)
        await asyncio.gather(*(self._one_after_the_other(own, turns) for own in by_visitor.values()))
        await self._write()

    async def _one_after_the_other(self, visits: list[Visit], turns: asyncio.Semaphore) -> None:
        async with turns:
            for visit in visits:
                await self._visit(visit)

    async def _visit(self, visit: Visit) -> None:
        course = visit.course()
        offered: list[Offered] = []
        waiting: list[Arrival] = []  # nobody asks before the next question, so until then it is recorded together
        try:
            act = next(course)
            while True:
                if isinstance(act, React):
                    waiting.append(self._reaction(act))
                    offered = []
                else:
                    offered = await self._tell(visit.visitor, act, waiting)
                act = course.send(offered)
        except StopIteration:
            await self._record(waiting)

    async def _record(self, waiting: list[Arrival]) -> list[Recorded]:
        recorded = [await self.store.record(arrival) for arrival in together(waiting)]
        waiting.clear()
        self.events += sum(len(one.events) for one in recorded)
        self.visitors.update(one.visitor for one in recorded)
        return recorded

    async def _tell(self, visitor: Simulated, act: Tell, waiting: list[Arrival]) -> list[Offered]:
        body = msgspec.json.encode({"writeKey": self.site.write_key, "batch": act.messages})
        received = self.pipeline.receive(CollectRequest("batch", {}, body), self.sites, act.at)
        waiting += received.arrivals
        self.orders += [(message, act.at) for message in act.messages if message.get("event") == "Order Completed"]
        if not act.placements or not received.arrivals:
            return []
        recorded = await self._record(waiting)
        if not recorded[-1].events:
            return []
        return self._decide(visitor, act, recorded[-1])

    def _decide(self, visitor: Simulated, act: Tell, recorded: Recorded) -> list[Offered]:
        told = _context.decode(msgspec.json.encode(act.messages[0]["context"]))
        context, day = gather(self.site, {}, told, 0, act.at, [visitor.anonymous_id])
        situation = Situation(self.release, recorded.profile, recorded.visitor, True, context, act.at, day)
        placements = [key for key in act.placements if key in self.release.placements]
        kept, offered = situation.circumstances(placements), []
        for decision in decide(situation, placements):
            identity = same_id(act.at, recorded.visitor, decision.placement)
            text, row = write(situation, decision, identity, kept, b"", self.tokens, explained=False)
            self.rows.append(row)
            offered.append(offered_of(msgspec.json.decode(text)))
        self.decisions += len(offered)
        return offered

    def _reaction(self, act: React) -> Arrival:
        day = local(self.site.time_zone, act.at)[0]
        first, *others = (arrival_of(self.tokens.read(token), act.kind, act.at, day) for token in act.tokens)
        for other in others:
            first.events += other.events
        return first

    async def _write(self) -> None:
        """Decisions first: the consumer finds them when it comes to what was done about them."""
        for start in range(0, len(self.rows), ENTRY_ROWS):
            rows = self.rows[start : start + ENTRY_ROWS]
            for partition, part in self.appender.by_partition(rows).items():
                await self.appender.append_decisions(partition, part)
        self.rows.clear()
        await self.appender.write()


def together(arrivals: Iterable[Arrival]) -> list[Arrival]:
    """The same, with those that follow each other of the same visitor in one: what a history costs is its writes, and
    each is folded event by event all the same."""
    found: list[Arrival] = []
    for arrival in arrivals:
        before = found[-1] if found else None
        if before and msgspec.structs.replace(before, events=[]) == msgspec.structs.replace(arrival, events=[]):
            before.events += arrival.events
        else:
            found.append(arrival)
    return found


def same_id(at: int, visitor: str, placement: str) -> bytes:
    """Of a decision: the same whenever its day is lived through. Whoever is stopped between the day's decisions and its
    events logs these decisions twice, and they are stored once."""
    digest = hashlib.blake2b(f"{at} {visitor} {placement}".encode(), digest_size=10).digest()
    return id_at(at, int.from_bytes(digest, "big"))


def offered_of(decision: dict[str, Any]) -> Offered:
    """One decision of an answer to a question, as JSON."""
    variant = decision["variant"]
    token = decision.get("impressionUrl", "").rpartition("/")[2]
    return Offered(decision["placement"], variant["key"] if variant else "", decision["rule"] is not None, token)
