"""Which events of a chunk are conversions, of what, and which of them are told for the first time?"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from django.db.backends.utils import CursorWrapper

from campaigns.published import goals, pursued
from personalization.attribution import WINDOW_MS, GoalEvent, Touch, credit
from personalization.engagement import reaction_of
from segments.bounds import ORDER_ID
from segments.effects.reading import as_id, worth_of
from sites.times import DAY_MS, ms_of
from tracking.event_table import LoggedEntry, LoggedEvent
from tracking.exposure import Exposure

OLD_RELEASES_MS = 30 * DAY_MS  # so long may somebody see what an earlier release decided, on a page left open

# What is there already: the event told again, or the order told by another message (`order_converts_once`), perhaps
# stored by another partition's consumer at this moment. No id comes back, and nothing is counted.
INSERT = """
INSERT INTO personalization_conversion (
    site_id, message_id, at, visitor_id, decision_id, placement, campaign_id, campaign, rule_id, treatment_id, arm,
    variant_id, variant, value_minor, order_id
) VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING id
"""

TOUCHES = """
SELECT site_id, visitor_id, at, name, properties FROM tracking_event
WHERE visitor_id = ANY(%s::uuid[]) AND type = 'engagement' AND name IN ('Impression', 'Click')
  AND at BETWEEN to_timestamp(%s / 1000.0) AND to_timestamp(%s / 1000.0)
"""

Touches = defaultdict[tuple[int, str], list[Touch]]


class Converted(NamedTuple):
    """A conversion that was stored."""

    site: int
    at: int
    exposure: Exposure
    value_minor: int


def convert(cursor: CursorWrapper, entries: Sequence[LoggedEntry]) -> list[Converted]:
    """Stores the conversions among these events, each once, and returns those that were not known yet. Two queries, and
    one for each that is found."""
    reached = _reached(entries)
    if not reached:
        return []
    touches = _touches(cursor, reached)
    stored = []
    for each in reached:
        for touch in credit(each, touches[each.site, each.visitor]).values():
            told: list[Any] = [each.site, each.message_id, each.at, each.visitor, touch.decision]
            shown = msgspec.structs.astuple(touch.exposure)
            cursor.execute(INSERT, [*told, *shown, each.value_minor, each.order_id])
            if cursor.fetchone():
                stored.append(Converted(each.site, each.at, touch.exposure, each.value_minor))
    return stored


def _reached(entries: Sequence[LoggedEntry]) -> list[GoalEvent]:
    happened = [(entry, event) for entry in entries for event in entry.events]
    if not happened:
        return []
    since = min(event.at for _, event in happened) - WINDOW_MS - OLD_RELEASES_MS
    sought = goals({entry.site for entry in entries}, since)
    return [_goal_event(entry, event) for entry, event in happened if (entry.site, event.name) in sought]


def _goal_event(entry: LoggedEntry, event: LoggedEvent) -> GoalEvent:
    properties = msgspec.json.decode(event.properties)
    if event.type == "engagement":
        value = properties.get("value_minor", 0)
    else:
        value = worth_of(properties, msgspec.json.decode(event.context).get("currency", "")) or 0
    order_id = as_id(properties.get("order_id"), ORDER_ID) if event.name == "Order Completed" else ""
    return GoalEvent(entry.site, event.message_id, entry.visitor, event.at, event.name, value, order_id)


def _touches(cursor: CursorWrapper, reached: list[GoalEvent]) -> Touches:
    """The engagement of these visitors; that of this chunk is in the table already, in the same transaction."""
    moments = [each.at for each in reached]
    cursor.execute(TOUCHES, [sorted({each.visitor for each in reached}), min(moments) - WINDOW_MS, max(moments)])
    reactions = []
    for site, visitor, at, name, properties in cursor.fetchall():
        told = msgspec.json.decode(properties) if isinstance(properties, str | bytes) else properties
        reactions.append(reaction_of(site, visitor.hex, ms_of(at), "", name, told))
    meant = pursued({(each.site, each.release) for each in reactions})
    found: Touches = defaultdict(list)
    for each in reactions:
        goal = meant[each.site, each.release].get(each.exposure.campaign_id, "")
        touch = Touch(each.visitor, each.at, each.is_click, each.decision, each.exposure, goal)
        found[each.site, each.visitor].append(touch)
    return found
