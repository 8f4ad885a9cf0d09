"""How do records of the log get into Postgres, each once?

A chunk of one partition is stored in one transaction together with the place that was reached (`tracking.claims`), and
is let go of only after the commit: what was read twice is skipped, what was never committed is read again. What cannot
be stored is buried in a stream of dead letters, with the reason, and holds nothing up.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

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
from django.db.backends.utils import CursorWrapper
from psycopg import errors
from redis.exceptions import RedisError, ResponseError

from tracking import archive, event_table, rollups, sessions
from tracking.chunk import Chunk, first_of_each, hours_of
from tracking.claims import ClaimLost, Claims
from tracking.decision import LoggedDecision
from tracking.event_table import LoggedEntry
from tracking.log.base import Buried, Reader, Record
from tracking.partitions import ensure
from tracking.sifting import sift

log = structlog.get_logger(__name__)

CHUNK_EVENTS = 5_000
WAIT_MS = 200  # an idle consumer sleeps at most so long, to look for claims and for the signal to stop
RETRY_SECONDS = (0.1, 5.0)

# Trouble of the servers, of the machine or of a deployment, not of a record: waiting helps, burying would lose events.
# A step may raise Django's errors or psycopg's own.
PASSING = (
    *(OperationalError, InterfaceError, InternalError, ProgrammingError),
    *(psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError, psycopg.ProgrammingError),
    *(RedisError, ConnectionError, TimeoutError),
)
RECORD_TOO_BIG = "54"  # class of SQLSTATEs that Django files under OperationalError, and that no waiting cures

Keep = Callable[[Any, Sequence[LoggedDecision]], list[LoggedDecision]]
Step = Callable[[Any, Sequence[LoggedEntry], Sequence[LoggedDecision]], None]
steps: dict[str, Step] = {}
tables_of_decisions: list[Keep] = []


def register_decisions(keep: Keep) -> None:
    """Called in `apps.py` by the app that owns the table of decisions: `keep(cursor, decisions)` stores those that the
    table lacks, and returns them. It runs before every step, in the same transaction; no id occurs twice."""
    tables_of_decisions.append(keep)


def register_step(name: str, function: Step) -> None:
    """Called in `apps.py` by an app above: `function(connection, entries, decisions)` runs in the transaction that
    stores a chunk.

    `entries` and `decisions` are what is stored for the first time, each once. What the step raises for a record sends
    that record to the dead letters.
    """
    steps[name] = function


class Consumer:
    """Stores its part of the partitions (`tracking.claims`). For one thread, with its connection."""

    def __init__(self, reader: Reader, partitions: Iterable[int], *, guest: bool = False) -> None:
        self.reader = reader
        self.claims = Claims(reader, partitions, guest=guest)
        self._count = CHUNK_EVENTS // 10  # records to ask for; follows the number of events in a record

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
                self.claims.release()
                stop.wait(delay)
                delay = min(delay * 2, longest)
        self.claims.release()

    def drain(self) -> int:
        """Stores at most one chunk of each claimed partition; returns the number of records read."""
        if self.claims.is_due:
            self.claims.renew()
        read, refused = 0, None
        for partition in list(self.claims.places):
            try:
                read += self._advance(partition)
            except ResponseError as error:
                refused = error  # a full Redis takes no dead letter; what the other partitions trim makes room for it
        if refused:
            raise refused
        return read

    def _wait(self, stop: threading.Event) -> None:
        if places := self.claims.places:
            self.reader.wait({partition: place.last_id for partition, place in places.items()}, WAIT_MS)
        else:
            stop.wait(WAIT_MS / 1000)

    def _advance(self, partition: int) -> int:
        records = self.reader.read(partition, self.claims.places[partition].last_id, self._count)
        if records:
            try:
                self._store(partition, records)
                self.claims.trim(partition)
            except ClaimLost:
                log.warning("claim_lost", partition=partition)
                self.claims.restart(partition)
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
            # A month that was there a moment ago has been dropped (`tracking.retention`).
            self._insert(partition, chunk, last_id)
        self.claims.confirm_move(partition, last_id)
        if n_events := chunk.n_events():
            self._count = max(50, CHUNK_EVENTS * (len(chunk.entries) + len(chunk.decisions)) // n_events)

    def _insert(self, partition: int, chunk: Chunk, last_id: str) -> None:
        ensure(chunk.months())
        try:
            # Repeats that carry the same time are refused by the primary key; the others are where they can be
            # expected.
            self._transact(partition, chunk, last_id, checked=chunk.repeats() or chunk.is_late(settings.DEDUPE_MS))
        except event_table.AlreadyStored:
            self._transact(partition, chunk, last_id, checked=True)

    def _transact(self, partition: int, chunk: Chunk, last_id: str, *, checked: bool) -> None:
        entries, decisions = chunk.entries, first_of_each(chunk.decisions)
        with transaction.atomic(), connection.cursor() as cursor:
            # First: whoever lost its claim finds out before it stores anything, and one that stores the same records
            # at this moment waits for the row, then finds it moved.
            self.claims.move(cursor, partition, last_id)
            if checked:
                entries = event_table.insert_missing(cursor, entries)
            elif entries:
                event_table.copy(cursor, entries)
            if entries:
                derive(cursor, entries)
            if decisions:
                for keep in tables_of_decisions:
                    decisions = keep(cursor, decisions)
            for step in steps.values():
                step(connection, entries, decisions)
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


def will_pass(error: Exception) -> bool:
    """Whether storing the same records later can succeed."""
    from_postgres = error if isinstance(error, psycopg.Error) else error.__cause__
    return isinstance(error, PASSING) and not (getattr(from_postgres, "sqlstate", None) or "").startswith(
        RECORD_TOO_BIG
    )


def derive(cursor: CursorWrapper, entries: Sequence[LoggedEntry]) -> None:
    """What follows from new events: visitors, sessions, referrals and counts."""
    summary = sessions.summarise(entries)
    counts = rollups.count(entries)
    rollups.count_sessions(counts, sessions.store(cursor, summary), summary)
    rollups.store(cursor, counts)
