"""How far behind is storage, and whatever else reads the log? The age of the oldest entry that a reader has not
passed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import redis
from django.conf import settings

from sites import keys
from tracking import readers
from tracking.log.base import STORE


@dataclass(frozen=True)
class Freshness:
    reachable: bool  # False: Redis did not answer, nothing else is known
    readers: Mapping[str, int] = field(default_factory=dict)  # by name, how many milliseconds it is behind
    dead: int = 0  # records that could not be stored (`manage.py dead_letters`)

    @property
    def behind_ms(self) -> int:
        """0: everything acknowledged is stored."""
        return self.readers.get(STORE, 0)

    @property
    def seconds(self) -> int:
        return self.behind_ms // 1000


@cache
def connection() -> Any:  # redis' types allow for every mode of the client at once
    """The Redis connection of pages and workers; the edge has its own."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def freshness(now: int) -> Freshness:
    """Costs one query and two round trips, whatever the number of partitions and readers."""
    partitions = range(settings.LOG_PARTITIONS)
    try:
        told: list[bytes | None] = connection().mget([keys.epoch(p) for p in partitions])
        epochs = {p: (epoch or b"").decode() for p, epoch in zip(partitions, told, strict=True)}
        places = readers.places(epochs)
        pipe = connection().pipeline(transaction=False)
        for p in partitions:
            pipe.xlen(keys.dead(p))
        for of_reader in places.values():
            for p, last_id in of_reader.items():
                pipe.xrange(keys.log(p), min=f"({last_id}", count=1)
        replies = pipe.execute()
    except redis.RedisError:
        return Freshness(reachable=False)
    dead, following = sum(replies[: len(partitions)]), iter(replies[len(partitions) :])
    return Freshness(True, {name: _behind_ms(now, [next(following) for _ in partitions]) for name in places}, dead)


def _behind_ms(now: int, following: list[list[Any]]) -> int:
    """Of one reader: per partition the entry that it reads next, or none."""
    waiting = [int(entries[0][0].split(b"-")[0]) for entries in following if entries]
    return max(now - min(waiting), 0) if waiting else 0
