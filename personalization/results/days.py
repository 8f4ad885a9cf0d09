"""How do counts enter the table of daily results, each once? By the step that counts by the hour
(`personalization.recording`), in its transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec
from django.db.backends.utils import CursorWrapper

from personalization.results import sketch
from sites.local_time import QUARTER_MS, day_of
from tracking.event_table import LoggedEntry
from tracking.exposure import COLUMNS, Exposure

_COUNTED = (
    "decisions",
    "impressions",
    "clicks",
    "dismissals",
    "conversions",
    "value_minor",
    "assists",
    "assisted_minor",
)
MEASURES = dict.fromkeys((*_COUNTED, "outranked", "capped", "held"), "bigint") | {"value_squares": "float8"}
SHOWN = {name: kind for name, kind in COLUMNS.items() if name not in ("campaign", "variant")}  # no keys: by ids

_SPOT = ", ".join(("site_id", "day", *SHOWN))
_COLUMNS = {"site": "bigint", "day": "date"} | SHOWN | MEASURES
_TYPED = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
_MEASURED = ", ".join(MEASURES)
UPSERT = f"""
INSERT INTO personalization_dailyresult AS r ({_SPOT}, {_MEASURED}, visitors)
SELECT site, day, {", ".join(SHOWN)}, {_MEASURED}, '' FROM json_to_recordset(%s) AS n({_TYPED})
-- Consumers of other partitions update the same rows: one order, no deadlock.
ORDER BY site, day, {", ".join(SHOWN)}
ON CONFLICT ({_SPOT}) DO UPDATE SET {", ".join(f"{name} = r.{name} + excluded.{name}" for name in MEASURES)}
RETURNING id, {_SPOT}, visitors
"""  # noqa: S608  (names of our own columns)
KEEP = "UPDATE personalization_dailyresult SET visitors = %s WHERE id = %s"

ZONES = "SELECT id, time_zone FROM sites_site WHERE id = ANY(%s)"
KNOWN = "SELECT visitors FROM personalization_dailyvisitors WHERE site_id = %s AND day = %s"
# The row is locked by the upsert, so what is joined with it is not lost to a consumer of another partition.
LOCK = """
INSERT INTO personalization_dailyvisitors AS d (site_id, day, visitors) VALUES (%s, %s, '')
ON CONFLICT (site_id, day) DO UPDATE SET site_id = excluded.site_id RETURNING id, visitors
"""
KEEP_VISITORS = "UPDATE personalization_dailyvisitors SET visitors = %s WHERE id = %s"


class Fact(NamedTuple):
    """Something that counts."""

    site: int
    at: int
    exposure: Exposure
    measure: str
    number: float = 1
    visitor: str = ""  # whose look it was


class _Row:
    __slots__ = ("measures", "visitors")

    def __init__(self) -> None:
        self.measures: dict[str, float] = dict.fromkeys(MEASURES, 0)
        self.visitors: set[str] = set()


def store(cursor: CursorWrapper, facts: Iterable[Fact], entries: Sequence[LoggedEntry]) -> None:
    """Adds the facts to their days, and whoever did anything to the visitors of theirs."""
    facts = list(facts)
    if not facts and not entries:
        return
    zones = zones_of(cursor, {fact.site for fact in facts} | {entry.site for entry in entries})
    rows = _add_up(facts, zones)
    if rows:
        cursor.execute(UPSERT, [msgspec.json.encode(_written(rows)).decode()])
        _keep_visitors(cursor, rows, cursor.fetchall())
    _count_visitors(cursor, entries, zones)


def zones_of(cursor: CursorWrapper, sites: set[int]) -> Mapping[int, str]:
    """By site; one that is gone has none, and nothing of it is counted."""
    cursor.execute(ZONES, [list(sites)])
    return dict(cursor.fetchall())


def _add_up(facts: Iterable[Fact], zones: Mapping[int, str]) -> dict[tuple[Any, ...], _Row]:
    """(site, day, values of SHOWN) -> what came together there."""
    rows: defaultdict[tuple[Any, ...], _Row] = defaultdict(_Row)
    for fact in facts:
        if fact.site not in zones:
            continue
        shown = [getattr(fact.exposure, name) for name in SHOWN]
        row = rows[fact.site, day_of(zones[fact.site], fact.at), *shown]
        row.measures[fact.measure] += fact.number
        if fact.visitor:
            row.visitors.add(fact.visitor)
    return rows


def _written(rows: Mapping[tuple[Any, ...], _Row]) -> list[dict[str, Any]]:
    return [dict(zip(("site", "day", *SHOWN), spot, strict=True)) | row.measures for spot, row in rows.items()]


def _keep_visitors(
    cursor: CursorWrapper, rows: Mapping[tuple[Any, ...], _Row], stored: Iterable[tuple[Any, ...]]
) -> None:
    """The upsert holds the locks, so nobody else joins theirs meanwhile."""
    changed = []
    for identity, *spot, kept in stored:
        if seen := rows[tuple(spot)].visitors:
            joined = sketch.join([bytes(kept), sketch.sketch_of(seen)])
            if joined != bytes(kept):
                changed.append((joined, identity))
    if changed:
        cursor.executemany(KEEP, changed)


def _count_visitors(cursor: CursorWrapper, entries: Sequence[LoggedEntry], zones: Mapping[int, str]) -> None:
    quarters: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for entry in entries:
        for event in entry.events:
            quarters[entry.site, event.at // QUARTER_MS].add(entry.visitor)
    days: defaultdict[tuple[int, date], set[str]] = defaultdict(set)
    for (site, quarter), visitors in quarters.items():
        if site in zones:
            days[site, day_of(zones[site], quarter * QUARTER_MS)] |= visitors
    for site_day in sorted(days):
        _join_visitors(cursor, site_day, sketch.sketch_of(days[site_day]))


def _join_visitors(cursor: CursorWrapper, site_day: tuple[int, date], new: bytes) -> None:
    cursor.execute(KNOWN, site_day)
    row = cursor.fetchone()
    if row and sketch.join([bytes(row[0]), new]) == bytes(row[0]):
        return  # the usual case on a busy day: nobody waits for a lock
    cursor.execute(LOCK, site_day)
    ((identity, kept),) = cursor.fetchall()
    cursor.execute(KEEP_VISITORS, [sketch.join([bytes(kept), new]), identity])
