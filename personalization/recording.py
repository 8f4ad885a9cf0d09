"""What came of the decisions? Counts of what was shown, per hour and (`personalization.results.days`) per day: a step
of the consumer, in the transaction that stores the events.

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

from personalization.conversions import Converted, convert
from personalization.engagement import Reaction, message_id, reaction_of
from personalization.reasons import CAPS, Outcome
from personalization.results import days
from personalization.results.days import Fact
from sites.times import DAY_MS, HOUR_MS, ms_of
from tracking.decision import LoggedDecision
from tracking.event_table import LoggedEntry
from tracking.exposure import COLUMNS, Exposure

OF_CREDIT = {True: ("conversions", "value_minor"), False: ("assists", "assisted_minor")}  # by `is_credited`
MEASURES = ("decisions", "impressions", "clicks", "dismissals", *OF_CREDIT[True], *OF_CREDIT[False])
OF_ENGAGEMENT = {"Impression": "impressions", "Click": "clicks", "Dismiss": "dismissals"}
# What a rule that fitted and did not win counts as: what else there may be is `held`.
OF_OTHERS = {Outcome.OUTRANKED: "outranked"} | dict.fromkeys(CAPS, "capped")
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


def record(
    connection: BaseDatabaseWrapper, entries: Sequence[LoggedEntry], decisions: Sequence[LoggedDecision]
) -> None:
    """The step that `tracking.consumer` calls for each chunk."""
    with connection.cursor() as cursor:
        facts = [Fact(each.site, each.at, each.exposure, "decisions") for each in decisions]
        facts += _count_reactions(cursor, list(_reactions(entries)))
        facts += _count_conversions(convert(cursor, entries))
        if facts:
            cursor.execute(UPSERT, [_by_hour(facts)])
        days.store(cursor, [*facts, *_count_others(decisions)], entries)


def _by_hour(facts: Sequence[Fact]) -> str:
    """The rows of the upsert."""
    counts: defaultdict[tuple[int, int, Exposure], dict[str, float]] = defaultdict(lambda: dict.fromkeys(MEASURES, 0))
    for fact in facts:
        if fact.measure in MEASURES:
            counts[fact.site, fact.at - fact.at % HOUR_MS, fact.exposure][fact.measure] += fact.number
    rows = [
        {"site": site, "hour": hour, **exposure.as_properties(), **measures}
        for (site, hour, exposure), measures in counts.items()
    ]
    return msgspec.json.encode(rows).decode()


def _count_conversions(conversions: Sequence[Converted]) -> Iterator[Fact]:
    for each in conversions:
        spot = (each.site, each.at, each.exposure)
        number, value_minor = OF_CREDIT[each.is_credited]
        yield Fact(*spot, number)
        yield Fact(*spot, value_minor, each.value_minor)
        if each.is_credited:
            yield Fact(*spot, "value_squares", float(each.value_minor) ** 2)


def _count_others(decisions: Sequence[LoggedDecision]) -> Iterator[Fact]:
    """Of the rules that fitted and did not win."""
    for decision in decisions:
        for rule, campaign, outcome in decision.context.get("passed", ()):
            shown = Exposure(decision.exposure.placement, campaign_id=campaign, rule_id=rule)
            yield Fact(decision.site, decision.at, shown, OF_OTHERS.get(outcome, "held"))


def _reactions(entries: Sequence[LoggedEntry]) -> Iterator[Reaction]:
    for entry in entries:
        for event in entry.events:
            if event.type == "engagement" and event.name in OF_ENGAGEMENT:
                properties = msgspec.json.decode(event.properties)
                yield reaction_of(entry.site, entry.visitor, event.at, event.message_id, event.name, properties)


def _count_reactions(cursor: CursorWrapper, reactions: list[Reaction]) -> Iterator[Fact]:
    """Each of a decision once. A click implies that it was seen: it counts the impression too, where none was counted,
    and one that comes later does not."""
    counted = _find_counted(cursor, [each for each in reactions if each.name != "Dismiss"])
    for each in reactions:
        for measure in ("impressions", "clicks") if each.is_click else (OF_ENGAGEMENT[each.name],):
            if (each.site, each.decision, measure) not in counted:
                counted.add((each.site, each.decision, measure))
                visitor = each.visitor if measure == "impressions" else ""
                yield Fact(each.site, each.decided_at, each.exposure, measure, visitor=visitor)


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
