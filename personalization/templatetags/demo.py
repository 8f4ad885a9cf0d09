"""What do Segue's own pages say of the demo? Nothing, where it is off or the page is of another site."""

from typing import Any

from django import template
from django.conf import settings

from personalization.demo import progress
from personalization.demo.site import WRITE_KEY
from personalization.demo.staff import may_pause
from sites.models import Site

register = template.Library()


@register.inclusion_tag("demo/_simulated.html", takes_context=True)
def simulated_visitors(context: dict[str, Any], site: Site) -> dict[str, Any]:
    if site.write_key != WRITE_KEY or "request" not in context:
        return {}
    shown = progress.for_pages() | {"may_pause": may_pause(context["request"])}
    return shown | {"csrf_token": context.get("csrf_token")}


@register.inclusion_tag("demo/_past.html", takes_context=True)
def simulated_past(context: dict[str, Any]) -> dict[str, Any]:
    """A line above each page but Home, which has more, while figures are of a part of the past."""
    if not settings.DEMO or "frame" not in context:
        return {}
    site = context["frame"].site
    return progress.for_pages() if site is not None and site.write_key == WRITE_KEY else {}
