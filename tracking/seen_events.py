"""Which events has a site sent lately, and how many of each? What a goal may count is chosen from these."""

from datetime import datetime, timedelta
from difflib import get_close_matches

from django.db.models import Sum

from sites.models import Site
from tracking.models import EventRollup
from tracking.rollups import OTHERS

LATELY = timedelta(days=30)
MOST_LISTED = 200


def seen_events(site: Site, until: datetime, lately: timedelta = LATELY, most: int = MOST_LISTED) -> dict[str, int]:
    """Name -> number in so long a time, the most frequent first; one query of hourly counts."""
    hours = EventRollup.objects.filter(site=site, grain=EventRollup.Grain.HOUR, at__gt=until - lately, at__lte=until)
    found = hours.exclude(name__in=("", OTHERS)).values("name").annotate(total=Sum("events"))
    return {row["name"]: row["total"] for row in found.order_by("-total", "name")[:most]}


def word_on(event: str, seen: dict[str, int]) -> str:
    """What to tell whoever chose this event; empty where it has been seen. It is allowed: it may come yet."""
    if event in seen:
        return ""
    folded = {name.casefold(): name for name in seen}
    near = get_close_matches(event.casefold(), folded, n=1)
    meant = f" Did you mean “{folded[near[0]]}”?" if near else " It counts as soon as it arrives."
    return f"No event “{event}” was seen in the last {LATELY.days} days.{meant}"
