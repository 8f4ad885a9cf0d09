"""How do events enter and leave the event table?

Rows go in by binary COPY. Each column is handed over in the form that it has on the wire, which spares psycopg the work
and us the objects: timestamptz is the integer of microseconds since 2000, uuid is its bytes, jsonb is a version byte
and the text.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import msgspec
import psycopg
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import errors
from psycopg.types.string import BytesBinaryDumper

from sites.times import ms_of
from tracking.event import MERGED, NAMED, Event, Referral

COLUMNS = (
    'site_id, message_id, at, received_at, visitor_id, seq, session, type, name, "user", path, host, title, referral, '
    "device, browser, os, language, country, properties, traits, context"
)
WIRE_TYPES = [
    "int8",
    "text",
    "int8",
    "int8",
    "bytea",
    "int4",
    "int4",
    *["text"] * 6,
    "bytea",
    *["text"] * 5,
    *["bytea"] * 3,
]
POSTGRES_EPOCH_MS = 946_684_800_000
NO_JSON = msgspec.Raw(b"{}")
# From 1995, before shops were on the web, to 2099: a time outside is a mistake and would make a partition of its own.
Time = Annotated[int, msgspec.Meta(ge=788_918_400_000, lt=4_102_444_800_000)]
Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]
LAST_SEQ = 2**31 - 1


class LoggedEvent(Event, array_like=True, gc=False):
    """An event as the log carries it: `properties`, `traits` and `context` are still JSON text.

    The bounds are those of the columns: a number beyond them would be cut without a word on the wire.
    """

    at: Time
    received_at: Time
    seq: Count = 0
    session: Count = 0
    # Other types than those of the fields that they replace: text, so that nothing of it is decoded and encoded again.
    properties: msgspec.Raw = NO_JSON  # type: ignore[assignment]
    traits: msgspec.Raw = NO_JSON  # type: ignore[assignment]
    context: msgspec.Raw = NO_JSON  # type: ignore[assignment]


class LoggedEntry(msgspec.Struct, array_like=True, gc=False):
    """`tracking.event.Entry` as the log carries it."""

    site: Count
    visitor: Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
    events: Annotated[list[LoggedEvent], msgspec.Meta(min_length=1)]


decode_entry = msgspec.json.Decoder(LoggedEntry).decode


class AlreadyStored(Exception):
    """A message of these entries is in the table: nothing was copied. `insert_missing` stores the others."""


def rows(entries: Iterable[LoggedEntry]) -> Iterator[tuple[Any, ...]]:
    """One tuple an event, in the order of COLUMNS and the form of WIRE_TYPES."""
    for entry in entries:
        site, visitor = entry.site, bytes.fromhex(entry.visitor)
        for e in entry.events:
            yield (
                site,
                e.message_id,
                (e.at - POSTGRES_EPOCH_MS) * 1000,
                (e.received_at - POSTGRES_EPOCH_MS) * 1000,
                visitor,
                e.seq,
                e.session,
                e.type,
                e.name,
                e.user,
                e.path,
                e.host,
                e.title,
                None if e.referral is None else b"\x01" + msgspec.json.encode(msgspec.structs.asdict(e.referral)),
                e.device,
                e.browser,
                e.os,
                e.language,
                e.country,
                b"\x01%b" % e.properties,
                b"\x01%b" % e.traits,
                b"\x01%b" % e.context,
            )


@contextmanager
def open_copy(cursor: CursorWrapper, table: str, columns: str, types: Sequence[str]) -> Iterator[psycopg.Copy]:
    """A binary COPY into a table, whose rows `write_row` takes in the form of these types. Raises Django's errors, as
    `execute` does."""
    # psycopg dumps bytea in Python, for the sake of DB-API's `Binary`; its dumper in C costs a third less a row.
    cursor.cursor.adapters.register_dumper(bytes, BytesBinaryDumper)
    with cursor.db.wrap_database_errors, cursor.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as stream:
        stream.set_types(types)
        yield stream


def copy(cursor: CursorWrapper, entries: Iterable[LoggedEntry], table: str = "tracking_event") -> None:
    """Copies every event into the table. Raises AlreadyStored where the primary key refuses one; the transaction is
    lost then."""
    try:
        with open_copy(cursor, table, COLUMNS, WIRE_TYPES) as stream:
            write = stream.write_row
            for row in rows(entries):
                write(row)
    except IntegrityError as error:
        if isinstance(error.__cause__, errors.UniqueViolation):
            raise AlreadyStored from error
        raise


def insert_missing(cursor: CursorWrapper, entries: Iterable[LoggedEntry]) -> list[LoggedEntry]:
    """Stores the events that the table does not have yet, by way of a staging table; returns the entries with those
    alone."""
    cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS staging (LIKE tracking_event) ON COMMIT DELETE ROWS")
    copy(cursor, _first_of_each(entries), "staging")
    # Each message is looked up in the index of each month: a plan that scans the months costs more the more they hold.
    cursor.execute("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
    cursor.execute(
        f"INSERT INTO tracking_event ({COLUMNS}) SELECT {COLUMNS} FROM staging AS new"  # noqa: S608
        " WHERE NOT EXISTS (SELECT FROM tracking_event AS old"
        " WHERE old.site_id = new.site_id AND old.message_id = new.message_id)"
        # Another partition may store the same message between the look above and here.
        " ON CONFLICT DO NOTHING RETURNING site_id, message_id"
    )
    missing = set(cursor.fetchall())
    # For the rest of the transaction, in which sessions, rollups and other steps have queries of another kind.
    cursor.execute("SET LOCAL enable_hashjoin TO DEFAULT; SET LOCAL enable_mergejoin TO DEFAULT")
    return [kept for entry in _first_of_each(entries) if (kept := _keep_only(entry, missing)).events]


def _first_of_each(entries: Iterable[LoggedEntry]) -> Iterator[LoggedEntry]:
    """Each message once: a client's retry may carry another time, so the primary key alone would let it pass."""
    seen: set[tuple[int, str]] = set()
    for entry in entries:
        fresh = []
        for event in entry.events:
            key = (entry.site, event.message_id)
            if key not in seen:
                seen.add(key)
                fresh.append(event)
        yield LoggedEntry(entry.site, entry.visitor, fresh)


