"""How many events were dropped, and why?

Counted in the process, added to a Redis hash per hour each second (`flush`), moved into `DropCount` by a task
(`store`). A killed process
loses at most a second of counts; the events themselves were never acknowledged as stored.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from sites import keys
from sites.config import SiteConfig
from sites.times import HOUR_MS
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
        key = f"{keys.DROPS}{now // HOUR_MS * 3600}"
        for (site, reason), number in list(self._counts.items()):
            await call("HINCRBY", key, f"{site or ''}:{reason}", number)
            self._counts[site, reason] -= number
        self._counts = +self._counts


def store() -> int:
    """Moves all counts from Redis into the table; returns how many rows were touched. Safe to run at any time and by
    many.

    A hash is renamed before it is read, so that what is counted meanwhile goes to a fresh one. A crash between the
    commit and the delete counts that hash twice: drops are a guide to operators, and losing them would mislead more.
    """
    import redis
    from django.conf import settings

    with redis.Redis.from_url(settings.REDIS_URL, decode_responses=True) as client:
        for key in client.scan_iter(f"{keys.DROPS}[0-9]*", count=100):
            client.rename(key, f"{keys.DROPS}moving:{key.removeprefix(keys.DROPS)}:{datetime.now(UTC).timestamp():.6f}")
        return sum(_move(client, key) for key in client.scan_iter(f"{keys.DROPS}moving:*", count=100))


def _move(client: Any, key: str) -> int:
    from django.db import transaction

    hour = datetime.fromtimestamp(int(key.split(":")[3]), UTC)
    counts = client.hgetall(key)
    with transaction.atomic():
        for field, number in counts.items():
            site, _, reason = field.partition(":")
            _add(int(site) if site else None, hour, reason, int(number))
    client.delete(key)
    return len(counts)


def _add(site: int | None, hour: datetime, reason: str, number: int) -> None:
    from django.db.models import F

    from sites.models import Site
    from tracking.models import DropCount

    if site is not None and not Site.objects.filter(pk=site).exists():
        return  # deleted meanwhile
    row, _ = DropCount.objects.get_or_create(
        site_id=site,  # type: ignore[misc]  # empty where the key was unknown
        hour=hour,
        reason=reason,
    )
    # Added by Postgres: another worker may add to the same row.
    DropCount.objects.filter(pk=row.pk).update(count=F("count") + number)
