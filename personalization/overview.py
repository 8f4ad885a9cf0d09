"""How is a site doing right now? The figures of the Home page, each with what it was counted from."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone

from campaigns.approval import OPEN
from campaigns.models import ApprovalRequest, Campaign, Placement, Release
from campaigns.review import Review
from campaigns.reviewing import Look
from personalization.models import DecisionRollup
from personalization.reasons import UNKNOWN
from segments.models import Segment, SegmentSize, TrainingRun
from sites.models import UNVERIFIED, Site
from sites.pages.charts import Bar, bars
from sites.times import MINUTE_MS, ms_of
from sites.units import counted
from tracking.freshness import Freshness, freshness
from tracking.log.base import STORE
from tracking.models import DropCount, Event, EventRollup, Visitor
from tracking.reasons import KEPT, Reason

MANY_DROPS = 0.2  # share of the day's events above which dropping deserves a look
BEHIND_SECONDS = 30
READER_BEHIND_MS = 10 * MINUTE_MS
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


@dataclass(frozen=True)
class Attention:
    """Something to mend, and where, if a page can mend it."""

    level: str  # bad warn
    sentence: str
    action: str
    link: str


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


def attention(site: Site, now: datetime, state: Freshness, look: Look) -> list[Attention]:
    first = [_storage(state), _dead_letters(state), *_waiting(site), *_draft(site, look.review)]
    then = [_drops(site, now), _users(site, now), _training(site)]
    found = [problem for problem in (*first, *then) if problem]
    return found + _readers(state) + _placements(site) + _segments(site)


def _storage(state: Freshness) -> Attention | None:
    if not state.reachable:
        return Attention(
            "bad",
            "Valkey does not answer: visitors see defaults, and events wait in their browsers.",
            "Check health",
            "/health/ready",
        )
    if state.seconds > BEHIND_SECONDS:
        return Attention(
            "bad",
            f"Storage is {state.seconds} seconds behind. Decisions are not affected; these pages are.",
            "Check health",
            "/health/ready",
        )
    return None


def _readers(state: Freshness) -> list[Attention]:
    """Whatever reads the log beside storage: as long as one is behind, the log keeps what it has not read."""
    return [
        Attention(
            "bad",
            f"“{name}” has not read the event log for {counted(behind_ms // MINUTE_MS, 'minutes')}, and the log keeps"
            " all that it has not read. Start it again, or give it up with `manage.py log_readers --give-up`.",
            "",
            "",
        )
        for name, behind_ms in state.readers.items()
        if name != STORE and behind_ms > READER_BEHIND_MS
    ]


def _dead_letters(state: Freshness) -> Attention | None:
    if not state.dead:
        return None
    what = "A record of the event log" if state.dead == 1 else f"{state.dead:,} records of the event log"
    return Attention(
        "bad",
        f"{what} could not be stored. `manage.py dead_letters` shows why, and stores them once that is mended.",
        "",
        "",
    )


def _draft(site: Site, review: Review) -> list[Attention]:
    """What keeps visitors from seeing the draft."""
    link = reverse("releases")
    found = []
    if not review.live:
        found.append(
            Attention("warn", "Nothing has been published: every placement stays empty.", "Review and publish", link)
        )
    if review.errors:
        found.append(
            Attention(
                "warn", f"The draft cannot be published: {counted(review.errors, 'things')} to mend.", "See which", link
            )
        )
    elif review.live and review.changes and not _is_on_its_way(site, review):
        found.append(
            Attention(
                "warn", f"{counted(len(review.changes), 'changes')} not published yet.", "Review and publish", link
            )
        )
    return found


def _waiting(site: Site) -> list[Attention]:
    """Who asked somebody who may publish."""
    return [
        Attention(
            "warn",
            f"{request.asked_by or 'Somebody'} asks for approval of “{request.campaign}”"
            f" ({naturaltime(request.asked_at)})" + (f": “{request.note}”" if request.note else "."),
            "Answer",
            f"{reverse('campaign', args=[request.campaign.key])}#standing",
        )
        for request in ApprovalRequest.objects.filter(OPEN, campaign__site=site).select_related("campaign", "asked_by")
    ]


def _is_on_its_way(site: Site, review: Review) -> bool:
    pending = Release.objects.only("version").pending(site)
    return pending is not None and pending.version == review.version


def _drops(site: Site, now: datetime) -> Attention | None:
    since = now - timedelta(days=1)
    counts = DropCount.objects.filter(site=site, hour__gt=since).exclude(reason__in=KEPT)
    dropped = counts.values("reason").annotate(total=Sum("count")).order_by("-total", "reason")
    stored = (
        EventRollup.objects.filter(site=site, grain=EventRollup.Grain.HOUR, at__gt=since).aggregate(
            total=Sum("events")
        )["total"]
        or 0
    )
    total = sum(row["total"] for row in dropped)
    if total <= MANY_DROPS * (stored + total):
        return None
    return Attention(
        "warn",
        f"{total / (stored + total):.0%} of the day's events were dropped, most of them as “{dropped[0]['reason']}”.",
        "See why",
        reverse("install"),
    )


def _users(site: Site, now: datetime) -> Attention | None:
    if not site.verify_users:
        return Attention("warn", f"Users are not verified: {UNVERIFIED}.", "Prove who signs in", reverse("install"))
    counts = DropCount.objects.filter(site=site, hour__gt=now - timedelta(days=1), reason=Reason.UNPROVED_USER)
    if not (total := counts.aggregate(total=Sum("count"))["total"]):
        return None
    return Attention(
        "warn",
        f"{counted(total, 'sign-ins')} of the day came without proof: other devices do not know these people.",
        "Prove who signs in",
        reverse("install"),
    )


def _training(site: Site) -> Attention | None:
    latest = TrainingRun.objects.filter(site=site).exclude(status=TrainingRun.Status.RUNNING).first()
    if latest and latest.status == TrainingRun.Status.FAILED:
        return Attention(
            "warn",
            f"The last training failed: {latest.message or 'no reason given'}",
            "See clusters",
            reverse("clusters"),
        )
    return None


def _placements(site: Site) -> list[Attention]:
    bare = Placement.objects.filter(site=site, enabled=True, default_variant=None)
    return [
        Attention(
            "warn",
            f"Placement “{p.name}” shows nothing when no rule wins.",
            "Choose a default",
            reverse("admin:campaigns_placement_change", args=[p.pk]),
        )
        for p in bare
    ]


def _segments(site: Site) -> list[Attention]:
    """Segments that a rule needs and nobody was in when last counted."""
    used = Segment.objects.filter(
        site=site, archived=False, rules__enabled=True, rules__campaign__status=Campaign.Status.LIVE
    ).distinct()
    newest = (
        SegmentSize.objects.filter(segment__in=used)
        .order_by("segment_id", "-at")
        .distinct("segment_id")
        .select_related("segment")
    )
    return [
        Attention(
            "warn",
            f"Nobody is in segment “{size.segment.name}”, which a live rule needs.",
            "Check the condition",
            reverse("segment", args=[size.segment.key]),
        )
        for size in newest
        if not size.visitors
    ]
