"""How do decisions, engagement and conversions get into Postgres? A step of the consumer, in the transaction that
stores the events.

Rows of decisions are what `personalization.edge` appends: arrays in the order of `Row`. An edge that lost an answer
appends a row again; the primary key keeps it once, and only rows stored for the first time are counted.

What is counted belongs to ids, as the release that the visitor saw meant its keys (`campaigns.published`), and to the
hour of the decision: in any period, decisions are at least as many as impressions, and those as clicks.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from campaigns.published import Published, goals, published
from personalization.attribution import WINDOW_MS, Goal, Touch, credit
from personalization.engagement import message_id
from segments.bounds import ORDER_ID
from segments.effects.reading import as_id, worth_of
from sites.times import DAY_MS, HOUR_MS, moment_of, ms_of
from tracking import partitions
from tracking.event_table import POSTGRES_EPOCH_MS, LoggedEntry, LoggedEvent, open_copy

COLUMNS = "id, at, site_id, visitor_id, seq, placement, rule_id, campaign_id, campaign, variant_id, variant, reason, detail, propensity, release, context"
WIRE_TYPES = [
    "bytea",
    "int8",
    "int8",
    "bytea",
    "int4",
    "text",
    "int8",
    "int8",
    "text",
    "int8",
    "text",
    "text",
    "text",
    "float8",
    "text",
    "bytea",
]
OLD_RELEASES_MS = 30 * DAY_MS  # so long may somebody see what an earlier release decided, on a page left open
MEASURES = ("decisions", "impressions", "clicks", "dismissals", "conversions", "value_minor")
OF_ENGAGEMENT = {"Impression": "impressions", "Click": "clicks", "Dismiss": "dismissals"}

OUR_DECISION = re.compile(r"[0-9a-f]{12}7[0-9a-f]{19}")
_SPOT = "site_id, hour, placement, campaign_id, campaign, rule_id, variant_id, variant"
_MEASURED = ", ".join(MEASURES)
UPSERT = f"""
INSERT INTO personalization_decisionrollup AS r ({_SPOT}, {_MEASURED})
SELECT site_id, to_timestamp(hour / 1000.0), placement, campaign_id, campaign, rule_id, variant_id, variant, {_MEASURED}
FROM json_to_recordset(%s) AS n(
    site_id bigint, hour bigint, placement text, campaign_id bigint, campaign text, rule_id bigint, variant_id bigint, variant text,
    {", ".join(f"{name} bigint" for name in MEASURES)}
)
ORDER BY 1, 2, 3, 4, 5, 6, 7, 8  -- consumers of other partitions update the same rows: one order, no deadlock
ON CONFLICT ({_SPOT}) DO UPDATE SET {", ".join(f"{name} = r.{name} + excluded.{name}" for name in MEASURES)}
"""  # noqa: S608  (names of our own columns)

INSERT_MISSING = f"""
INSERT INTO personalization_decision ({COLUMNS}) SELECT DISTINCT ON (id) {COLUMNS} FROM decision_staging ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608

INSERT_CONVERSION = """
INSERT INTO personalization_conversion (site_id, message_id, at, visitor_id, decision_id, campaign_id, campaign, value_minor, order_id)
VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING RETURNING id
"""

