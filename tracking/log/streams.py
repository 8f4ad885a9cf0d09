"""How is the log read, when it lies in Redis streams?

The place to read from is kept in Postgres (`LogOffset`), by the transaction that stores what was read; a pending list
in Redis would be a second truth, which one that lost its claim could still change. The consumer group only shows
operators how far a reader has come (`XINFO GROUPS`): it is set after each commit, together with the trim.
"""

import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis import Redis
from redis.exceptions import OutOfMemoryError, ResponseError

from sites import keys
from sites.times import now_ms
from tracking.log.base import STORE, Buried, Lag, Record, group_of, in_order

DEAD_LETTERS = 10_000  # kept a partition; the oldest go


class StreamReader:
    """Reads partitions of the log under a name, over a synchronous connection. Raises redis.RedisError while Redis is
    away."""

    def __init__(self, redis: Redis, name: str = STORE) -> None:
        self.name = name
        self.redis: Any = redis  # its types allow for every mode of the client at once
        # Leaves entries as they come: a dict for each costs as much as reading it.
        self._plain: Any = Redis(connection_pool=redis.connection_pool)
        self._plain.set_response_callback("XRANGE", lambda reply, **_: reply)

    def epoch(self, partition: int) -> str:
        """The identity of this log; a new one after Redis was emptied."""
        key = keys.epoch(partition)
        while not (epoch := self.redis.get(key)):  # read first: a Redis that is full refuses to set even what is there
            # Two readers find a new log at once: one of them names it, and both read that name.
            self.redis.set(key, secrets.token_hex(16), nx=True)
        return epoch.decode()

    def read(self, partition: int, after: str, count: int) -> list[Record]:
        """Up to `count` records that follow the id `after`, in order. Does not wait."""
        found = self._plain.xrange(keys.log(partition), min=f"({after}", max="+", count=count)
        return [
            Record(record_id.decode(), kind.decode("utf-8", "replace"), payload)
            for record_id, (kind, payload, *_) in found
        ]

    def wait(self, places: dict[int, str], timeout_ms: int) -> None:
        """Returns when a partition has a record after its place, or after the time-out."""
        self.redis.xread({keys.log(partition): after for partition, after in places.items()}, count=1, block=timeout_ms)

    def mark_passed(self, partition: int, last_id: str, *, everybody: str) -> None:
        """This reader has passed every record up to `last_id`, and all of them every record up to `everybody`: those
        are trimmed."""
        key, group = keys.log(partition), group_of(self.name)
        # One transaction, so that operators never see a reader before the first entry there is.
        pipe = self.redis.pipeline(transaction=True)
        pipe.xtrim(key, minid=_next(everybody), approximate=False)
        pipe.xgroup_setid(key, group, last_id)
        try:
            pipe.execute()
        except ResponseError:
            # Neither the group nor perhaps the stream is there yet; whatever else it was happens again here. Redis may
            # be full: it can be watched later, and trimming, which goes on, makes room.
            with suppress(OutOfMemoryError):
                self.redis.xgroup_create(key, group, last_id, mkstream=True)

    def trim(self, partition: int, everybody: str) -> None:
        """Lets go of the records up to that one."""
        self.redis.xtrim(keys.log(partition), minid=_next(everybody), approximate=False)

    def leave(self, partition: int) -> None:
        """Operators see this reader no more."""
        with suppress(ResponseError):  # there is no such stream
            self.redis.xgroup_destroy(keys.log(partition), group_of(self.name))

    def bury(self, partition: int, letters: Sequence[Buried]) -> None:
        """Keeps records that cannot be stored, in their order, each with its reason and under its own id: burying it
        twice leaves one."""
        pipe = self.redis.pipeline(transaction=False)
        for record, reason in letters:
            fields = {"reason": reason, record.kind or "?": record.payload}
            pipe.xadd(keys.dead(partition), fields, id=record.id, maxlen=DEAD_LETTERS, approximate=True)
        for answer in pipe.execute(raise_on_error=False):
            if isinstance(answer, ResponseError) and "equal or smaller" not in str(answer):
                raise answer

    def lag(self, partition: int) -> Lag:
        """What the partition holds, whoever has not passed it yet; and how many were buried."""
        pipe = self.redis.pipeline(transaction=False)
        pipe.xlen(keys.log(partition))
        pipe.xrange(keys.log(partition), count=1)
        pipe.xlen(keys.dead(partition))
        kept, oldest, dead = pipe.execute()
        age = now_ms() - int(oldest[0][0].split(b"-")[0]) if oldest else 0
        return Lag(kept, max(0, age), dead)


def _next(record_id: str) -> str:
    milliseconds, number = in_order(record_id)
    return f"{milliseconds}-{number + 1}"
