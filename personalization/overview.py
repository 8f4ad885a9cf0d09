"""How is a site doing right now? The figures of the Home page, each with what it was counted from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from django.db.models import Q, Sum
from django.utils import timezone

from campaigns.models import Placement, Release
from personalization.models import DecisionRollup
from personalization.reasons import UNKNOWN
from sites.models import Site
from sites.pages.charts import Bar, bars
from sites.times import ms_of
from tracking.freshness import Freshness, freshness
from tracking.models import Event, EventRollup, Visitor

PLACEMENTS_SHOWN = 50
RANGES = {"1": 1, "7": 7}
MEASURES = ("decisions", "impressions", "clicks", "conversions", "value_minor")


@dataclass(frozen=True)
class Pulse:
    per_second: float
    visitors: int
    last_at: datetime | None
    freshness: Freshness
    release: Release | None


@dataclass(frozen=True)
class Engagement:
    """Of one placement, in a period and in the one before it."""

    placement: str
    name: str  # the key, where the placement is gone
    decisions: int
    impressions: int
    clicks: int
    conversions: int
    value_minor: int
    clicks_before: int
    impressions_before: int

    @property
    def click_rate(self) -> float | None:
        return self.clicks / self.impressions if self.impressions else None

    @property
    def click_rate_before(self) -> float | None:
        return self.clicks_before / self.impressions_before if self.impressions_before else None


def pulse(site: Site, now: datetime) -> Pulse:
    """Five small queries and two round trips to Redis."""
    visitors = Visitor.objects.filter(site=site, merged_into=None)
    return Pulse(
        per_second=Event.objects.filter(site=site, received_at__gt=now - timedelta(minutes=1)).count() / 60,
        visitors=visitors.filter(last_seen_at__gt=now - timedelta(minutes=5)).count(),
        last_at=visitors.order_by("-last_seen_at").values_list("last_seen_at", flat=True).first(),
        freshness=freshness(ms_of(now)),
        release=Release.objects.filter(site=site, status=Release.Status.LIVE).only("number", "live_at").first(),
    )


def engagement(site: Site, now: datetime, days: int) -> list[Engagement]:
    start, before = now - timedelta(days=days), now - timedelta(days=2 * days)
    sums = {f"{measure}_now": Sum(measure, filter=Q(hour__gt=start), default=0) for measure in MEASURES}
    earlier = {
        f"{measure}_before": Sum(measure, filter=Q(hour__lte=start), default=0) for measure in ("impressions", "clicks")
    }
    rows = DecisionRollup.objects.filter(site=site, hour__gt=before).values("placement").annotate(**sums, **earlier)
    most = sorted(rows.order_by("-decisions_now", "placement")[:PLACEMENTS_SHOWN], key=itemgetter("placement"))  # type: ignore[misc]  # made above
    names = dict(Placement.objects.filter(site=site).values_list("key", "name")) | {UNKNOWN: "Unknown placements"}
    return [
        Engagement(
            name=names.get(row["placement"], row["placement"]),
            **{key.removesuffix("_now"): value for key, value in row.items()},  # type: ignore[arg-type]  # named like its fields
        )
        for row in most
    ]


def day(site: Site, now: datetime) -> list[Bar]:
    """Events of the last 24 hours, one bar an hour, told by the clocks of the page."""
    this_hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=back) for back in range(23, -1, -1)]
    rows = (
        EventRollup.objects.filter(site=site, grain=EventRollup.Grain.HOUR, at__gte=hours[0])
        .values("at")
        .annotate(total=Sum("events"))
    )
    totals = {row["at"]: row["total"] for row in rows.order_by("at")}
    return bars([totals.get(hour, 0) for hour in hours], [f"{timezone.localtime(hour):%H:%M}" for hour in hours])


def recent_events(site: Site, limit: int = 20) -> list[Event]:
    """The latest stored events, for those who cannot have the live stream."""
    minutes = timedelta(minutes=30)
    newest = Visitor.objects.filter(site=site).order_by("-last_seen_at").values_list("last_seen_at", flat=True).first()
    if newest is None:
        return []
    events = Event.objects.filter(site=site, at__gt=newest - minutes, at__lte=newest + minutes)
    return list(
        events.only("site_id", "message_id", "at", "visitor_id", "type", "name", "path", "properties").order_by(
            "-at", "-seq", "message_id"
        )[:limit]
    )
