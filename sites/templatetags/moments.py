"""How are moments written? By the clocks of the page's site, with UTC in the tooltip; the one home of all times that
people see."""

from datetime import UTC, datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from sites.pages.clock import current_zone
from sites.templatetags.figures import NOTHING
from sites.zones import title

register = template.Library()

AHEAD = " from now"  # behind what Django says of what is still to come
FORMS = {
    "minute": "j M Y, H:i",
    "second": "j M Y, H:i:s",
    "day": "j M Y",
    "brief": "j M, H:i",
    "brief-second": "j M, H:i:s",
    "weekday": "D j M, H:i",
    "clock": "H:i",
    "clock-second": "H:i:s",
}


@register.filter
def moment(at: datetime | None, form: str = "minute") -> str:
    """ "27 Nov 2026, 19:00" as a `time` element; `form` is one of FORMS. No moment is a dash."""
    return NOTHING if at is None else _element(at, date_format(timezone.localtime(at), FORMS[form]))


@register.filter
def ago(at: datetime | None) -> str:
    """ "3 minutes ago", "in 3 hours" as a `time` element."""
    if at is None:
        return NOTHING
    words = naturaltime(at)
    return _element(at, f"in {words.removesuffix(AHEAD)}" if words.endswith(AHEAD) else words)


@register.simple_tag
def zone() -> str:
    """Whose clocks times on this page follow: "Europe/Berlin"."""
    return title(current_zone().key)


def _element(at: datetime, words: str) -> str:
    return format_html('<time datetime="{}" title="{}">{}</time>', at.astimezone(UTC).isoformat(), _both(at), words)


def _both(at: datetime) -> str:
    """By the clocks of the site, and in UTC."""
    in_utc = date_format(at.astimezone(UTC), FORMS["second"])
    if current_zone().key == "UTC":
        return f"{in_utc} UTC"
    return f"{date_format(timezone.localtime(at), FORMS['second'])} {zone()} = {in_utc} UTC"
