"""How is something added to sums that several consumers add to?"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

AS_IT_IS: Mapping[str, str] = MappingProxyType({})


def upsert(
    table: str,
    key: Sequence[str],
    kinds: Mapping[str, str],
    measures: Mapping[str, str],
    read: Mapping[str, str] = AS_IT_IS,
) -> str:
    """A statement whose one parameter is a list of rows as JSON. `kinds` and `measures` are the types of the columns of
    the key, and of those that are added up; `read` says by which expression one of the key is read."""
    typed = ", ".join(f"{name} {kind}" for name, kind in (*kinds.items(), *measures.items()))
    named, added = ", ".join(key), ", ".join(measures)
    return f"""
INSERT INTO {table} AS s ({named}, {added})
SELECT {", ".join(read.get(name, name) for name in key)}, {added} FROM json_to_recordset(%s) AS n({typed})
-- Consumers of other partitions update the same rows: one order, no deadlock.
ORDER BY {named}
ON CONFLICT ({named}) DO UPDATE SET {", ".join(f"{name} = s.{name} + excluded.{name}" for name in measures)}
"""  # noqa: S608  (names of our own columns)
