"""How do decisions, engagement and conversions get into Postgres? A step of the consumer, in the transaction that stores the events.

Rows of decisions are what `personalization.edge` appends: arrays in the order of `Row`. An edge that lost an answer appends a row
again; the primary key keeps it once, and only rows stored for the first time are counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from campaigns.models import Campaign
from personalization.attribution import WINDOW_MS, Goal, Touch, credit
from segments.effects.reading import worth_of
from tracking import partitions
from tracking.event_table import POSTGRES_EPOCH_MS, LoggedEntry, LoggedEvent, open_copy

HOUR_MS = 3_600_000
COLUMNS = "id, at, site_id, visitor_id, seq, placement, rule_id, campaign, variant, reason, detail, propensity, release, context"
WIRE_TYPES = ["bytea", "int8", "int8", "bytea", "int4", "text", "int8", "text", "text", "text", "text", "float8", "text", "bytea"]
MEASURES = ("decisions", "impressions", "clicks", "dismissals", "conversions", "value_minor")
OF_ENGAGEMENT = {"Impression": "impressions", "Click": "clicks", "Dismiss": "dismissals"}

_MEASURED = ", ".join(MEASURES)
UPSERT = f"""
INSERT INTO personalization_decisionrollup AS r (site_id, hour, placement, campaign, rule_id, variant, {_MEASURED})
SELECT site, to_timestamp(hour / 1000.0), placement, campaign, rule, variant, {_MEASURED}
FROM json_to_recordset(%s) AS n(
    site bigint, hour bigint, placement text, campaign text, rule bigint, variant text, {", ".join(f"{name} bigint" for name in MEASURES)}
)
ORDER BY 1, 2, 3, 4, 5, 6  -- consumers of other partitions update the same rows: one order, no deadlock
ON CONFLICT (site_id, hour, placement, campaign, rule_id, variant) DO UPDATE SET {", ".join(f"{name} = r.{name} + excluded.{name}" for name in MEASURES)}
"""  # noqa: S608  (names of our own columns)

INSERT_MISSING = f"""
INSERT INTO personalization_decision ({COLUMNS}) SELECT DISTINCT ON (id) {COLUMNS} FROM decision_staging ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608

INSERT_CONVERSION = """
INSERT INTO personalization_conversion (site_id, message_id, at, visitor_id, decision_id, campaign, value_minor)
VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
"""

TOUCHES = """
SELECT site_id, visitor_id, at, name, properties FROM tracking_event
WHERE visitor_id = ANY(%s::uuid[]) AND type = 'engagement' AND name IN ('Impression', 'Click')
  AND at BETWEEN to_timestamp(%s / 1000.0) AND to_timestamp(%s / 1000.0)
"""


class Row(NamedTuple):
    """One decision as the edge appends it."""

    id: bytes
    at: int
    site: int
    visitor: str
    seq: int
    placement: str
    rule: int
    campaign: str
    variant: str
    reason: str
    detail: str
    propensity: float
    release: str
    context: dict


class Spot(NamedTuple):
    """What a count belongs to."""

    site: int
    hour: int
    placement: str
    campaign: str
    rule: int
    variant: str


Counts = defaultdict[Spot, dict[str, int]]


def record(connection, entries: Sequence[LoggedEntry], decisions: Sequence[list]) -> None:
    """The step that `tracking.consumer` calls for each chunk."""
    counts: Counts = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    with connection.cursor() as cursor:
        for row in _store(cursor, [Row(*fields) for fields in decisions]):
            counts[_spot(row.site, row.at, row.placement, row.campaign, row.rule, row.variant)]["decisions"] += 1
        _count_engagement(entries, counts)
        _count_conversions(cursor, entries, counts)
        if counts:
            cursor.execute(UPSERT, [msgspec.json.encode([{**spot._asdict(), **measures} for spot, measures in counts.items()]).decode()])


