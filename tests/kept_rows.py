"""Rows that many tests begin with, made once: kept as they lie in every table and in Redis, and put back before each.

For tests whose pages are looked at from outside, which see only what is committed; within one process a transaction
that is rolled back does the same for less.
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


class KeptRows:
    """All that both stores hold at this moment."""

    def __init__(self, redis: Redis) -> None:
        with connection.cursor() as cursor:
            cursor.execute(TABLES)
            self.rows = {table: _read(cursor, table) for (table,) in cursor.fetchall()}
        self.values = {key: redis.dump(key) for key in redis.scan_iter()}

    def put_back(self, redis: Redis) -> None:
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
        redis.flushall()
        for key, value in self.values.items():
            redis.restore(key, 0, value)

    def _fill(self) -> None:
        """What points to a row that is not there yet is looked at when the transaction ends."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {', '.join(self.rows)}")
            for table, rows in self.rows.items():
                if rows:
                    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                        copy.write(rows)


def _read(cursor, table: str) -> bytes:
    with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as copy:
        return b"".join(copy)