ENGAGED_BEFORE = """
SELECT message, at FROM unnest(%s::bigint[], %s::text[]) AS asked(site, message) CROSS JOIN LATERAL (
    SELECT at FROM tracking_event WHERE site_id = site AND message_id = message AND at >= to_timestamp(%s / 1000.0) AND type = 'engagement'
    OFFSET 0  -- keeps this apart: a look into the primary key for each, where Postgres might read all of the table once
) AS found
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

    site_id: int
    hour: int
    placement: str
    campaign_id: int
    campaign: str
    rule_id: int
    variant_id: int
    variant: str


class Engagement(NamedTuple):
    """An impression, click or dismissal, as the log tells of it."""

    site: int
    visitor: str
    at: int
    message_id: str
    measure: str  # of `MEASURES`
    decision: str
    placement: str
    campaign: str
    rule: int
    variant: str
    release: str

    @property
    def decided_at(self) -> int:
        """When it was decided: what the decision's id begins with, where it is one of ours (UUID of version 7), else
        when it happened."""
        at = int(self.decision[:12], 16) if OUR_DECISION.fullmatch(self.decision) else self.at
        return min(at, self.at)


Counts = defaultdict[Spot, dict[str, int]]
Releases = dict[tuple[int, str], Published]


def record(connection, entries: Sequence[LoggedEntry], decisions: Sequence[list]) -> None:
    """The step that `tracking.consumer` calls for each chunk."""
    counts: Counts = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    rows = [Row(*fields) for fields in decisions]
    engaged = [
        _engagement(entry, event)
        for entry in entries
        for event in entry.events
        if event.type == "engagement" and event.name in OF_ENGAGEMENT
    ]
    releases = published({*((row.site, row.release) for row in rows), *((each.site, each.release) for each in engaged)})
    with connection.cursor() as cursor:
        for row in _store(cursor, rows, releases):
            counts[_spot(row, row.at, releases)]["decisions"] += 1
        _count_engagement(cursor, engaged, releases, counts)
        _count_conversions(cursor, entries, counts)
        if counts:
            cursor.execute(
                UPSERT,
                [msgspec.json.encode([{**spot._asdict(), **measures} for spot, measures in counts.items()]).decode()],
            )


def _store(cursor, rows: list[Row], releases: Releases) -> list[Row]:
    """Stores the decisions that the table does not have, and returns them."""
    if not rows:
        return []
    partitions.ensure(sorted({moment_of(row.at).date().replace(day=1) for row in rows}))
    cursor.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS decision_staging (LIKE personalization_decision) ON COMMIT DELETE ROWS"
    )
    with open_copy(cursor, "decision_staging", COLUMNS, WIRE_TYPES) as stream:
        for row in rows:
            seen = releases[row.site, row.release]
            stream.write_row(
                (row.id, (row.at - POSTGRES_EPOCH_MS) * 1000, row.site, bytes.fromhex(row.visitor), row.seq, row.placement, row.rule or None,
                 seen.campaign(row.campaign).id, row.campaign, seen.variant(row.variant), row.variant, row.reason, row.detail, row.propensity, row.release,
                 b"\x01" + msgspec.json.encode(row.context))
            )  # fmt: skip
    cursor.execute(INSERT_MISSING)
    stored = {identity.bytes for (identity,) in cursor.fetchall()}
    cursor.execute("TRUNCATE decision_staging")
    return list({row.id: row for row in rows if row.id in stored}.values())


def _spot(of: Row | Engagement, at: int, releases: Releases) -> Spot:
    seen = releases[of.site, of.release]
    campaign, variant = seen.campaign(of.campaign).id, seen.variant(of.variant)
    return Spot(
        of.site, at - at % HOUR_MS, of.placement[:64], campaign, of.campaign[:64], of.rule, variant, of.variant[:64]
    )


def _engagement(entry: LoggedEntry, event: LoggedEvent) -> Engagement:
    return _told(
        entry.site, entry.visitor, event.at, event.message_id, event.name, msgspec.json.decode(event.properties)
    )


def _told(site: int, visitor: str, at: int, message_id: str, name: str, properties: dict) -> Engagement:
    decision, placement, campaign, variant, release = (
        str(properties.get(key, "")) for key in ("decision", "placement", "campaign", "variant", "release")
    )
    return Engagement(
        site,
        visitor,
        at,
        message_id,
        OF_ENGAGEMENT[name],
        decision,
        placement,
        campaign,
        int(properties.get("rule") or 0),
        variant,
        release,
    )


def _count_engagement(cursor, engaged: list[Engagement], releases: Releases, counts: Counts) -> None:
    """Each of a decision once. A click implies that it was seen: it counts the impression too, where none was counted,
    and one that comes later does not."""
    counted = _counted_before(cursor, [each for each in engaged if each.measure != "dismissals"])
    for each in engaged:
        measures = counts[_spot(each, each.decided_at, releases)]
        implied = ["impressions", each.measure] if each.measure == "clicks" else [each.measure]
        for measure in implied:
            measures[measure] += (each.site, each.decision, measure) not in counted
            counted.add((each.site, each.decision, measure))


def _counted_before(cursor, engaged: list[Engagement]) -> set[tuple[int, str, str]]:
    """(site, decision, measure) of what an earlier chunk has counted; found by message id, which derives from the
    decision (`engagement.arrival_of`)."""
    if not engaged:
        return set()
    asked = {message_id(each.decision, kind): each for each in engaged for kind in ("impression", "click")}
    own = {(each.message_id, each.at) for each in engaged}
    cursor.execute(
        ENGAGED_BEFORE,
        [[each.site for each in asked.values()], list(asked), min(each.decided_at for each in engaged) - WINDOW_MS],
    )
    counted = set()
    for identity, at in cursor.fetchall():
        if (identity, ms_of(at)) not in own:
            each = asked[identity]
            counted.add((each.site, each.decision, "impressions"))
            if identity == message_id(each.decision, "click"):
                counted.add((each.site, each.decision, "clicks"))
    return counted


def _count_conversions(cursor, entries: Sequence[LoggedEntry], counts: Counts) -> None:
    happened = [(entry, event) for entry in entries for event in entry.events]
    if not happened:
        return
    pursued = goals(
        {entry.site for entry in entries}, min(event.at for _, event in happened) - WINDOW_MS - OLD_RELEASES_MS
    )
    reached = [_goal(entry, event) for entry, event in happened if (entry.site, event.name) in pursued]
    if not reached:
        return
    touches = _touches(cursor, reached)
    for goal in reached:
        for touch in credit(goal, touches[goal.site, goal.visitor]).values():
            credited = [
                goal.site,
                goal.message_id,
                goal.at,
                goal.visitor,
                touch.decision,
                touch.campaign_id,
                touch.campaign,
            ]
            cursor.execute(INSERT_CONVERSION, [*credited, goal.value_minor, goal.order_id])
            if cursor.fetchone():
                hour = goal.at - goal.at % HOUR_MS
                spot = Spot(
                    goal.site,
                    hour,
                    touch.placement[:64],
                    touch.campaign_id,
                    touch.campaign,
                    touch.rule,
                    touch.variant_id,
                    touch.variant[:64],
                )
                counts[spot]["conversions"] += 1
                counts[spot]["value_minor"] += goal.value_minor


def _goal(entry: LoggedEntry, event: LoggedEvent) -> Goal:
    properties = msgspec.json.decode(event.properties)
    if event.type == "engagement":
        value = properties.get("value_minor", 0)
    else:
        value = worth_of(properties, msgspec.json.decode(event.context).get("currency", "")) or 0
    order_id = as_id(properties.get("order_id"), ORDER_ID) if event.name == "Order Completed" else ""
    return Goal(entry.site, event.message_id, entry.visitor, event.at, event.name, value, order_id)


def _touches(cursor, goals: list[Goal]) -> defaultdict[tuple[int, str], list[Touch]]:
    """The engagement of these visitors; that of this chunk is in the table already, in the same transaction."""
    moments = [goal.at for goal in goals]
    cursor.execute(TOUCHES, [sorted({goal.visitor for goal in goals}), min(moments) - WINDOW_MS, max(moments)])
    told = [
        _told(
            site,
            visitor.hex,
            ms_of(at),
            "",
            name,
            msgspec.json.decode(properties) if isinstance(properties, str | bytes) else properties,
        )
        for site, visitor, at, name, properties in cursor.fetchall()
    ]
    releases = published({(each.site, each.release) for each in told})
    found: defaultdict[tuple[int, str], list[Touch]] = defaultdict(list)
    for each in told:
        found[each.site, each.visitor].append(_touch(each, releases[each.site, each.release]))
    return found


def _touch(each: Engagement, seen: Published) -> Touch:
    campaign = seen.campaign(each.campaign)
    return Touch(
        each.visitor, each.at, each.measure == "clicks", each.decision, each.placement,
        campaign.id, each.campaign[:64], campaign.goal, each.rule, seen.variant(each.variant), each.variant,
    )  # fmt: skip
