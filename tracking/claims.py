"""Which partitions of the log are this reader's to read, and where does it go on in each?

A reader of the log has a name (`tracking.readers`), and may run in several threads, processes and machines: an advisory
lock of Postgres, held by the connection that moves the place, lets one of them at a time read a partition. Another
lock, which all of them share, tells how many they are, and so how many partitions are each one's part. One that hangs
(a stopped process, a paused machine, a cut network) is put out by the others. Should a lock be lost unnoticed, the
place has moved, and the transaction that would move it finds that out.
"""

import math
import time
import zlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog
from django.db import connection
from django.db.backends.utils import CursorWrapper

from tracking import readers
from tracking.log.base import Reader

log = structlog.get_logger(__name__)

CLAIM_EVERY_SECONDS = 2.0
EVERYBODY = 0x7FFF_FFFF  # second key of the lock that all who read under one name share; else it is the partition
HUNG_SECONDS = 10  # who reads says something every CLAIM_EVERY_SECONDS; who has not for so long no longer runs

# How many connections share the lock of everybody under this name: each consumer holds it once, and it ends with its
# connection, so nobody has to say that they are gone.
COUNT = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""

# A session that waits for its client keeps its locks for as long as the client is silent, in the middle of a COPY as
# well, where no timeout of Postgres ends it. A healthy COPY of a chunk takes milliseconds; one that is put out by
# mistake is merely repeated.
PUT_OUT = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = current_database() AND usename = current_user AND wait_event = 'ClientRead'
    AND greatest(state_change, query_start) < now() - make_interval(secs => %s)
    AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = %s AND objsubid = 2)
"""


class ClaimLost(Exception):
    """Another one of the same name has read records of this partition, or the name was given up."""


class Place(NamedTuple):
    """Up to where a partition is read."""

    epoch: str
    last_id: str


def lock_class(name: str) -> int:
    """First key of the advisory locks of those who read under this name."""
    return zlib.crc32(f"segue-reader-{name}".encode()) & 0x7FFF_FFFF


class Claims:
    """What one thread holds, with its connection.

    Those who read under one name divide the partitions evenly: who has too many when another one appears gives some up,
    and those of one that is gone fall to the others, each within CLAIM_EVERY_SECONDS. A `guest` reads only while nobody
    else does.
    """

    def __init__(self, reader: Reader, partitions: Iterable[int], *, guest: bool = False) -> None:
        self.reader, self.partitions, self.guest = reader, tuple(partitions), guest
        self.places: dict[int, Place] = {}
        self._locks = lock_class(reader.name)
        self._is_counted = False
        self._renew_at = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it is time to `renew`."""
        return time.monotonic() >= self._renew_at

    def renew(self) -> None:
        """Takes partitions that nobody else reads, up to our part, and finds the place in each; gives up what is
        beyond it."""
        self._renew_at = time.monotonic() + CLAIM_EVERY_SECONDS
        for partition, place in list(self.places.items()):
            if self.reader.epoch(partition) != place.epoch:  # Redis was emptied under us
                self.restart(partition)
        if hung := _ask(PUT_OUT, HUNG_SECONDS, self._locks):
            log.warning("hung_readers_put_out", reader=self.reader.name, sessions=hung)
        part = self._part()
        for partition in list(self.places)[part:]:
            # Between two chunks, so nothing that was read is left half stored.
            del self.places[partition]
            _ask("SELECT pg_advisory_unlock(%s, %s)", self._locks, partition)
        for partition in self.partitions:
            if len(self.places) == part:
                break
            # Tried, not waited for: who holds it now gives it up when it counts us, or dies, and we come again.
            if partition not in self.places and _ask("SELECT pg_try_advisory_lock(%s, %s)", self._locks, partition):
                self.restart(partition)

    def release(self) -> None:
        """Gives up all partitions: the locks end with the connection."""
        self.places.clear()
        self._is_counted = False
        self._renew_at = 0.0
        connection.close()

    def restart(self, partition: int) -> None:
        """Reads the place anew, for a partition just claimed or one whose claim was lost meanwhile."""
        epoch = self.reader.epoch(partition)
        self.places[partition] = Place(epoch, readers.start(self.reader.name, epoch, partition))
        self.trim(partition)  # who read before us may have died between its commit and this

    def move(self, cursor: CursorWrapper, partition: int, last_id: str) -> None:
        """Within the transaction that stores what was read up to there. Raises ClaimLost."""
        epoch, before = self.places[partition]
        if not readers.move(cursor, self.reader.name, epoch, partition, before, last_id):
            raise ClaimLost(partition)

    def confirm_move(self, partition: int, last_id: str) -> None:
        """That transaction is committed."""
        self.places[partition] = self.places[partition]._replace(last_id=last_id)

    def trim(self, partition: int) -> None:
        """Lets go of the records that every reader has passed, and shows operators how far this one has come."""
        epoch, last_id = self.places[partition]
        self.reader.mark_passed(partition, last_id, everybody=readers.slowest_place(epoch, partition))

    def _part(self) -> int:
        """How many partitions are ours to read."""
        if not self.guest and not self._is_counted:
            _ask("SELECT pg_advisory_lock_shared(%s, %s)", self._locks, EVERYBODY)
            # A row that a hung transaction of somebody else holds: say so and try again, instead of waiting without a
            # word.
            _ask("SELECT set_config('lock_timeout', %s, false)", f"{HUNG_SECONDS}s")
            self._is_counted = True
        others = _ask(COUNT, self._locks, EVERYBODY)
        if self.guest:
            return 0 if others else len(self.partitions)
        return math.ceil(len(self.partitions) / others)


def _ask(question: str, *values: int | str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]
