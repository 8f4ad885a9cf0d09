"""Rows that many tests begin with: kept as they lie in every table and in Redis, and put back before or after each.

For tests that commit, because what they test is looked at from outside or rolls back itself; within one process a
transaction that is rolled back does the same for less.
"""

from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected
from redis import Redis

ATTEMPTS = 5

# Parts of a partitioned table are emptied and filled with it. Which migrations have run is no matter of a test.
TABLES = """
SELECT format('%I', relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'django_migrations'
"""


class KeptTables:
    """All that the database holds at this moment. Django's own way to empty it, after each test that commits, takes
    every table and then makes all permissions anew: ten times as long, and longer with each table that there is."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            self.rows = {table: _read(cursor, table) for table in _filled(cursor)}

    def put_back(self) -> None:
        """Ids that were given meanwhile are not given again."""
        for attempt in range(ATTEMPTS):
            try:
                self._fill()
                break
            except OperationalError as error:
                # A page that is still being answered takes tables in an order of its own; Postgres ends one of the two.
                if not isinstance(error.__cause__, DeadlockDetected) or attempt == ATTEMPTS - 1:
                    raise
        ContentType.objects.clear_cache()

    def _fill(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # As a copy of another database is filled: nothing is looked up elsewhere, nothing follows from it.
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in sorted({*_filled(cursor), *self.rows}):
                rows = self.rows.get(table, b"")
                if rows and rows == _read(cursor, table):
                    continue
                cursor.execute(f"DELETE FROM {table}")
                if rows:
                    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)


class KeptRows:
    """All that both stores hold at this moment."""

    def __init__(self, redis: Redis) -> None:
        self.tables = KeptTables()
        self.values = {key: redis.dump(key) for key in redis.scan_iter()}

    def put_back(self, redis: Redis) -> None:
        self.tables.put_back()
        redis.flushall()
        for key, value in self.values.items():
            redis.restore(key, 0, value)


def _filled(cursor) -> list[str]:
    """The tables that have a row."""
    cursor.execute(TABLES)
    one_by_one = (f"(SELECT $${table}$$ FROM {table} LIMIT 1)" for (table,) in cursor.fetchall())
    cursor.execute(" UNION ALL ".join(one_by_one))
    return [table for (table,) in cursor.fetchall()]


def _read(cursor, table: str) -> bytes:
    with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
        return b"".join(copy)
