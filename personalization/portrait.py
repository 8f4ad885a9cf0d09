"""Who is one visitor? The live profile with everything that follows from it: features, segments, cluster, decisions."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import redis
from django.db.models import QuerySet

from campaigns import kept_releases
from campaigns.release import FrozenRelease
from personalization.models import Decision
from personalization.situation import attributes_of
from segments import live
from segments.attributes import Attributes
from segments.clustering.base import CLUSTER
from segments.conditions import compile_condition
from segments.conditions.saved import saved_groups
from segments.features import FEATURES, Feature
from segments.models import Segment
from segments.profile import Profile
from segments.reasons import Finding, findings_of
from segments.state import SESSION_GAP_MS
from sites.local_time import local
from sites.models import Site
from tracking.models import Event, Referral, Session, Visitor

FEATURE_EVENTS = 50
SESSION_GAP = timedelta(milliseconds=SESSION_GAP_MS)
FIRST = frozenset(
    (
        *("pages_viewed", "products_viewed", "longest_product_seconds", "top_category", "last_search", "cart_items"),
        *("cart_value", "orders_total", "revenue_total", "average_order_value", "days_since_order", "sessions_total"),
    )
)
STRIP_EVENTS = 300  # of the sessions on one page of the timeline


@dataclass(frozen=True)
class Membership:
    """In a segment or not, and why."""

    segment: Segment
    holds: bool
    findings: list[Finding]  # of each part of its condition; empty where it holds everybody


@dataclass(frozen=True)
class Reading:
    feature: Feature
    value: Any

    @property
    def says_something(self) -> bool:
        """To people: it is not zero, unknown or of the clock alone."""
        return bool(self.value and self.feature.sources)


@dataclass(frozen=True)
class Likeness:
    name: str
    share: float


@dataclass(frozen=True)
class Portrait:
    visitor: Visitor
    profile: Profile | None  # None: not in Redis, so nothing live can be said
    is_reachable: bool
    readings: list[Reading]
    memberships: list[Membership]
    likeness: list[Likeness]  # most alike first; empty without clusters in the live release
    first_referral: Referral | None

    @property
    def telling(self) -> list[Reading]:
        """Readings that say something to people, and (`silent`) the others, which only models read."""
        return [reading for reading in self.readings if reading.says_something]

    @property
    def first(self) -> list[Reading]:
        """Those that a marketer asks for first, and (`further`) the others that say something."""
        return [reading for reading in self.telling if reading.feature.name in FIRST]

    @property
    def further(self) -> list[Reading]:
        return [reading for reading in self.telling if reading.feature.name not in FIRST]

    @property
    def silent(self) -> list[Reading]:
        return [reading for reading in self.readings if not reading.says_something]


def portrait(site: Site, visitor: Visitor, now: int) -> Portrait:
    profile, is_reachable = _profile(visitor)
    referral = Referral.objects.filter(visitor=visitor).order_by("at", "id").first()
    if profile is None:
        return Portrait(visitor, None, is_reachable, [], [], [], referral)
    release = kept_releases.live(site)
    attributes = _attributes(site, profile, now, release)
    return Portrait(
        visitor,
        profile,
        True,
        readings_of(profile, now),
        _memberships(site, attributes),
        likenesses(release, attributes),
        referral,
    )


def readings_of(profile: Profile, now: int) -> list[Reading]:
    return [Reading(feature, feature.compute(profile, now)) for feature in FEATURES.values()]


def _attributes(site: Site, profile: Profile, now: int, release: FrozenRelease | None) -> Attributes:
    """As the edge would see them, but for what only a request tells."""
    _, hour, weekday = local(site.time_zone, now)
    return attributes_of(release, profile, now, {"hour": hour, "weekday": weekday})


def timeline(visitor: Visitor) -> QuerySet[Event]:
    """Everything the visitor did, and those whose history joined it; the latest first."""
    return Event.objects.filter(site=visitor.site_id, visitor_id__in=_ids(visitor)).order_by(
        "-at", "-seq", "message_id"
    )


def events_behind(visitor: Visitor, feature: Feature, now: datetime) -> list[Event]:
    """The latest events that may have fed a feature: by name, or by type for events that have any name. Of a feature of
    the session only those of the session in progress; none when it is over."""
    kinds = [source for source in feature.sources if source.islower()]
    events = timeline(visitor)
    events = events.filter(name__in=feature.sources) | events.filter(type__in=kinds)
    if feature.is_of_session:
        session = Session.objects.filter(visitor=visitor).order_by("-ended_at").first()
        if session is None or now - session.ended_at >= SESSION_GAP:
            return []
        events = events.filter(at__gte=session.started_at, at__lte=session.ended_at)
    # By then an event counts less than half a per cent.
    since = timedelta(days=8 * feature.half_life) if feature.half_life else None
    if since:
        events = events.filter(at__gt=visitor.last_seen_at - since)
    return list(events[:FEATURE_EVENTS])


def looked_at(visitor: Visitor, numbers: Iterable[int]) -> QuerySet[Event]:
    """What tells of products in these sessions, in order."""
    told = Event.objects.filter(site=visitor.site_id, visitor_id__in=_ids(visitor), session__in=set(numbers))
    return told.filter(name__in=("Product Viewed", "Product Added")).order_by("at", "seq", "message_id")[:STRIP_EVENTS]


def sessions(visitor: Visitor, numbers: Iterable[int]) -> dict[int, Session]:
    return {session.number: session for session in Session.objects.filter(visitor=visitor, number__in=set(numbers))}


def decisions(visitor: Visitor, before: datetime | None = None) -> QuerySet[Decision]:
    found = Decision.objects.filter(visitor_id__in=_ids(visitor)).order_by("-at", "-id")
    return found.filter(at__lt=before) if before else found


def _profile(visitor: Visitor) -> tuple[Profile | None, bool]:
    try:
        return live.load(visitor.id.hex)[1], True
    except redis.RedisError:
        return None, False


def _memberships(site: Site, attributes: Attributes) -> list[Membership]:
    """By the drafts, which are what the segments page shows; those that hold come first."""
    segments = list(Segment.objects.filter(site=site, archived=False))
    groups = saved_groups(segments)
    found = [
        Membership(
            segment,
            compile_condition(segment.condition, groups)(attributes),
            findings_of(segment.condition, attributes, groups, site.currency),
        )
        for segment in segments
    ]
    return sorted(found, key=lambda membership: not membership.holds)


def likenesses(release: FrozenRelease | None, attributes: Attributes) -> list[Likeness]:
    """Most alike first; empty without clusters in the release."""
    found = attributes[CLUSTER]
    if release is None or found is None:
        return []
    model = release.models[CLUSTER]
    return sorted(
        (Likeness(name, share) for name, share in zip(model.names, found[1], strict=True)),
        key=lambda likeness: -likeness.share,
    )


def _ids(visitor: Visitor) -> list[UUID]:
    return [visitor.id, *visitor.merged.values_list("id", flat=True)]
