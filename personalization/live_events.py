"""What arrived last, as it is stored: for those who cannot have the live feed, and to begin the page with. Lines are
those of the feed (`personalization.edge.feed_rows`), with the names that things have now."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from campaigns.models import AdVariant, Campaign, Placement
from personalization.edge.feed_rows import ALL, DECISION, Row, Wanted
from personalization.models import Decision
from sites.models import Site
from sites.times import moment_of, ms_of
from tracking.models import Event

MOST = 50
MOST_NAMED = 1_000  # things of a kind whose names the page knows
PACE_SECONDS = 300
# Looked at one after the other until there are enough: the index of times of receipt makes a short one cheap.
WINDOWS = (timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1), timedelta(days=30))

_EVENTS = """
SELECT floor(extract(epoch FROM received_at))::bigint, count(*) FROM tracking_event
WHERE site_id = %s AND received_at > %s GROUP BY 1 ORDER BY 1
"""
_DECISIONS = """
SELECT floor(extract(epoch FROM at))::bigint, count(*) FROM personalization_decision
WHERE site_id = %s AND id >= %s AND at > %s GROUP BY 1 ORDER BY 1
"""


class Second(NamedTuple):
    """How much there was in one second (of Unix time)."""

    at: int
    events: int
    decisions: int


class Half(NamedTuple):
    """Of half a minute, a second each on average."""

    at: datetime
    events: float
    decisions: float


def latest(site: Site, now: datetime, wanted: Wanted) -> list[Row]:
    """The lines that fit, newest first. A query or two for each window."""
    rows: list[Row] = []
    for window in WINDOWS:
        rows = [*_events(site, now - window, wanted), *_decisions(site, now - window, wanted)]
        if len(rows) >= MOST:
            break
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:MOST]


def seconds(site: Site, now: datetime) -> list[Second]:
    """Of the last five minutes, those in which there was something. Two queries."""
    since = now - timedelta(seconds=PACE_SECONDS)
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, [site.pk, since])
        events = Counter(dict(cursor.fetchall()))
        cursor.execute(_DECISIONS, [site.pk, first_id(since), since])
        decisions = Counter(dict(cursor.fetchall()))
    return [Second(at, events[at], decisions[at]) for at in sorted(events.keys() | decisions.keys())]


def halves(found: list[Second], now: datetime) -> list[Half]:
    """Half minutes of the last five, newest first."""
    end = ms_of(now) // 1000
    told = []
    for number in range(PACE_SECONDS // 30):
        first, last = end - 30 * (number + 1), end - 30 * number
        inside = [second for second in found if first < second.at <= last]
        events, decisions = (sum(getattr(one, name) for one in inside) / 30 for name in ("events", "decisions"))
        told.append(Half(moment_of(first * 1000), events, decisions))
    return told


def names(site: Site) -> dict[str, dict[str, str]]:
    """What keys in lines are called, by what they are of."""
    rows: dict[str, Any] = {"placement": Placement, "variant": AdVariant, "campaign": Campaign}
    return {
        kind: dict(model.objects.filter(site=site).order_by("-id").values_list("key", "name")[:MOST_NAMED])
        for kind, model in rows.items()
    }


def first_id(since: datetime) -> UUID:
    """The ids of decisions begin with their moment (UUID of version 7), so the key finds the latest."""
    return UUID(int=ms_of(since) << 80)


def _events(site: Site, since: datetime, wanted: Wanted) -> Iterator[Row]:
    if wanted.kind == DECISION:
        return
    found = Event.objects.filter(site=site, received_at__gt=since)
    if wanted.kind != ALL:
        found = found.filter(type=wanted.kind)
    if wanted.name:
        named = found.filter(name__icontains=wanted.name)
        # Events without a name are called as their kind.
        found = named | found.filter(name="", type__icontains=wanted.name)
    columns = found.only("site_id", "message_id", "at", "visitor_id", "type", "name", "path", "properties")
    for one in columns.order_by("-received_at", "-at", "message_id")[:MOST]:
        shown = one.properties if one.type == "engagement" else {}
        yield {
            "at": ms_of(one.at),
            "kind": one.type,
            "name": one.name or one.type.capitalize(),
            "visitor": one.visitor_id.hex,
            "path": one.path,
            "placement": str(shown.get("placement", "")),
            "variant": str(shown.get("variant", "")),
            "campaign": str(shown.get("campaign", "")),
            "decision": str(shown.get("decision", "")),
            "entered": [],
        }


def _decisions(site: Site, since: datetime, wanted: Wanted) -> Iterator[Row]:
    if wanted.kind not in (ALL, DECISION) or wanted.name not in "decision":
        return
    for one in Decision.objects.filter(site=site, id__gte=first_id(since), at__gt=since).order_by("-id", "-at")[:MOST]:
        yield {
            "at": ms_of(one.at),
            "kind": DECISION,
            "name": "Decision",
            "visitor": one.visitor_id.hex,
            "path": "",
            "placement": one.placement,
            "variant": one.variant,
            "campaign": one.campaign,
            "decision": one.id.hex,
            "entered": [],
        }
