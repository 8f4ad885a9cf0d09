"""Does a site send what campaigns need: products and orders that can be read, and a question for each placement?"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Sum

from campaigns.models import Placement
from personalization.models import DecisionRollup
from personalization.reasons import UNKNOWN
from personalization.upkeep.wholeness import WANTED, Want, faults_of
from recommendations.models import Item
from segments.effects.reading import product_id, products_of
from sites.models import Site
from tracking.models import Event, EventRollup

DAY = timedelta(days=1)
LATELY = timedelta(days=30)
# The latest of a name are looked for where the last one arrived: the table of events has no index by name.
AROUND_LAST = timedelta(minutes=10)
SAMPLE = 200


@dataclass(frozen=True)
class Arrival:
    """Of one event that a shop should send."""

    want: Want
    today: int  # in 24 hours
    last_at: datetime | None  # to the minute, or the hour where it was more than two days ago; None: not in 30 days
    looked_at: int  # of the latest of today, so many were read
    faults: list[tuple[str, int]]  # what is wrong with how many of these


@dataclass(frozen=True)
class Asked:
    """How often pages asked for a placement."""

    placement: Placement
    today: int  # in 24 hours
    seen_today: int
    last_at: datetime | None  # beginning of the hour; None: not in 30 days


@dataclass(frozen=True)
class Arrivals:
    events: list[Arrival]
    placements: list[Asked]
    unknown: int  # asked for in 24 hours, by keys that no placement has


def arrivals(site: Site, now: datetime) -> Arrivals:
    """Five queries, and two or three more for each of the wanted events that arrived."""
    rows = EventRollup.objects.filter(site=site, at__gt=now - LATELY, name__in=[want.event for want in WANTED])
    last = dict(rows.values("name").annotate(last=Max("at")).values_list("name", "last"))
    hours = rows.filter(grain=EventRollup.Grain.HOUR, at__gt=now - DAY)
    today = dict(hours.values("name").annotate(total=Sum("events")).values_list("name", "total"))
    placements, unknown = _placements(site, now)
    return Arrivals(
        [_arrival(site, want, today.get(want.event, 0), last.get(want.event)) for want in WANTED], placements, unknown
    )


def _arrival(site: Site, want: Want, today: int, last_at: datetime | None) -> Arrival:
    found = _latest(site, want.event, last_at) if last_at and today else []
    catalogue = _known(site, found)
    faults = Counter(fault for each in found for fault in faults_of(want.event, each, site.currency, catalogue))
    return Arrival(want, today, last_at, len(found), sorted(faults.items(), key=lambda item: (-item[1], item[0])))


def _latest(site: Site, event: str, last_at: datetime) -> list[dict[str, Any]]:
    around = (last_at - AROUND_LAST, last_at + AROUND_LAST)
    rows = Event.objects.filter(site=site, received_at__range=around, type="track", name=event)
    return list(rows.order_by("-received_at", "message_id").values_list("properties", flat=True)[:SAMPLE])


def _known(site: Site, found: list[dict[str, Any]]) -> set[str] | None:
    """Which of their product ids the catalogue has; None where it is empty."""
    keys = {product_id(each) for properties in found for each in (properties, *products_of(properties))}
    known = set(Item.objects.filter(site=site, key__in=keys).values_list("key", flat=True))
    return known if known or Item.objects.filter(site=site).exists() else None


def _placements(site: Site, now: datetime) -> tuple[list[Asked], int]:
    rows = DecisionRollup.objects.filter(site=site, hour__gt=now - LATELY, decisions__gt=0).values("placement")
    last = dict(rows.annotate(last=Max("hour")).values_list("placement", "last"))
    sums = rows.filter(hour__gt=now - DAY).annotate(asked=Sum("decisions"), seen=Sum("impressions"))
    today = {key: (asked, seen) for key, asked, seen in sums.values_list("placement", "asked", "seen")}
    return [
        Asked(placement, *today.get(placement.key, (0, 0)), last.get(placement.key))
        for placement in Placement.objects.filter(site=site).order_by("page", "name", "id")
    ], today.get(UNKNOWN, (0, 0))[0]
