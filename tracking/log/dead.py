"""What lies in the log that no table takes, why, and how does it get another chance?

The consumer buries such a record in a stream beside the partition's log, under the record's own id
(`StreamReader.bury`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from redis import Redis

from sites import keys
from sites.times import moment_of

PAGE = 100

# One step, so that two operators do not requeue a letter twice and none is lost between the streams.
REQUEUE = """
local found = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #found == 0 then return 0 end
local fields = found[1][2]
redis.call('XADD', KEYS[2], '*', fields[3], fields[4])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
"""


class Letter(NamedTuple):
    """A buried record."""

    partition: int
    id: str
    kind: str
    payload: bytes
    reason: str

    @property
    def name(self) -> str:
        return f"{self.partition}/{self.id}"

    @property
    def logged_at(self) -> datetime:
        """When the log took the record."""
        return moment_of(int(self.id.split("-")[0]))


def letters(redis: Redis, partitions: Iterable[int]) -> Iterator[Letter]:
    """All dead letters, by partition and age. Letters may be requeued or dropped while this runs."""
    client: Any = redis  # its types allow for every mode of the client at once
    for partition in partitions:
        after = "-"
        while found := client.xrange(keys.dead(partition), min=after, count=PAGE):
            for record_id, fields in found:
                reason = fields.pop(b"reason").decode("utf-8", "replace")
                ((kind, payload),) = fields.items()
                yield Letter(partition, record_id.decode(), kind.decode("utf-8", "replace"), payload, reason)
            after = f"({found[-1][0].decode()}"


def requeue(redis: Redis, letter: Letter) -> bool:
    """Appends the record to its log once more, to be stored or buried anew; False where the letter is gone.

    Storing it twice is impossible: events and decisions are known by their ids.
    """
    return bool(redis.eval(REQUEUE, 2, keys.dead(letter.partition), keys.log(letter.partition), letter.id))


def drop(redis: Redis, letter: Letter) -> bool:
    """Forgets the record for good; False where the letter is gone."""
    return bool(redis.xdel(keys.dead(letter.partition), letter.id))
