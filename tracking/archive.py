"""Where is the past kept when Postgres forgets it? One Parquet file for each hour in which events were received.

`docs/archive.md` describes the files. A file is replaced as a whole, and only while its hour's row is locked, so that
an event is in the file or its hour is dirty: consumers mark hours as the last thing before they commit, and wait for
the lock there.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from tracking.event import Event
from tracking.event_table import SELECT, event_of
from tracking.models import ArchiveHour

if TYPE_CHECKING:
    import pyarrow

log = structlog.get_logger(__name__)

HOUR = timedelta(hours=1)
GRACE = timedelta(minutes=10)  # after its end an hour still gets what the log held back
BATCH_ROWS = 20_000
TEXTS = (
    "type",
    "name",
    "user",
    "path",
    "host",
    "title",
    "referral",
    "device",
    "browser",
    "os",
    "language",
    "country",
    "properties",
    "traits",
    "context",
)
SELECT_HOUR = (
    f'{SELECT} WHERE received_at >= %s AND received_at < %s ORDER BY site_id, visitor_id, seq, message_id COLLATE "C"'
)
# Every consumer marks the hour in progress: in one order, so that none waits for another in a circle. A file that is
# being written holds the row until it is there, and the mark, which comes after, has it written again.
MARK_DIRTY = """
INSERT INTO tracking_archivehour (hour, dirty, events, file, digest)
SELECT to_timestamp(hour / 1000.0), true, 0, '', '' FROM unnest(%s::bigint[]) AS hour ORDER BY 1
ON CONFLICT (hour) DO UPDATE SET dirty = true
"""


def mark_dirty(cursor: CursorWrapper, hours: Iterable[int]) -> None:
    """Notes that hours (milliseconds) have got events. The last statement before a commit: it locks rows that others
    want as well."""
    if hours := list(hours):
        cursor.execute(MARK_DIRTY, [hours])


def holds_all_of(cursor: CursorWrapper, partition: str) -> bool:
    """Whether the archive has every event of this partition of the event table; logs it where not."""
    cursor.execute(
        f'SELECT min(hour) FROM tracking_archivehour WHERE dirty AND EXISTS (SELECT FROM "{partition}"'  # noqa: S608  (one of our own tables)
        " WHERE received_at >= hour AND received_at < hour + interval '1 hour')"
    )
    (waiting,) = cursor.fetchone()
    if waiting:
        log.warning("month_not_archived", partition=partition, first_hour=waiting.isoformat())
    return not waiting


def archive_closed(now: datetime) -> list[str]:
    """Archives every dirty hour that is over; returns the files written. Safe to run twice and side by side."""
    due = (
        ArchiveHour.objects.filter(dirty=True, hour__lte=now - HOUR - GRACE)
        .order_by("hour")
        .values_list("hour", flat=True)
    )
    return [file for hour in list(due) if (file := archive_hour(hour))]


def archive_hour(hour: datetime) -> str:
    """Writes the file of one hour anew; returns its name below the archive's folder, "" when somebody else does it or
    nothing is due."""
    with transaction.atomic():
        # Two workers may be at it: the second goes on with another hour instead of writing the same file.
        row = ArchiveHour.objects.select_for_update(skip_locked=True).filter(hour=hour, dirty=True).first()
        if row is None:
            return ""
        name = f"{hour.astimezone(UTC):events/%Y-%m-%d/%H}.parquet"
        row.events, row.digest = _write(settings.ARCHIVE_DIR / name, hour)
        row.file, row.dirty, row.archived_at = name, False, datetime.now(UTC)
        row.save()
    return name


def schema() -> "pyarrow.Schema":
    import pyarrow as pa

    moment = pa.timestamp("ms", tz="UTC")
    first = [
        ("site_id", pa.int64()),
        ("message_id", pa.string()),
        ("at", moment),
        ("received_at", moment),
        ("visitor_id", pa.string()),
    ]
    return pa.schema([*first, ("seq", pa.int32()), ("session", pa.int32()), *((name, pa.string()) for name in TEXTS)])


def _write(path: Path, hour: datetime) -> tuple[int, str]:
    """Number of events and SHA-256 of the file, which is in place, whole, when this returns."""
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    count = 0
    try:
        with parquet.ParquetWriter(unfinished, schema(), compression="zstd") as writer:
            for batch in _batches(_read_hour(path, hour)):
                writer.write_batch(batch)
                count += batch.num_rows
        with unfinished.open("rb+") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)  # on a full disk, half a file would keep it full
    return count, digest


def _batches(rows: Iterable[tuple[Any, ...]]) -> Iterator["pyarrow.RecordBatch"]:
    import pyarrow as pa

    remaining = iter(rows)
    while some := list(islice(remaining, BATCH_ROWS)):
        columns = [
            pa.array(column, type=field.type) for column, field in zip(zip(*some, strict=True), schema(), strict=True)
        ]
        yield pa.record_batch(columns, names=schema().names)


def _read_hour(path: Path, hour: datetime) -> Iterator[tuple[Any, ...]]:
    """The hour's rows, and those that only the present file has: their month may have been dropped from the table.

    Both come in the same order, so that one walk beside the other tells what is in both, however large the hour is.
    """
    for _, same in groupby(merge(_read_table(hour), _read_file(path), key=_place), key=_place):
        yield next(same)


def _place(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """As SELECT_HOUR orders rows: by site, visitor, seq, message."""
    return row[0], row[4], row[5], row[1]


def _read_table(hour: datetime) -> Iterator[tuple[Any, ...]]:
    with connection.connection.cursor("archive") as cursor:  # on the server's side: an hour may be larger than memory
        cursor.execute(SELECT_HOUR, [hour, hour + HOUR])
        while rows := cursor.fetchmany(BATCH_ROWS):
            yield from rows


def _read_file(path: Path) -> Iterator[tuple[Any, ...]]:
    from pyarrow import parquet

    if path.exists():
        for batch in parquet.ParquetFile(path).iter_batches(BATCH_ROWS):
            yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def read_archive(first_digit: str = "") -> Iterator[tuple[int, str, Event]]:
    """Site, visitor and event of everything archived, by visitor and `seq`. With a hexadecimal digit, of the visitors
    that begin with it.

    Sorts in memory: ask digit by digit for an archive that is larger than that.
    """
    import pyarrow.compute as pc
    from pyarrow import concat_tables, parquet

    files = [
        parquet.read_table(settings.ARCHIVE_DIR / row.file)
        for row in ArchiveHour.objects.exclude(file="").order_by("hour")
    ]
    if not files:
        return
    table = concat_tables([table.filter(pc.starts_with(table["visitor_id"], first_digit)) for table in files])
    for batch in table.sort_by([("visitor_id", "ascending"), ("seq", "ascending")]).to_batches(BATCH_ROWS):
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield event_of(row)
