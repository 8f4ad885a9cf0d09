"""How many events were dropped, and why?

Counted in the process, added to a Redis hash per hour each second (`flush`), moved into `DropCount` by a task
(`store`). A killed process loses at most a second of counts; the events themselves were never acknowledged as stored.
"""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import F

from sites import keys
from sites.config import SiteConfig
from sites.models import Site
from sites.times import HOUR_MS, moment_of
from tracking.models import DropCount
from tracking.reasons import Reason

Call = Callable[..., Awaitable[Any]]


class Drops:
    """The counters of one process."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, str]] = Counter()

    def count(self, site: SiteConfig | None, reason: Reason, number: int = 1) -> None:
        self._counts[site.id if site else 0, reason] += number

    async def flush(self, call: Call, now: int) -> None:
        """Adds what was counted since the last flush to the hour of `now`. Raises what `call` raises; then the rest
        stays for the next time."""
        key = keys.drops(now - now % HOUR_MS)
        for (site, reason), number in list(self._counts.items()):
            await call("HINCRBY", key, f"{site or ''}:{reason}", number)
            self._counts[site, reason] -= number
        self._counts = +self._counts


def store() -> int:
    """Moves all counts from Redis into the table; returns how many rows were touched. May run at any time and by many.

    A hash is renamed before it is read, so that what is counted meanwhile goes to a fresh one. A crash between the
    commit and the delete counts that hash twice, and so do two who read it in the same moment: drops are a guide to
    operators, and losing them would mislead more.
    """
    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        for key in client.scan_iter(keys.DROPS, count=100):
            # No such key: somebody else has just set this hour aside.
            with suppress(redis.ResponseError):
                client.rename(key, keys.moving_drops(keys.hour_of_drops(key), uuid.uuid4().hex))
        return sum(_move(client, key) for key in client.scan_iter(keys.MOVING_DROPS, count=100))


def _move(client: Any, key: str) -> int:
    hour = moment_of(keys.hour_of_drops(key))
    counts = client.hgetall(key)
    with transaction.atomic():
        for field, number in counts.items():
            site, _, reason = field.partition(":")
            _add(int(site) if site else None, hour, reason, int(number))
    client.delete(key)
    return len(counts)


def _add(site: int | None, hour: datetime, reason: str, number: int) -> None:
    if site is not None and not Site.objects.filter(pk=site).exists():
        return  # deleted meanwhile
    row, _ = DropCount.objects.get_or_create(
        site_id=site,  # type: ignore[misc]  # empty where the key was unknown
        hour=hour,
        reason=reason,
    )
    # Added by Postgres: another worker may add to the same row.
    DropCount.objects.filter(pk=row.pk).update(count=F("count") + number)
