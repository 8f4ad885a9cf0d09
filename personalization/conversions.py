"""Which events of a chunk are conversions, of what, and which of them are told for the first time?"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from django.db.backends.utils import CursorWrapper

from campaigns.goals import Told, worth
from campaigns.published import pursued, sought
from personalization.attribution import Credit, GoalEvent, Touch, credit
from personalization.engagement import reaction_of
from segments.bounds import ORDER_ID
from segments.effects.reading import as_id
from sites.times import DAY_MS, ms_of
from tracking.event_table import LoggedEntry, LoggedEvent
from tracking.exposure import COLUMNS, Exposure

OLD_RELEASES_MS = 30 * DAY_MS  # so long may somebody see what an earlier release decided, on a page left open

# What is there already: the event told again, or the order told by another message (`order_converts_once`,
# `order_credited_once`), perhaps stored by another partition's consumer at this moment. No id comes back, and nothing
# is counted.
INSERT = f"""
INSERT INTO personalization_conversion
    (site_id, message_id, at, visitor_id, decision_id, {", ".join(COLUMNS)}, goal_id, value_minor, order_id,
     is_credited)
VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, {", ".join(["%s"] * len(COLUMNS))}, %s, %s, %s, %s)
ON CONFLICT DO NOTHING RETURNING id
"""  # noqa: S608  (names of our own columns)

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
    is_credited: bool  # else its campaign also touched what another one is credited with


def convert(cursor: CursorWrapper, entries: Sequence[LoggedEntry]) -> list[Converted]:
    """Stores the conversions among these events, each once, and returns those that were not known yet: one credited for
    an event or order, others that also touched it. Two queries, and one or two for each that is found."""
    reached = _reached(entries)
    if not reached:
        return []
    touches = _touches(cursor, reached)
    stored = []
    for each in reached:
        for place, found in enumerate(credit(each, touches[each.site, each.visitor])):
            # Where somebody has the credit already, for an order that another message told, this one also touched it.
            is_credited = place == 0 and _store(cursor, each, found, is_credited=True)
            if is_credited or _store(cursor, each, found, is_credited=False):
                value_minor = worth(found.goal, each.told) or 0
                stored.append(Converted(each.site, each.at, found.touch.exposure, value_minor, is_credited))
    return stored


def _store(cursor: CursorWrapper, event: GoalEvent, found: Credit, *, is_credited: bool) -> bool:
    """Whether it was not there yet."""
    touch, goal = found
    told: list[Any] = [event.site, event.message_id, event.at, event.visitor, touch.decision]
    shown = msgspec.structs.astuple(touch.exposure)
    cursor.execute(INSERT, [*told, *shown, goal.id, worth(goal, event.told) or 0, event.order_id, is_credited])
    return cursor.fetchone() is not None


def _reached(entries: Sequence[LoggedEntry]) -> list[GoalEvent]:
    happened = [(entry, event) for entry in entries for event in entry.events]
    if not happened:
        return []
    since = min(event.at for _, event in happened) - OLD_RELEASES_MS
    windows = sought({entry.site for entry in entries}, since)
    return [
        _goal_event(entry, event, windows[entry.site, event.name])
        for entry, event in happened
        if (entry.site, event.name) in windows
    ]


def _goal_event(entry: LoggedEntry, event: LoggedEvent, window_ms: int) -> GoalEvent:
    properties = msgspec.json.decode(event.properties)
    currency = msgspec.json.decode(event.context).get("currency", "")
    told = Told(event.type, event.name, properties, currency)
    order_id = as_id(properties.get("order_id"), ORDER_ID) if event.name == "Order Completed" else ""
    return GoalEvent(entry.site, event.message_id, entry.visitor, event.at, told, window_ms, order_id)


def _touches(cursor: CursorWrapper, reached: list[GoalEvent]) -> Touches:
    """The engagement of these visitors; that of this chunk is in the table already, in the same transaction."""
    since, until = min(each.at - each.window_ms for each in reached), max(each.at for each in reached)
    cursor.execute(TOUCHES, [sorted({each.visitor for each in reached}), since, until])
    reactions = []
    for site, visitor, at, name, properties in cursor.fetchall():
        told = msgspec.json.decode(properties) if isinstance(properties, str | bytes) else properties
        reactions.append(reaction_of(site, visitor.hex, ms_of(at), "", name, told))
    meant = pursued({(each.site, each.release) for each in reactions})
    found: Touches = defaultdict(list)
    for each in reactions:
        goal = meant[each.site, each.release].get(each.exposure.campaign_id)
        touch = Touch(each.visitor, each.at, each.is_click, each.decision, each.exposure, goal)
        found[each.site, each.visitor].append(touch)
    return found
