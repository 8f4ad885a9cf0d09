"""Who reads the log, how far has each come, and what may be trimmed from it?

A reader is a name with a place in each partition (`LogOffset`). `store` fills Postgres; another one may feed another
system from the same records (docs/decisions/0012). The log keeps what the slowest of them has not passed. So one that
nobody runs any more must be given up (`forget`, `manage.py log_readers`), or the log would grow until it is full.
"""

from collections.abc import Iterable, Mapping

from django.db import connection
from django.db.backends.utils import CursorWrapper
from redis import Redis

from tracking.log.base import BEGINNING, STORE, in_order
from tracking.log.streams import StreamReader
from tracking.models import LogOffset

# Two of one name may begin in a partition at once, one with a claim that it has lost: the second finds the first one's
# place.
START = """
INSERT INTO tracking_logoffset (reader, epoch, partition, last_id, updated_at) VALUES (%s, %s, %s, %s, now())
ON CONFLICT DO NOTHING
"""
PLACE = "SELECT last_id FROM tracking_logoffset WHERE reader = %s AND epoch = %s AND partition = %s"
# The guard of everything that is stored once. The lock that `claims` holds can be lost without a word (a connection
# that was cut): then another one has moved the place, no row has this `last_id` any more, and the transaction that
# stored the same records is rolled back.
MOVE = """
UPDATE tracking_logoffset SET last_id = %s, updated_at = now()
WHERE reader = %s AND epoch = %s AND partition = %s AND last_id = %s
"""
# Every reader that is known at all. One that has no place in this partition of this log, perhaps because it was away
# when Redis was emptied, has passed nothing of it.
PLACES = """
SELECT max(last_id) FILTER (WHERE epoch = %s AND partition = %s) FROM tracking_logoffset GROUP BY reader
"""


def start(reader: str, epoch: str, partition: int) -> str:
    """The last record that the reader has passed. A reader that appears begins with what the log still holds; from the
    commit of this on, nothing is trimmed before it has passed it."""
    with connection.cursor() as cursor:
        cursor.execute(START, [reader, epoch, partition, BEGINNING])
        cursor.execute(PLACE, [reader, epoch, partition])
        return cursor.fetchone()[0]


def move(cursor: CursorWrapper, reader: str, epoch: str, partition: int, before: str, last_id: str) -> bool:
    """Whether the reader stood at `before` and now stands at `last_id`; if not, somebody else has moved it."""
    cursor.execute(MOVE, [last_id, reader, epoch, partition, before])
    return bool(cursor.rowcount)


def slowest_place(epoch: str, partition: int) -> str:
    """Up to where every reader has passed. Only grows, but for a reader that appears: what was logged after it appeared
    lies behind any place that was read before."""
    with connection.cursor() as cursor:
        cursor.execute(PLACES, [epoch, partition])
        return min((place or BEGINNING for (place,) in cursor.fetchall()), key=in_order, default=BEGINNING)


def places(epochs: Mapping[int, str]) -> dict[str, dict[int, str]]:
    """Reader -> partition -> the last record it has passed, in the logs that are there now (`epochs` by partition);
    `store` is always among them. One query."""
    found: dict[str, dict[int, str]] = {STORE: dict.fromkeys(epochs, BEGINNING)}
    for row in LogOffset.objects.order_by("reader", "id"):
        of_reader = found.setdefault(row.reader, dict.fromkeys(epochs, BEGINNING))
        if epochs.get(row.partition) == row.epoch:
            of_reader[row.partition] = row.last_id
    return found


def unread_places(redis: Redis, partitions: Iterable[int], reader: str = STORE) -> dict[int, str]:
    """The partitions that hold a record which the reader has not passed, with its place in each."""
    stream = StreamReader(redis, reader)
    epochs = {partition: stream.epoch(partition) for partition in partitions}
    return {p: last_id for p, last_id in places(epochs)[reader].items() if stream.read(p, last_id, 1)}


def forget(redis: Redis, partitions: Iterable[int], reader: str) -> bool:
    """Gives a reader up, and trims what only it had not passed; False where there is none of that name.

    Stop what reads under the name first: where it still runs, it begins anew with what the log holds then. `store`
    cannot be given up: ValueError.
    """
    if reader == STORE:
        raise ValueError(f"{STORE} fills Postgres; without it nothing is kept")
    # Its place first: trimming asks for the slowest of those who are left.
    gone, _ = LogOffset.objects.filter(reader=reader).delete()
    stream = StreamReader(redis, reader)
    for partition in partitions:
        stream.leave(partition)
        stream.trim(partition, slowest_place(stream.epoch(partition), partition))
    return bool(gone)
