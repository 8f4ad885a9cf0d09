"""How do visitors who were there before an event row was published get its count? From their stored events.

In batches, each a transaction that also moves the place from where to go on: a worker that dies loses one batch, which
is counted again. A profile is written only if it still is as it was read (compare-and-set), and all that its events
say was stored by then; so no event is lost that arrives meanwhile. Who was not there when all were looked at (a visitor
of a process that had not heard of the release) is looked at in a second round.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from redis import Redis

from segments import counting
from segments.histories import whole
from segments.models import CountedRow, Recount
from segments.profile import Profile
from segments.stored import pack, unpack, version_of
from segments.tallies import Rows, recount
from sites import keys
from sites.locks import lock
from tracking import event_table, readers
from tracking.event import Event
from tracking.log.append import SWAP
from tracking.log.base import STORE, in_order, partition_of
from tracking.log.streams import StreamReader
from tracking.models import Visitor

BATCH = 500
ATTEMPTS = 4  # at one profile, while its visitor is busy
BEFORE = timedelta(hours=1)  # so long before the beginning who was seen is looked at again
STALLED = timedelta(minutes=1)  # after which somebody else takes over


class Behind(Exception):
    """The log holds events that are not stored yet; trying again helps."""


@dataclass(slots=True)
class Kept:
    """A profile as it lies in Redis."""

    key: str
    value: bytes
    ttl: int
    profile: Profile


def run(site_id: int, seconds: float) -> bool:
    """Goes on for about so long. Whether all is counted; False also where somebody else is at it, or the log is not
    stored yet. Raises redis.RedisError."""
    until = time.monotonic() + seconds
    with Redis.from_url(settings.REDIS_URL) as redis:
        while time.monotonic() < until:
            try:
                is_done = _step(site_id, redis)
            except Behind:
                return False
            if is_done is not None:
                return is_done
    return False


def stalled() -> Iterator[int]:
    """Sites whose recount nobody has gone on with."""
    before = timezone.now() - STALLED
    yield from Recount.objects.filter(finished_at=None, touched_at__lt=before).values_list("site", flat=True)


@transaction.atomic
def _step(site_id: int, redis: Redis) -> bool | None:
    """One batch. None: there is more to do."""
    recount = lock(Recount.objects.filter(site=site_id, finished_at=None), skip_locked=True).first()
    if recount is None:
        return not Recount.objects.filter(site=site_id, finished_at=None).exists()
    rows = counting.rows_of(site_id)
    visitors = list(_visitors(recount).values_list("pk", flat=True)[:BATCH])
    if visitors:
        _count(redis, rows, [visitor.hex for visitor in visitors])
        recount.after, recount.done = visitors[-1], recount.done + len(visitors)
    elif not recount.again:
        recount.after, recount.again = None, True
    else:
        recount.finished_at = timezone.now()
        CountedRow.objects.filter(site=site_id, counted_at=None).update(counted_at=recount.finished_at)
    recount.touched_at = timezone.now()
    recount.save()
    return True if recount.finished_at else None


def _visitors(recount: Recount) -> QuerySet[Visitor]:
    found = Visitor.objects.filter(site=recount.site_id, merged_into=None).order_by("pk")
    if recount.again:
        found = found.filter(last_seen_at__gt=recount.started_at - BEFORE)
    return found.filter(pk__gt=recount.after) if recount.after else found


def _count(redis: Redis, rows: Rows, visitors: Sequence[str]) -> None:
    """The profiles of these visitors. One that its visitor changes again and again is left for the second round."""
    swap = redis.register_script(SWAP)
    waiting: Sequence[str] = visitors
    for _ in range(ATTEMPTS):
        found = _incomplete(redis, rows, waiting)
        if not found:
            return
        _must_be_stored(redis, {partition_of(visitor, settings.LOG_PARTITIONS) for visitor in found})
        events = _events_of(found, rows)
        waiting = [visitor for visitor, kept in found.items() if not _write(swap, visitor, kept, rows, events[visitor])]


def _incomplete(redis: Redis, rows: Rows, visitors: Sequence[str]) -> dict[str, Kept]:
    names = [keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor) for visitor in visitors]
    pipe = redis.pipeline(transaction=False)
    for key in names:
        pipe.get(key)
        pipe.ttl(key)
    answers = iter(pipe.execute())
    found = {}
    for visitor, key in zip(visitors, names, strict=True):
        value, ttl = next(answers), next(answers)
        profile = _read(value)
        if profile is not None and profile.events and not profile.merged_into and profile.counted != rows.counted:
            found[visitor] = Kept(key, value, max(ttl, 1), profile)
    return found


def _read(value: Any) -> Profile | None:
    try:
        return unpack(value)
    except msgspec.MsgspecError:
        return None


def _must_be_stored(redis: Any, partitions: Iterable[int]) -> None:
    """Everything that was logged until now; called after the profiles were read. Raises Behind."""
    stream = StreamReader(redis)
    places = readers.places({partition: stream.epoch(partition) for partition in partitions})[STORE]
    for partition, place in places.items():
        last = redis.xrevrange(keys.log(partition), count=1)
        if last and in_order(last[0][0].decode()) > in_order(place):
            raise Behind


def _events_of(found: Iterable[str], rows: Rows) -> dict[str, list[Event]]:
    events: defaultdict[str, list[Event]] = defaultdict(list)
    for visitor, event in event_table.of_visitors(list(found), list(rows.wanted)):
        events[visitor].append(event)
    return events


def _write(swap: Any, visitor: str, kept: Kept, rows: Rows, events: list[Event]) -> bool:
    """Whether the profile still was what was read."""

    def read(absorbed: str) -> Iterator[Event]:
        return (event for _, event in event_table.of_visitors([absorbed], list(rows.wanted)))

    recount(kept.profile, rows, whole(events, read))
    channel = keys.visitor(partition_of(visitor, settings.LOG_PARTITIONS), visitor)
    args = [version_of(kept.value), pack(kept.profile, kept.value), kept.ttl, channel]
    answer: list[Any] = swap(keys=[kept.key], args=args)
    return bool(answer[0] == 3)
