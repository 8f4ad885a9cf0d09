"""Where is the past kept when Postgres forgets it? One Parquet file for each hour in which events were received."""

from collections.abc import Iterable

MARK_DIRTY = """
INSERT INTO tracking_archivehour (hour, dirty, events, file, digest)
SELECT to_timestamp(hour / 1000.0), true, 0, '', '' FROM unnest(%s::bigint[]) AS hour ORDER BY 1
ON CONFLICT (hour) DO UPDATE SET dirty = true
"""


def mark_dirty(cursor, hours: Iterable[int]) -> None:
    """Notes that hours (milliseconds) have got events. The last statement before a commit: it locks rows that others want as well."""
    if hours := list(hours):
        cursor.execute(MARK_DIRTY, [hours])
