"""What needs attention, and where is it mended? What marketers can mend stands on Home; what keeps the installation
from working stands in Settings, Health, and Home says of it only what marketers notice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Sum
from django.urls import reverse

from campaigns.approval import OPEN
from campaigns.models import ApprovalRequest, Campaign, Placement, Release
from campaigns.review import Review
from campaigns.reviewing import Look
from segments.models import Segment, SegmentSize, TrainingRun
from sites.models import UNVERIFIED, Site
from sites.times import MINUTE_MS
from sites.units import counted, duration
from tracking.freshness import Freshness
from tracking.log.base import STORE
from tracking.models import DropCount, EventRollup
from tracking.reasons import KEPT, Reason

MANY_DROPS = 0.2  # share of the day's events above which dropping deserves a look
BEHIND_SECONDS = 30
READER_BEHIND_MS = 10 * MINUTE_MS


@dataclass(frozen=True)
class Attention:
    """Something to mend, and where, if a page can mend it."""

    level: str  # bad warn
    sentence: str
    action: str
    link: str


def for_marketers(site: Site, now: datetime, state: Freshness, look: Look) -> list[Attention]:
    first = [_figures(state), *_waiting(site), *_draft(site, look.review), _training(site)]
    return [problem for problem in first if problem] + _placements(site) + _segments(site)


def for_operators(site: Site, now: datetime, state: Freshness) -> list[Attention]:
    """Of the installation, and of what arrives from the site."""
    found = [_storage(state), _dead_letters(state), _drops(site, now), _users(site, now)]
    return [problem for problem in found if problem] + _readers(state)


def _figures(state: Freshness) -> Attention | None:
    if not state.reachable:
        sentence = "Figures stand still at the moment, and visitors may see what everyone else sees."
    elif state.seconds > BEHIND_SECONDS:
        sentence = f"Figures are {duration(state.seconds)} behind. What visitors see is not."
    else:
        return None
    return Attention("bad", sentence, "See why", reverse("health"))


def _storage(state: Freshness) -> Attention | None:
    if not state.reachable:
        return Attention(
            "bad",
            "Valkey does not answer: visitors see defaults, and events wait in their browsers.",
            "What is ready",
            "/health/ready",
        )
    if state.seconds > BEHIND_SECONDS:
        return Attention(
            "bad",
            f"Storage is {state.seconds} seconds behind. Decisions are not affected; these pages are.",
            "What is ready",
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
            reverse("placement", args=[p.key]),
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
