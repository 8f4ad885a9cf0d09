"""What came of the decisions? Counts per hour and of what was shown: a step of the consumer, in the transaction that
stores the events.

Each decision, impression, click and dismissal is counted once, in the hour of the decision: in any period, decisions
are at least as many as impressions, and those as clicks. Conversions (`personalization.conversions`) stand in the hour
in which they happened; each is credited once, so they may be added up over whatever was shown. Assists may not: an
order that three campaigns touched is one conversion and two assists.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import msgspec
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from personalization.conversions import convert
from personalization.engagement import Reaction, message_id, reaction_of
from sites.times import DAY_MS, HOUR_MS, ms_of
from tracking.decision import LoggedDecision
from tracking.event_table import LoggedEntry
from tracking.exposure import COLUMNS, Exposure

OF_CREDIT = {True: ("conversions", "value_minor"), False: ("assists", "assisted_minor")}  # by `is_credited`
MEASURES = ("decisions", "impressions", "clicks", "dismissals", *OF_CREDIT[True], *OF_CREDIT[False])
OF_ENGAGEMENT = {"Impression": "impressions", "Click": "clicks", "Dismiss": "dismissals"}
EARLIER_MS = 7 * DAY_MS  # so long before an engagement another one may lie whose decision's id does not say when it was

_SPOT = ", ".join(("site_id", "hour", *COLUMNS))
_SHOWN = ", ".join(COLUMNS)
_MEASURED = ", ".join(MEASURES)
_TYPED = ", ".join(f"{name} {kind}" for name, kind in (COLUMNS | dict.fromkeys(MEASURES, "bigint")).items())
UPSERT = f"""
INSERT INTO personalization_decisionrollup AS r ({_SPOT}, {_MEASURED})
SELECT site, to_timestamp(hour / 1000.0), {_SHOWN}, {_MEASURED}
FROM json_to_recordset(%s) AS n(site bigint, hour bigint, {_TYPED})
-- Consumers of other partitions update the same rows: one order, no deadlock.
ORDER BY site, hour, {_SHOWN}
ON CONFLICT ({_SPOT}) DO UPDATE SET {", ".join(f"{name} = r.{name} + excluded.{name}" for name in MEASURES)}
"""  # noqa: S608  (names of our own columns)

ENGAGED_BEFORE = """
SELECT message, at FROM unnest(%s::bigint[], %s::text[]) AS asked(site, message) CROSS JOIN LATERAL (
    SELECT at FROM tracking_event
    WHERE site_id = site AND message_id = message AND at >= to_timestamp(%s / 1000.0) AND type = 'engagement'
    OFFSET 0  -- keeps this apart: a look into the primary key for each, where Postgres might read all of the table once
) AS found
"""


class Counts(defaultdict[tuple[int, int, Exposure], dict[str, int]]):
    """(site, hour, what was shown) -> measure -> number."""

    def __init__(self) -> None:
        super().__init__(lambda: dict.fromkeys(MEASURES, 0))

    def of(self, site: int, at: int, exposure: Exposure) -> dict[str, int]:
        return self[site, at - at % HOUR_MS, exposure]

    def as_json(self) -> str:
        rows = [
            {"site": site, "hour": hour, **exposure.as_properties(), **measures}
            for (site, hour, exposure), measures in self.items()
        ]
        return msgspec.json.encode(rows).decode()


def record(
    connection: BaseDatabaseWrapper, entries: Sequence[LoggedEntry], decisions: Sequence[LoggedDecision]
) -> None:
    """The step that `tracking.consumer` calls for each chunk."""
    counts = Counts()
    with connection.cursor() as cursor:
        for decision in decisions:
            counts.of(decision.site, decision.at, decision.exposure)["decisions"] += 1
        _count_reactions(cursor, list(_reactions(entries)), counts)
        for conversion in convert(cursor, entries):
            measures = counts.of(conversion.site, conversion.at, conversion.exposure)
            number, value_minor = OF_CREDIT[conversion.is_credited]
            measures[number] += 1
            measures[value_minor] += conversion.value_minor
        if counts:
            cursor.execute(UPSERT, [counts.as_json()])


def _reactions(entries: Sequence[LoggedEntry]) -> Iterator[Reaction]:
    for entry in entries:
        for event in entry.events:
            if event.type == "engagement" and event.name in OF_ENGAGEMENT:
                properties = msgspec.json.decode(event.properties)
                yield reaction_of(entry.site, entry.visitor, event.at, event.message_id, event.name, properties)


def _count_reactions(cursor: CursorWrapper, reactions: list[Reaction], counts: Counts) -> None:
    """Each of a decision once. A click implies that it was seen: it counts the impression too, where none was counted,
    and one that comes later does not."""
    counted = _find_counted(cursor, [each for each in reactions if each.name != "Dismiss"])
    for each in reactions:
        measures = counts.of(each.site, each.decided_at, each.exposure)
        for measure in ("impressions", "clicks") if each.is_click else (OF_ENGAGEMENT[each.name],):
            if (each.site, each.decision, measure) not in counted:
                measures[measure] += 1
                counted.add((each.site, each.decision, measure))


def _find_counted(cursor: CursorWrapper, reactions: list[Reaction]) -> set[tuple[int, str, str]]:
    """(site, decision, measure) of what an earlier chunk has counted; found by message id, which derives from the
    decision (`engagement.arrival_of`)."""
    if not reactions:
        return set()
    asked = {message_id(each.decision, kind): each for each in reactions for kind in ("impression", "click")}
    own = {(each.message_id, each.at) for each in reactions}
    since = min(each.decided_at for each in reactions) - EARLIER_MS
    cursor.execute(ENGAGED_BEFORE, [[each.site for each in asked.values()], list(asked), since])
    counted = set()
    for identity, at in cursor.fetchall():
        if (identity, ms_of(at)) not in own:
            each = asked[identity]
            counted.add((each.site, each.decision, "impressions"))
            if identity == message_id(each.decision, "click"):
                counted.add((each.site, each.decision, "clicks"))
    return counted