def _keep_only(entry: LoggedEntry, missing: set[tuple[int, str]]) -> LoggedEntry:
    return LoggedEntry(
        entry.site, entry.visitor, [event for event in entry.events if (entry.site, event.message_id) in missing]
    )


SELECT = """
SELECT site_id, message_id, at, received_at, replace(visitor_id::text, '-', ''), seq, session, type, name,
    "user", path, host, title, referral::text, device, browser, os, language, country, properties::text,
    traits::text, context::text
FROM tracking_event
"""


def read(order: str = "visitor_id, seq", batch_rows: int = 5_000) -> Iterator[tuple[int, str, Event]]:
    """Site, visitor and event of everything stored. Holds a transaction and little memory."""
    with transaction.atomic(), connection.connection.cursor("events") as cursor:
        cursor.itersize = batch_rows
        for row in cursor.execute(f"{SELECT} ORDER BY {order}"):
            yield event_of(row)


def history(visitor: str, until_seq: int = LAST_SEQ, batch_rows: int = 1_000) -> Iterator[Event]:
    """The events of one visitor (32 hexadecimal digits) by `seq`, up to and with `until_seq`, as they are stored when
    the first is asked for. One query. Holds a transaction and little memory."""
    with transaction.atomic(), connection.connection.cursor("history") as cursor:
        cursor.itersize = batch_rows
        query = f"{SELECT} WHERE visitor_id = %s::uuid AND seq <= %s ORDER BY seq"
        for row in cursor.execute(query, [visitor, until_seq]):
            yield event_of(row)[2]


OF_VISITORS = f"""{SELECT} WHERE visitor_id = ANY(%(visitors)s::uuid[]) AND (
    CASE WHEN type = ANY(%(named)s) THEN name ELSE type END = ANY(%(names)s) OR (type, name) = (%(type)s, %(merged)s)
) ORDER BY visitor_id, seq"""


def of_visitors(visitors: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, Event]]:
    """Visitor and event: those of these visitors (32 hexadecimal digits) that are counted under one of the names
    (`tracking.event.name_of`), and those by which a history was taken in. One query."""
    kind, merged = MERGED
    asked: dict[str, Any] = {
        "visitors": visitors,
        "names": names,
        "named": sorted(NAMED),
        "type": kind,
        "merged": merged,
    }
    with connection.cursor() as cursor:
        cursor.execute(OF_VISITORS, asked)
        for row in cursor:
            _, visitor, event = event_of(row)
            yield visitor, event


def event_of(row: Sequence[Any]) -> tuple[int, str, Event]:
    """Site, visitor and event from a row of SELECT: the very event that was stored."""
    site, message_id, at, received_at, visitor, seq, session, kind, name, user, path, host, title, referral, *others = (
        row
    )
    device, browser, system, language, country, properties, traits, context = others
    event = Event(message_id, kind, name, ms_of(at), ms_of(received_at), seq, session, user, path, host, title)
    event.referral = None if referral is None else Referral(**msgspec.json.decode(referral))
    event.device, event.browser, event.os, event.language, event.country = device, browser, system, language, country
    event.properties, event.traits, event.context = (
        msgspec.json.decode(text) for text in (properties, traits, context)
    )
    return site, visitor, event
