"""How many events of each name were there, per minute and per hour?"""

from collections.abc import Iterable
from datetime import datetime

import msgspec
from django.db.backends.utils import CursorWrapper

from sites.times import HOUR_MS, MINUTE_MS
from tracking.event import NAMED, name_of
from tracking.event_table import LoggedEntry
from tracking.models import EventRollup
from tracking.sessions import Summary

MINUTES_KEPT_DAYS = 2
# Whoever has the write key may make up names; each would be two rows for good. Beyond these, names of a site's hour are
# counted together.
MOST_NAMES = 500
OTHERS = "(others)"

# Not idempotent: what is counted twice stays counted twice. Each record comes here once because the place in the log
# moves in the same transaction.
UPSERT = """
INSERT INTO tracking_eventrollup AS r (site_id, grain, at, name, events, sessions)
SELECT site, grain, to_timestamp(at / 1000.0), name, events, sessions
FROM json_to_recordset(%s) AS n(site bigint, grain text, at bigint, name text, events bigint, sessions bigint)
ORDER BY 1, 2, 3, 4  -- consumers of other partitions update the same rows: one order, no deadlock
ON CONFLICT (site_id, grain, at, name) DO UPDATE SET
    events = r.events + excluded.events, sessions = r.sessions + excluded.sessions
"""

KNOWN = """
SELECT n.site, n.at, array_agg(r.name) FROM json_to_recordset(%s) AS n(site bigint, at bigint)
JOIN tracking_eventrollup r ON r.site_id = n.site AND r.grain = 'hour' AND r.at = to_timestamp(n.at / 1000.0)
GROUP BY 1, 2
"""

Counts = dict[tuple[int, int, str], list[int]]  # site, minute, name -> events, sessions


class NameCount(msgspec.Struct, gc=False):
    site: int
    grain: str
    at: int
    name: str
    events: int
    sessions: int


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
        counts[summary.sessions[key].site, event.at // MINUTE_MS, name_of(event)[:200]][1] += 1


def store(cursor: CursorWrapper, counts: Counts) -> None:
    hours = {(site, _hour_of(minute)) for site, minute, _ in counts}
    cursor.execute(KNOWN, [msgspec.json.encode([{"site": site, "at": hour} for site, hour in hours]).decode()])
    known = {(site, hour): set(names) for site, hour, names in cursor.fetchall()}
    cursor.execute(UPSERT, [msgspec.json.encode(_rows(bound_names(counts, known))).decode()])


def bound_names(counts: Counts, known: dict[tuple[int, int], set[str]]) -> Counts:
    """The counts with at most MOST_NAMES names for each site and hour, those in `known` among them. Consumers of other
    partitions that store at the same moment may add as many again."""
    bounded_counts: Counts = {}
    for (site, minute, name), (events, sessions) in counts.items():
        names = known.setdefault((site, _hour_of(minute)), set())
        if len(names) < MOST_NAMES:
            names.add(name)
        total = bounded_counts.setdefault((site, minute, name if name in names else OTHERS), [0, 0])
        total[0] += events
        total[1] += sessions
    return bounded_counts


def _hour_of(minute: int) -> int:
    """In milliseconds."""
    return minute * MINUTE_MS // HOUR_MS * HOUR_MS


def _rows(counts: Counts) -> list[NameCount]:
    minutes = [
        NameCount(site, "minute", minute * MINUTE_MS, name, *numbers)
        for (site, minute, name), numbers in counts.items()
    ]
    hours: dict[tuple[int, int, str], NameCount] = {}
    for row in minutes:
        at = _hour_of(row.at // MINUTE_MS)
        hour = hours.setdefault((row.site, at, row.name), NameCount(row.site, "hour", at, row.name, 0, 0))
        hour.events += row.events
        hour.sessions += row.sessions
    return minutes + list(hours.values())


def forget_minutes(before: datetime) -> int:
    """Deletes the counts per minute that end before a datetime; those per hour stay."""
    return EventRollup.objects.filter(grain=EventRollup.Grain.MINUTE, at__lt=before).delete()[0]
