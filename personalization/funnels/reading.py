"""How many visitors take each step? Counted on the stored events of one visitor after the other, for as long as
somebody waits: beyond that those who were looked at are a fair sample, as ids are keyed hashes and visitors come by
id."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from campaigns.rates import Change, Estimate, change_of_shares, share
from personalization.funnels.question import Asked
from personalization.results.period import Period
from segments import membership
from segments.depth import depth_of
from segments.event_paths import paths
from segments.models import Segment
from sites.models import Site
from tracking.models import Visitor

SECONDS = 0.5  # of work; an answer within a second has room for the page around it
CHUNK = 500  # visitors
EVERYBODY = ""


class Reached(NamedTuple):
    """One step of one group."""

    visitors: int  # of those looked at
    share: Estimate | None  # of those who took the first
    of_before: Estimate | None  # of those who took the step before
    seconds: float | None  # after the first step: half of them were quicker


@dataclass
class Tally:
    """Of the visitors of one group, one after the other."""

    steps: int
    after: list[list[int]] = field(init=False)  # milliseconds after the first step, by step, one for each visitor

    def __post_init__(self) -> None:
        self.after = [[] for _ in range(self.steps)]

    def add(self, reached: Sequence[int]) -> None:
        for step, after in enumerate(reached):
            self.after[step].append(after)

    def told(self) -> list[Reached]:
        counts = list(map(len, self.after))
        before = [counts[0], *counts]
        return [
            Reached(
                count, share(count, counts[0]), share(count, before[step]),
                median(after) / 1000 if (after := self.after[step]) else None,
            )
            for step, count in enumerate(counts)
        ]  # fmt: skip


class Funnel(NamedTuple):
    """By group (EVERYBODY, or the key of a segment) its steps."""

    groups: dict[str, list[Reached]]
    looked_at: int  # visitors
    visitors: int  # who may have been there

    @property
    def is_sample(self) -> bool:
        return self.looked_at < self.visitors

    def all_of(self, number: int) -> int:
        """Of all visitors, about, where so many of those looked at are known."""
        return round(number * self.visitors / self.looked_at) if self.looked_at else 0


def count(site: Site, asked: Asked, period: Period, groups: Sequence[str] = (EVERYBODY,)) -> Funnel:
    """One query and two for each CHUNK of visitors, and for segments a read of the profiles of those who took the
    first step. Raises Segment.DoesNotExist, NotReadable."""
    since, until = period.bounds(site.time_zone)
    tallies = {group: Tally(len(asked.steps)) for group in groups}
    sifts = {group: _sift(site, group) for group in groups}
    visitors = _there(site, since, until)
    total, looked_at, ends_at = visitors.count(), 0, time.monotonic() + SECONDS
    chunk = _first(visitors)
    while chunk:
        depths = {
            visitor: depth
            for visitor, events in paths(asked.steps, chunk, since, until).items()
            if (depth := depth_of(events, len(asked.steps), asked.within_ms))
        }
        for group, tally in tallies.items():
            for visitor in sifts[group](list(depths)):
                tally.add(depths[visitor])
        looked_at += len(chunk)
        if len(chunk) < CHUNK or time.monotonic() > ends_at:
            break
        chunk = _first(visitors.filter(id__gt=chunk[-1]))
    return Funnel({group: tally.told() for group, tally in tallies.items()}, looked_at, max(total, looked_at))


def differences(one: Sequence[Reached], other: Sequence[Reached]) -> list[Change | None]:
    """Of the shares of the other group to those of the first, step by step; None without enough data."""
    return [change_of_shares(now.share, then.share) for now, then in zip(other, one, strict=True)]


def _there(site: Site, since: datetime, until: datetime) -> QuerySet[Visitor]:
    """Who may have done something in the period; histories that went to another one are told with that."""
    return Visitor.objects.filter(site=site, merged_into=None, last_seen_at__gte=since, first_seen_at__lt=until)


def _first(visitors: QuerySet[Visitor]) -> list[UUID]:
    return list(visitors.order_by("id").values_list("id", flat=True)[:CHUNK])


def _sift(site: Site, group: str) -> Callable[[list[UUID]], list[UUID]]:
    if group == EVERYBODY:
        return lambda visitors: visitors
    sift = membership.sifting(site, Segment.objects.get(site=site, key=group, archived=False))

    def chosen(visitors: list[UUID]) -> list[UUID]:
        return [UUID(visitor) for visitor in sift([visitor.hex for visitor in visitors])] if visitors else []

    return chosen