def _store(cursor, rows: list[Row]) -> list[Row]:
    """Stores the decisions that the table does not have, and returns them."""
    if not rows:
        return []
    partitions.ensure(sorted({datetime.fromtimestamp(row.at / 1000, UTC).date().replace(day=1) for row in rows}))
    cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS decision_staging (LIKE personalization_decision) ON COMMIT DELETE ROWS")
    with open_copy(cursor, "decision_staging", COLUMNS, WIRE_TYPES) as stream:
        for row in rows:
            stream.write_row(
                (row.id, (row.at - POSTGRES_EPOCH_MS) * 1000, row.site, bytes.fromhex(row.visitor), row.seq, row.placement, row.rule or None, row.campaign,
                 row.variant, row.reason, row.detail, row.propensity, row.release, b"\x01" + msgspec.json.encode(row.context))
            )  # fmt: skip
    cursor.execute(INSERT_MISSING)
    stored = {identity.bytes for (identity,) in cursor.fetchall()}
    cursor.execute("TRUNCATE decision_staging")
    return list({row.id: row for row in rows if row.id in stored}.values())


def _spot(site: int, at: int, placement: str, campaign: str, rule: int, variant: str) -> Spot:
    return Spot(site, at - at % HOUR_MS, placement[:64], campaign[:64], rule, variant[:64])


def _count_engagement(entries: Iterable[LoggedEntry], counts: Counts) -> None:
    for entry in entries:
        for event in entry.events:
            if event.type == "engagement" and (measure := OF_ENGAGEMENT.get(event.name)):
                touch = _touch(entry.visitor, event.at, event.name, msgspec.json.decode(event.properties))
                counts[_spot(entry.site, event.at, touch.placement, touch.campaign, touch.rule, touch.variant)][measure] += 1


def _touch(visitor: str, at: int, name: str, properties: dict) -> Touch:
    decision, placement, campaign, variant = (str(properties.get(key, "")) for key in ("decision", "placement", "campaign", "variant"))
    return Touch(visitor, at, name == "Click", decision, placement, campaign, int(properties.get("rule") or 0), variant)


def _count_conversions(cursor, entries: Sequence[LoggedEntry], counts: Counts) -> None:
    pursued = _campaigns_by_goal() if entries else {}
    if not pursued:
        return
    goals = [_goal(entry, event) for entry in entries for event in entry.events if (entry.site, event.name) in pursued]
    if not goals:
        return
    touches = _touches(cursor, goals)
    for goal in goals:
        for campaign, touch in credit(goal, touches[goal.site, goal.visitor], pursued[goal.site, goal.name]).items():
            cursor.execute(INSERT_CONVERSION, [goal.site, goal.message_id, goal.at, goal.visitor, touch.decision, campaign, goal.value_minor])
            if cursor.fetchone():
                measures = counts[_spot(goal.site, goal.at, touch.placement, campaign, touch.rule, touch.variant)]
                measures["conversions"] += 1
                measures["value_minor"] += goal.value_minor


def _campaigns_by_goal() -> dict[tuple[int, str], frozenset[str]]:
    """(site, event name) -> keys of the campaigns that pursue it. One small query a chunk."""
    pursued: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    for site, goal, key in Campaign.objects.values_list("site_id", "goal", "key"):
        pursued[site, goal].add(key)
    return {goal: frozenset(keys) for goal, keys in pursued.items()}


def _goal(entry: LoggedEntry, event: LoggedEvent) -> Goal:
    properties = msgspec.json.decode(event.properties)
    if event.type == "engagement":
        value = properties.get("value_minor", 0)
    else:
        value = worth_of(properties, msgspec.json.decode(event.context).get("currency", "")) or 0
    return Goal(entry.site, event.message_id, entry.visitor, event.at, event.name, value)


def _touches(cursor, goals: list[Goal]) -> defaultdict[tuple[int, str], list[Touch]]:
    """The engagement of these visitors; that of this chunk is in the table already, in the same transaction."""
    moments = [goal.at for goal in goals]
    cursor.execute(TOUCHES, [sorted({goal.visitor for goal in goals}), min(moments) - WINDOW_MS, max(moments)])
    found: defaultdict[tuple[int, str], list[Touch]] = defaultdict(list)
    for site, visitor, at, name, properties in cursor.fetchall():
        properties = msgspec.json.decode(properties) if isinstance(properties, str | bytes) else properties
        found[site, visitor.hex].append(_touch(visitor.hex, int(at.timestamp() * 1000), name, properties))
    return found
