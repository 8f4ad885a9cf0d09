"""How many events of each name were there, per minute and per hour?"""

from collections.abc import Iterable

import msgspec

from tracking.event_table import LoggedEntry, LoggedEvent
from tracking.models import EventRollup
from tracking.sessions import Summary

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
MINUTES_KEPT_DAYS = 2
NAMED = frozenset({"track", "engagement"})

UPSERT = """
INSERT INTO tracking_eventrollup AS r (site_id, grain, at, name, events, sessions)
SELECT site, grain, to_timestamp(at / 1000.0), name, events, sessions
FROM json_to_recordset(%s) AS n(site bigint, grain text, at bigint, name text, events bigint, sessions bigint)
ORDER BY 1, 2, 3, 4  -- consumers of other partitions update the same rows: one order, no deadlock
ON CONFLICT (site_id, grain, at, name) DO UPDATE SET events = r.events + excluded.events, sessions = r.sessions + excluded.sessions
"""

Counts = dict[tuple[int, int, str], list[int]]  # site, minute, name -> events, sessions


class Row(msgspec.Struct, gc=False):
    site: int
    grain: str
    at: int
    name: str
    events: int
    sessions: int


def name_of(event: LoggedEvent) -> str:
    """What an event is counted as: the name of what was tracked, else the kind of message (a page's name says little)."""
    return event.name[:200] if event.type in NAMED else event.type


def count(entries: Iterable[LoggedEntry]) -> Counts:
    counts: Counts = {}
    for entry in entries:
        for event in entry.events:
            key = (entry.site, event.at // MINUTE_MS, event.name[:200] if event.type in NAMED else event.type)
            if key in counts:
                counts[key][0] += 1
            else:
                counts[key] = [1, 0]
    return counts


def count_sessions(counts: Counts, begun: Iterable[tuple[str, int]], summary: Summary) -> None:
    """Adds the new sessions to the minute and name of the event that began each."""
    for key in begun:
        event = summary.openings[key]
        counts[summary.sessions[key].site, event.at // MINUTE_MS, name_of(event)][1] += 1


def store(cursor, counts: Counts) -> None:
    cursor.execute(UPSERT, [msgspec.json.encode(_rows(counts)).decode()])


def _rows(counts: Counts) -> list[Row]:
    minutes = [Row(site, "minute", minute * MINUTE_MS, name, *numbers) for (site, minute, name), numbers in counts.items()]
    hours: dict[tuple[int, int, str], Row] = {}
    for row in minutes:
        at = row.at - row.at % HOUR_MS
        hour = hours.setdefault((row.site, at, row.name), Row(row.site, "hour", at, row.name, 0, 0))
        hour.events += row.events
        hour.sessions += row.sessions
    return minutes + list(hours.values())


def forget_minutes(before) -> int:
    """Deletes the counts per minute that end before a datetime; those per hour stay."""
    return EventRollup.objects.filter(grain=EventRollup.Grain.MINUTE, at__lt=before).delete()[0]
