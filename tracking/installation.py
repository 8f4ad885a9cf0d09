"""Do we see a site's events? What arrived last, and what was dropped and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from sites.models import Site
from tracking.models import DropCount, Event, EventRollup, Visitor
from tracking.reasons import KEPT, Reason

SENTENCES: dict[str, str] = {
    Reason.MALFORMED: "The body was not JSON.",
    Reason.INVALID: "A field was missing or of the wrong kind; the answer named it.",
    Reason.TOO_BIG: "An event was larger than 32 KB, or a batch larger than 500 KB.",
    Reason.UNKNOWN_ENCODING: "The body was packed otherwise than with gzip or deflate.",
    Reason.UNKNOWN_KEY: "The write key is not one of ours.",
    Reason.FOREIGN_ORIGIN: "The page's origin is not among the allowed origins of the site.",
    Reason.RATE_LIMITED: "One address sent more than the limit; its client tries again later.",
    Reason.TOO_OLD: "It happened longer ago than a write key may tell of; `manage.py replay` brings history.",
    Reason.SECRET_IN_PAGE: "A page sent the secret key of your servers: replace that key at once.",
    Reason.GPC: "The visitor's browser sends Global Privacy Control.",
    Reason.DNT: "The visitor's browser sends Do Not Track, which this site honours.",
    Reason.NO_CONSENT: "The visitor has not agreed.",
    Reason.BOT_DECLARED: "A robot sent it, and said so.",
    Reason.BOT_PACE: "Pages were opened faster than people can.",
    Reason.BOT_DATA_CENTRE: "It came from a data centre.",
    Reason.DUPLICATE: "It had been sent before, and is stored once.",
    Reason.UNPROVED_USER: "Somebody signed in without a right userHash; what they did stays with the browser alone.",
    Reason.PLACEHOLDER_ID: "An id was a word such as “undefined”; the event was kept without it.",
    Reason.UNREADABLE_PART: "An optional part was of the wrong kind; the event was kept without it.",
}


class Dropped(NamedTuple):
    reason: str
    total: int
    sentence: str


@dataclass(frozen=True)
class Sighting:
    """The latest event of a site, as far as storage knows."""

    event: Event | None
    today: int
    drops: list[Dropped]
    mended: list[Dropped]  # the same, of events that were kept
    unproved: int  # sign-ins without proof


def sighting(site: Site, now: datetime) -> Sighting:
    day = now - timedelta(days=1)
    today = (
        EventRollup.objects.filter(site=site, grain=EventRollup.Grain.HOUR, at__gt=day).aggregate(total=Sum("events"))[
            "total"
        ]
        or 0
    )
    drops = (
        DropCount.objects.filter(site=site, hour__gt=day)
        .values("reason")
        .annotate(total=Sum("count"))
        .order_by("-total", "reason")
    )
    counted = [Dropped(row["reason"], row["total"], SENTENCES.get(row["reason"], "")) for row in drops]
    mended = [row for row in counted if row.reason in KEPT]
    unproved = next((row.total for row in counted if row.reason == Reason.UNPROVED_USER), 0)
    return Sighting(_latest_event(site), today, [row for row in counted if row not in mended], mended, unproved)


def public_address(request: HttpRequest) -> str:
    """Where this installation answers, as sites should write it."""
    return settings.PUBLIC_URL or f"{request.scheme}://{request.get_host()}"


def _latest_event(site: Site) -> Event | None:
    """By way of the visitor seen last, for whom both tables have an index."""
    visitor = Visitor.objects.filter(site=site).order_by("-last_seen_at").only("id").first()
    if visitor is None:
        return None
    return Event.objects.filter(site=site, visitor_id=visitor.id).order_by("-seq").first()
