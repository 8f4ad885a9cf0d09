"""Which months do the partitioned tables have? They are made ahead, filled by the consumer and dropped by age
(`tracking.retention`)."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

MONTHS_AHEAD = 2
LOCK_SECONDS = 5
_LOCK = 0x5E60_0001  # advisory, held to the commit: consumers and beat find the same month missing at once

tables: list[str] = []


def register(table: str) -> None:
    """Called in `apps.py` by the owner of a table that is partitioned by range of a timestamp, by month."""
    if table not in tables:
        tables.append(table)


def month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def name_of(table: str, month: date) -> str:
    return f"{table}_{month:%Y_%m}"


def months_ahead(today: date, count: int = MONTHS_AHEAD) -> list[date]:
    """This month and the next ones."""
    months = [today.replace(day=1)]
    for _ in range(count):
        months.append(month_after(months[-1]))
    return months


def ensure(months: Iterable[date]) -> list[str]:
    """Makes what is missing of these months in every registered table; returns the names of the new partitions.

    A month is made apart and then attached: that locks out neither readers nor writers of the table, as `PARTITION OF`
    would.
    """
    wanted = [(table, month) for table in tables for month in sorted(set(months))]
    with connection.cursor() as cursor:
        present = _find_present(cursor, tables)
    if all(name_of(*each) in present for each in wanted):
        return []
    made = []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        present = _find_present(cursor, tables)  # again: whoever held the lock before us may have made it
        for table, month in wanted:
            name = name_of(table, month)
            if name not in present:
                bounds = f"FROM ('{month} 00:00Z') TO ('{month_after(month)} 00:00Z')"
                cursor.execute(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING ALL)')
                cursor.execute(f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES {bounds}')
                made.append(name)
    return made


def ended_partitions(table: str, day: date) -> list[str]:
    """The partitions of a table that end at or before a day, the oldest first."""
    with connection.cursor() as cursor:
        return [name for name in sorted(_find_present(cursor, [table])) if month_after(_month_of(name)) <= day]


def drop(table: str, name: str, may_go: Callable[[CursorWrapper, str], bool] = lambda *_: True) -> bool:
    """Drops one partition, if it is still there and `may_go(cursor, name)` says so while nobody can write to the table.

    Raises OperationalError where the table stays in use for LOCK_SECONDS: those who come meanwhile wait behind us.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS * 1000:.0f}ms'")
        # Against a consumer that stores late events into this month between the question and the drop.
        cursor.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
        if name not in _find_present(cursor, [table]) or not may_go(cursor, name):
            return False
        cursor.execute(f'DROP TABLE "{name}"')
        return True


def _month_of(name: str) -> date:
    year, number = name.rsplit("_", 2)[1:]
    return date(int(year), int(number), 1)


def _find_present(cursor: CursorWrapper, of: list[str]) -> set[str]:
    cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = ANY(%s::regclass[])", [of])
    return {name.strip('"') for (name,) in cursor.fetchall()}
