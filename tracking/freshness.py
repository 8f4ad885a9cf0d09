"""How far behind is storage? The age of the oldest entry that the log has and Postgres has not."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import redis
from django.conf import settings

from sites import keys
from tracking.models import LogOffset


@dataclass(frozen=True)
class Freshness:
    reachable: bool  # False: Redis did not answer, nothing else is known
    behind_ms: int = 0  # 0: everything acknowledged is stored
    dead: int = 0  # records that could not be stored (`manage.py dead_letters`)

    @property
    def seconds(self) -> int:
        return self.behind_ms // 1000


@cache
def connection() -> Any:  # redis' types allow for every mode of the client at once
    """The Redis connection of pages and workers; the edge has its own."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def freshness(now: int) -> Freshness:
    """Costs one query and two round trips, whatever the number of partitions."""
    partitions = range(settings.LOG_PARTITIONS)
    try:
        epochs: list[bytes | None] = connection().mget([keys.epoch(p) for p in partitions])
        stored = {(row.epoch, row.partition): row.last_id for row in LogOffset.objects.all()}
        pipe = connection().pipeline(transaction=False)
        for p, epoch in zip(partitions, epochs, strict=True):
            last = stored.get(((epoch or b"").decode(), p), "0-0")
            pipe.xrange(keys.log(p), min=f"({last}", count=1)
            pipe.xlen(keys.dead(p))
        replies = pipe.execute()
        waiting = [entries[0][0] for entries in replies[::2] if entries]
    except redis.RedisError:
        return Freshness(reachable=False)
    oldest = min((int(entry_id.split(b"-")[0]) for entry_id in waiting), default=now)
    return Freshness(reachable=True, behind_ms=max(now - oldest, 0), dead=sum(replies[1::2]))
