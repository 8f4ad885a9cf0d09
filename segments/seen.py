"""Which events did a site's visitors do, with which properties and values, how often? For pickers, and to tell what was
never seen.

Names and their numbers come from the rollups, by the hour. Properties and values are counted among the events of a name
that were received last, `SAMPLED` at most: a picker shows what is usual, not what is rare.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from segments import population
from segments.conditions.event_rows import questions_in
from segments.conditions.shapes import Condition
from sites.models import Site
from tracking.event import NAMED
from tracking.models import EventRollup
from tracking.seen_events import seen_events

DAYS = 30
SAMPLED = 2_000
# Looked at one after the other until there are enough: the index of times of receipt makes a short one cheap.
WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=DAYS))
MOST_NAMES = 500
MOST_PROPERTIES = 100
MOST_VALUES = 200
MOST_TEXT = 200  # characters of a value, as JSON; longer ones are no words to pick

_LATEST = """
WITH latest AS MATERIALIZED (
    SELECT properties FROM tracking_event
    WHERE site_id = %(site)s AND received_at > %(since)s
        AND CASE WHEN type = ANY(%(named)s) THEN left(name, 200) ELSE type END = %(event)s
    ORDER BY received_at DESC LIMIT %(sampled)s
)
"""
_PROPERTIES = f"""{_LATEST}, names AS (
    SELECT jsonb_object_keys(properties) AS name FROM latest
    UNION ALL
    SELECT 'products.' || key FROM latest, LATERAL (
        SELECT DISTINCT jsonb_object_keys(product) AS key
        FROM jsonb_path_query(properties, '$.products[*] ? (@.type() == "object")') AS product
    ) AS keys
)
SELECT name, count(*), (SELECT count(*) FROM latest) FROM names GROUP BY name ORDER BY 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608 - no text from outside
_VALUES = f"""{_LATEST}
SELECT value, count(*), (SELECT count(*) FROM latest)
FROM latest, LATERAL (SELECT DISTINCT value FROM jsonb_path_query(properties, %(path)s::jsonpath) AS value) AS found
WHERE jsonb_typeof(value) IN ('string', 'number', 'boolean') AND length(value::text) <= {MOST_TEXT}
GROUP BY value ORDER BY 2 DESC, 1 LIMIT %(most)s
"""  # noqa: S608


class Seen(msgspec.Struct, frozen=True):
    """A name or a value, and how many events had it."""

    value: str | float | bool
    count: int


class Sample(NamedTuple):
    """What was found among so many events."""

    seen: list[Seen]
    events: int


def events(site: Site) -> list[Seen]:
    """Names of events in the 30 days before the site's newest one, the most frequent first; the kinds `page`, `screen`
    and so on stand for all events of those. One query of the rollups."""
    named = seen_events(site, population.newest(site), timedelta(days=DAYS), MOST_NAMES)
    return [Seen(name, total) for name, total in named.items()]


def was_seen(site: Site, event: str) -> bool:
    """Whether an event of this name was ever stored."""
    return EventRollup.objects.filter(site=site, grain=EventRollup.Grain.HOUR, name=event).exists()


def unseen_in(site: Site, condition: Condition) -> list[str]:
    """Names of events that a condition's own rows ask for and nobody ever did: allowed, and worth saying."""
    names = {step.event for question in questions_in(condition) for step in question.row.steps}
    return sorted(name for name in names if not was_seen(site, name))


def properties(site: Site, event: str) -> Sample:
    """Names of properties of an event, those of the entries of `products` as `products.<name>`, the most frequent
    first. Three queries at most."""
    return _ask(_PROPERTIES, site, event, MOST_PROPERTIES)


def values(site: Site, event: str, name: str) -> Sample:
    """Values of a property, by dots those of all entries: text, numbers and yes or no, the most frequent first. Three
    queries at most."""
    path = "$" + "".join(f".{_quote(step)}" for step in name.split(".")) + "[*]"
    return _ask(_VALUES, site, event, MOST_VALUES, path=path)


def _quote(step: str) -> str:
    """A key as jsonpath takes it."""
    escaped = step.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ask(query: str, site: Site, event: str, most: int, **more: str) -> Sample:
    asked: dict[str, Any] = {
        "site": site.pk,
        "event": event,
        "named": sorted(NAMED),
        "sampled": SAMPLED,
        "most": most,
        **more,
    }
    rows: list[tuple[str, int, int]] = []
    for window in WINDOWS:
        with connection.cursor() as cursor:
            cursor.execute(query, asked | {"since": datetime.now(UTC) - window})
            rows = cursor.fetchall()
        if rows and rows[0][2] >= SAMPLED:
            break
    found = [Seen(json.loads(value) if query is _VALUES else value, count) for value, count, _ in rows]
    return Sample(found, rows[0][2] if rows else 0)
