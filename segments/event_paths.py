"""What did visitors do of some steps, and when? Their stored events in order, for whoever judges how far they came."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from segments.conditions.event_rows import Step
from segments.depth import Done
from segments.event_sql import condition_of

# A visitor's events are also those of all who became part of their history. The lateral join looks into the index of
# visitors for each.
_PATHS = """
WITH RECURSIVE owners(visitor, root) AS (
    SELECT id, id FROM unnest(%s::uuid[]) AS id
    UNION
    SELECT absorbed.id, owners.root
    FROM tracking_visitor AS absorbed JOIN owners ON absorbed.merged_into_id = owners.visitor
)
SELECT root, (extract(epoch FROM at) * 1000)::bigint, steps
FROM owners CROSS JOIN LATERAL (
    SELECT at, seq, {steps} AS steps FROM tracking_event
    WHERE visitor_id = owners.visitor AND at >= %s AND at < %s
    OFFSET 0
) AS done
WHERE steps > 0 ORDER BY root, at, seq
"""


def paths(steps: Sequence[Step], visitors: Sequence[UUID], since: datetime, until: datetime) -> dict[UUID, list[Done]]:
    """By visitor, what they did of the steps from `since` until before `until`, in the order of time; who did nothing
    of it is left out. One query."""
    parts = [condition_of(step) for step in steps]
    bits = " + ".join(f"CASE WHEN {condition} THEN {1 << bit} ELSE 0 END" for bit, (condition, _) in enumerate(parts))
    values = [value for _, of_step in parts for value in of_step]
    found: defaultdict[UUID, list[Done]] = defaultdict(list)
    with transaction.atomic(), connection.cursor() as cursor:
        # Where the table is small, or was not looked at lately, Postgres would read all of it for each visitor.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(_PATHS.format(steps=bits), [list(visitors), *values, since, until])
        for visitor, at, done in cursor.fetchall():
            found[visitor].append(Done(at, done))
    return dict(found)
