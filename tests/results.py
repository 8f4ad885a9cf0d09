"""What was shown and what came of it, stored as the consumer does: what tests of results are written in; and the same
figures, counted straight from the stored rows."""

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection, transaction

from personalization import decision_table
from personalization.engagement import message_id
from personalization.models import Conversion, DailyResult, Decision
from personalization.recording import record
from personalization.results.days import MEASURES, SHOWN
from personalization.situation import Passed
from sites.times import moment_of
from tracking import event_table, partitions
from tracking.decision import LoggedDecision
from tracking.event import Entry, Event
from tracking.exposure import Exposure
from tracking.log.base import encode_entry

NOW = 1_780_000_000_000  # 28 May 2026, 20:26 UTC
HERO = Exposure("home-hero", 5, "spring", 7, variant_id=3, variant="offer", segment="coffee")


def visitor(number: int) -> str:
    """As evenly spread as real ones."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"visitor {number}").hex


def decision_id(at: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=(at << 80) | (7 << 76) | (2 << 62) | number)


def decided(
    site, who: str, at: int = NOW, shown: Exposure = HERO, passed: Iterable[Passed] = (), number: int | None = None
) -> LoggedDecision:
    number = random.getrandbits(60) if number is None else number
    told = {"device": "mobile", "passed": [msgspec.structs.astuple(each) for each in passed]}
    identity = decision_id(at, number).bytes
    return LoggedDecision(identity, at, site.pk, who, 3, shown, "TARGETING_MATCH", "", 1.0, 0, "r1", told)


def reaction(name: str, of: LoggedDecision, at: int | None = None) -> tuple[str, Event]:
    at = of.at + 1000 if at is None else at
    told = {"decision": of.id.hex(), "day": 20_000, "release": of.release} | of.exposure.as_properties()
    return of.visitor, Event(message_id(of.id.hex(), name.lower()), "engagement", name, at, at, properties=told)


def event(who: str, name: str, at: int, identity: str = "", **properties) -> tuple[str, Event]:
    identity = identity or f"{name}-{who}-{at}"
    return who, Event(identity, "page" if name == "" else "track", name, at, at, properties=properties)


def order(who: str, at: int, total: float = 20.0, number: str = "") -> tuple[str, Event]:
    return event(who, "Order Completed", at, order_id=number or f"{who[:8]}-{at}", total=total)


def store(site, decisions: Iterable[LoggedDecision] = (), events: Iterable[tuple[str, Event]] = ()) -> None:
    """A chunk, as `tracking.consumer` stores it: what the tables lack, then the step with it."""
    decisions, events = list(decisions), list(events)
    partitions.ensure(
        {datetime.fromtimestamp(at / 1000, UTC).date().replace(day=1) for at in _times(decisions, events)}
    )
    told: defaultdict[str, list[Event]] = defaultdict(list)
    for who, each in events:
        told[who].append(each)
    entries = []
    for who, of in told.items():
        for number, each in enumerate(of, 1):
            each.seq = number
        entries.append(event_table.decode_entry(encode_entry(Entry(site.pk, who, of))))
    with transaction.atomic(), connection.cursor() as cursor:
        entries = event_table.insert_missing(cursor, entries) if entries else []
        kept = decision_table.keep(cursor, decisions) if decisions else []
        record(connection, entries, kept)


def _times(decisions, events) -> list[int]:
    return [each.at for each in decisions] + [each.at for _, each in events]


Spot = tuple[date, *tuple[object, ...]]


def counted(site) -> dict[Spot, dict[str, object]]:
    """The table of daily results: (day, what was shown) -> measures above zero, and the sketch of who saw it."""
    found = {}
    for row in DailyResult.objects.filter(site=site):
        measures = {name: getattr(row, name) for name in (*MEASURES, "visitors") if getattr(row, name)}
        found[row.day, *(getattr(row, name) for name in SHOWN)] = measures | {"visitors": bytes(row.visitors)}
    return found


def recounted(site) -> dict[Spot, dict[str, object]]:
    """The same, from stored decisions, engagement and conversions, one by one."""
    zone = ZoneInfo(site.time_zone)
    found: defaultdict[Spot, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    seen: defaultdict[Spot, set[str]] = defaultdict(set)

    def spot(at: datetime, row) -> Spot:
        return at.astimezone(zone).date(), *(getattr(row, name) for name in SHOWN)

    for row in Decision.objects.filter(site=site):
        found[spot(row.at, row)]["decisions"] += 1
        for rule, campaign, outcome in row.context.get("passed", []):
            measure = {"OUTRANKED": "outranked", "CAPPED": "capped", "CAPPED_TODAY": "capped"}.get(outcome, "held")
            lost = Exposure(row.placement, campaign_id=campaign, rule_id=rule)
            found[spot(row.at, lost)][measure] += 1
    told = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT visitor_id, name, properties::text FROM tracking_event WHERE site_id = %s AND type = 'engagement'",
            [site.pk],
        )
        for who, name, properties in cursor.fetchall():
            of = msgspec.json.decode(properties)
            told[of["decision"], who.hex, Exposure(**{key: of[key] for key in HERO.as_properties()})].add(name)
    for (decision, who, shown), names in told.items():
        place = spot(moment_of(int(decision[:12], 16)), shown)
        if names & {"Impression", "Click"}:
            found[place]["impressions"] += 1
            seen[place].add(who)
        found[place]["clicks"] += "Click" in names
        found[place]["dismissals"] += "Dismiss" in names
    for row in Conversion.objects.filter(site=site):
        measures = found[spot(row.at, row)]
        measures["conversions" if row.is_credited else "assists"] += 1
        measures["value_minor" if row.is_credited else "assisted_minor"] += row.value_minor
        measures["value_squares"] += row.value_minor**2 if row.is_credited else 0
    return {
        place: {name: number for name, number in measures.items() if number} | {"visitors": sketched(seen[place])}
        for place, measures in found.items()
    }


def sketched(visitors: set[str]) -> bytes:
    """By the definition: the first eight bytes of each, the 1,024 smallest, in order."""
    return b"".join(sorted({bytes.fromhex(who)[:8] for who in visitors})[:1024])
