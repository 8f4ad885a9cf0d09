"""How do records of the log get into Postgres, each once?

A chunk of one partition is stored in one transaction together with the place that was reached (`LogOffset`), and is
trimmed from the log only after the commit: what was read twice is skipped, what was never committed is read again. An
advisory lock, held by the storing connection, lets one consumer at a time read a partition; should a lock be lost
unnoticed, the place has moved and the transaction finds that out. A consumer that hangs (a stopped process, a paused
machine, a cut network) is put out by the others. Another lock, which all consumers share, tells how many they are, and
so how many partitions are each one's part. What cannot be stored is buried in a stream of dead letters, with the
reason, and holds nothing up.
"""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import psycopg
import structlog
from django.conf import settings
from django.db import (
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from psycopg import errors
from redis.exceptions import RedisError, ResponseError

from tracking import archive, event_table, rollups, sessions
from tracking.chunk import Chunk, hours_of
from tracking.event_table import LoggedEntry
from tracking.log.base import Buried, Reader, Record
from tracking.partitions import ensure
from tracking.sifting import sift

log = structlog.get_logger(__name__)

CHUNK_EVENTS = 5_000
WAIT_MS = 200  # an idle consumer sleeps at most so long, to look for claims and for the signal to stop
CLAIM_EVERY_SECONDS = 2.0
RETRY_SECONDS = (0.1, 5.0)
LOCKS = 0x5E60  # first key of the advisory locks; the second is the partition
EVERYBODY = 0x7FFF_FFFF  # second key of the lock that all consumers share
HUNG_SECONDS = 10  # a consumer says something every CLAIM_EVERY_SECONDS; who has not for so long no longer runs
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

# Trouble of the servers, of the machine or of a deployment, not of a record: waiting helps, burying would lose events.
# A step may raise Django's errors or psycopg's own.
PASSING = (
    *(OperationalError, InterfaceError, InternalError, ProgrammingError),
    *(psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError, psycopg.ProgrammingError),
    *(RedisError, ConnectionError, TimeoutError),
)
RECORD_TOO_BIG = "54"  # class of SQLSTATEs that Django files under OperationalError, and that no waiting cures

Step = Callable[..., None]
steps: dict[str, Step] = {}


def register_step(name: str, function: Step) -> None:
    """Called in `apps.py` by an app above: `function(connection, entries, decisions)` runs in the transaction that
    stores a chunk.

    `entries` (list of `event_table.LoggedEntry`) hold the events that are stored for the first time; `decisions` are
    the rows of `Appender.append_decisions`. What the step raises for a record sends that record to the dead letters.
    """
    steps[name] = function


class ClaimLost(Exception):
    """Another consumer has stored records of this partition."""


class Place(NamedTuple):
    """Up to where a partition is stored."""

    epoch: str
    last_id: str


class Consumer:
    """Stores its part of the partitions. For one thread, with its connection.

    Consumers divide the partitions evenly: who has too many when another one appears gives some up, and those of a
    consumer that is gone fall to the others, each within CLAIM_EVERY_SECONDS. A `guest` stores only while no other
    consumer is there.
    """

    def __init__(self, reader: Reader, partitions: Iterable[int], *, guest: bool = False) -> None:
        self.reader, self.partitions, self.guest = reader, tuple(partitions), guest
        self.places: dict[int, Place] = {}
        self._is_counted = False
        self._count = CHUNK_EVENTS // 10  # records to ask for; follows the number of events in a record
        self._claim_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Stores until `stop` is set, finishing the chunk at hand. Outlasts the absence of Postgres and of the log."""
        delay, longest = RETRY_SECONDS
        while not stop.is_set():
            try:
                if not self.drain():
                    self._wait(stop)
                delay = RETRY_SECONDS[0]
            except PASSING as error:
                log.warning("storing_interrupted", error=f"{type(error).__name__}: {error}".strip(), retry_in=delay)
                self.release()
                stop.wait(delay)
                delay = min(delay * 2, longest)
        self.release()

    def drain(self) -> int:
        """Stores at most one chunk of each claimed partition; returns the number of records read."""
        if time.monotonic() >= self._claim_at:
            self.claim()
        read, refused = 0, None
        for partition in list(self.places):
            try:
                read += self._advance(partition)
            except ResponseError as error:
                refused = error  # a full Redis takes no dead letter; what the other partitions trim makes room for it
        if refused:
            raise refused
        return read

    def claim(self) -> None:
        """Takes partitions that nobody else stores, up to our part, and finds the place in each; gives up what is
        beyond it."""
        self._claim_at = time.monotonic() + CLAIM_EVERY_SECONDS
        for partition, place in list(self.places.items()):
            if self.reader.epoch(partition) != place.epoch:  # Redis was emptied under us
                self._start(partition)
        if hung := self._ask(PUT_OUT, HUNG_SECONDS, LOCKS):
            log.warning("hung_consumers_put_out", sessions=hung)
        part = self._part()
        for partition in list(self.places)[part:]:
            del self.places[partition]
            self._ask("SELECT pg_advisory_unlock(%s, %s)", LOCKS, partition)
        for partition in self.partitions:
            if len(self.places) == part:
                break
            if partition not in self.places and self._ask("SELECT pg_try_advisory_lock(%s, %s)", LOCKS, partition):
                self._start(partition)

    def _part(self) -> int:
        """How many partitions are ours to store."""
        if not self.guest and not self._is_counted:
            self._ask("SELECT pg_advisory_lock_shared(%s, %s)", LOCKS, EVERYBODY)
            # A row that a hung transaction of somebody else holds: say so and try again, instead of waiting without a
            # word.
            self._ask("SELECT set_config('lock_timeout', %s, false)", f"{HUNG_SECONDS}s")
            self._is_counted = True
        consumers = self._ask(COUNT, LOCKS, EVERYBODY)
        if self.guest:
            return 0 if consumers else len(self.partitions)
        return math.ceil(len(self.partitions) / consumers)

    def _ask(self, question: str, *values: int | str) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(question, values)
            return cursor.fetchone()[0]

    def release(self) -> None:
        """Gives up all partitions: the locks end with the connection."""
        self.places.clear()
        self._is_counted = False
        self._claim_at = 0.0
        connection.close()

    def _start(self, partition: int) -> None:
        epoch = self.reader.epoch(partition)
        with connection.cursor() as cursor:
            key = (epoch, partition)
            cursor.execute(
                "INSERT INTO tracking_logoffset (epoch, partition, last_id, updated_at) VALUES (%s, %s, '0-0', now()) ON CONFLICT DO NOTHING",
                key,
            )
            cursor.execute("SELECT last_id FROM tracking_logoffset WHERE epoch = %s AND partition = %s", key)
            last_id = cursor.fetchone()[0]
        self.places[partition] = Place(epoch, last_id)
        self.reader.stored(partition, last_id)  # the consumer before us may have died between its commit and this

    def _wait(self, stop: threading.Event) -> None:
        if self.places:
            self.reader.wait({partition: place.last_id for partition, place in self.places.items()}, WAIT_MS)
        else:
            stop.wait(WAIT_MS / 1000)

    def _advance(self, partition: int) -> int:
        records = self.reader.read(partition, self.places[partition].last_id, self._count)
        if records:
            try:
                self._store(partition, records)
                self.reader.stored(partition, records[-1].id)
            except ClaimLost:
                log.warning("claim_lost", partition=partition)
                self._start(partition)
        return len(records)

    def _store(self, partition: int, records: Sequence[Record]) -> None:
        """Stores records, and buries those that cannot be stored.

        Where that fails, the records that the tables are known to refuse are put aside in one pass. If it fails again,
        the stretch is halved until a culprit is alone. Culprits come in rows: behind one, the stretch grows from a
        single record, as long as storing succeeds.
        """
        refused: dict[str, str] | None = None
        culprits: list[Buried] = []
        start, length = 0, len(records)
        while stretch := records[start : start + length]:
            try:
                chunk = Chunk.decode(stretch, refused or {})
                chunk.broken = culprits + chunk.broken
                self._commit(partition, chunk, stretch[-1].id)
            except Exception as error:  # whatever a record does to us or to a step, those behind it must get through
                if isinstance(error, ClaimLost) or will_pass(error):
                    raise
                if refused is None and (refused := sift(records)):
                    continue
                if len(stretch) > 1:
                    length = len(stretch) // 2
                else:
                    culprits.append(Buried(stretch[0], f"{type(error).__name__}: {error}".strip()))
                    start += 1
            else:
                culprits, start, length = [], start + len(stretch), 2 * length
        if culprits:
            self._commit(partition, Chunk(broken=culprits), culprits[-1].record.id)

    def _commit(self, partition: int, chunk: Chunk, last_id: str) -> None:
        try:
            self._insert(partition, chunk, last_id)
        except IntegrityError as error:
            if not isinstance(error.__cause__, errors.CheckViolation):
                raise
            self._insert(
                partition, chunk, last_id
            )  # a month that was there a moment ago has been dropped (`tracking.retention`)
        self.places[partition] = self.places[partition]._replace(last_id=last_id)
        if n_events := chunk.n_events():
            self._count = max(50, CHUNK_EVENTS * (len(chunk.entries) + len(chunk.decisions)) // n_events)

    def _insert(self, partition: int, chunk: Chunk, last_id: str) -> None:
        ensure(chunk.months())
        try:
            # Repeats that carry the same time are refused by the primary key; the others are where they can be
            # expected.
            self._transact(
                partition, chunk, last_id, checked=chunk.repeats() or chunk.is_late(settings.DEDUPE_SECONDS * 1000)
            )
        except event_table.AlreadyStored:
            self._transact(partition, chunk, last_id, checked=True)

    def _transact(self, partition: int, chunk: Chunk, last_id: str, *, checked: bool) -> None:
        entries = chunk.entries
        with transaction.atomic(), connection.cursor() as cursor:
            self._move(cursor, partition, last_id)
            if checked:
                entries = event_table.insert_missing(cursor, entries)
            elif entries:
                event_table.copy(cursor, entries)
            if entries:
                derive(cursor, entries)
            for step in steps.values():
                step(connection, entries, chunk.decisions)
            archive.mark_dirty(cursor, hours_of(entries))
            if chunk.broken:
                # Last, so that nothing is buried twice; but before the place moves past it.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                self._bury(partition, chunk.broken)

    def _bury(self, partition: int, letters: Sequence[Buried]) -> None:
        self.reader.bury(partition, letters)
        by_reason: defaultdict[str, list[str]] = defaultdict(list)
        for record, reason in letters:
            by_reason[reason].append(record.id)
        for reason, ids in by_reason.items():
            log.error(
                "records_buried", partition=partition, records=len(ids), first=ids[0], last=ids[-1], reason=reason
            )

    def _move(self, cursor, partition: int, last_id: str) -> None:
        epoch, before = self.places[partition]
        cursor.execute(
            "UPDATE tracking_logoffset SET last_id = %s, updated_at = now() WHERE epoch = %s AND partition = %s AND last_id = %s",
            [last_id, epoch, partition, before],
        )
        if not cursor.rowcount:
            raise ClaimLost(partition)


def will_pass(error: Exception) -> bool:
    """Whether storing the same records later can succeed."""
    from_postgres = error if isinstance(error, psycopg.Error) else error.__cause__
    return isinstance(error, PASSING) and not (getattr(from_postgres, "sqlstate", None) or "").startswith(
        RECORD_TOO_BIG
    )


def derive(cursor, entries: Sequence[LoggedEntry]) -> None:
    """What follows from new events: visitors, sessions, referrals and counts."""
    summary = sessions.summarise(entries)
    counts = rollups.count(entries)
    rollups.count_sessions(counts, sessions.store(cursor, summary), summary)
    rollups.store(cursor, counts)
