"""What do the figures of a funnel say in words: how many visitors in all, and how long after the first step?"""

from django import template

from personalization.funnels.reading import Funnel
from sites.units import counted, duration

register = template.Library()


@register.simple_tag
def in_all(funnel: Funnel, visitors: int) -> str:
    """Of a number among those looked at: "1,204 visitors", "about 12,000 visitors"."""
    about = "about " if funnel.is_sample else ""
    return about + counted(funnel.all_of(visitors), "visitors")


@register.filter
def span(seconds: float | None) -> str:
    """ "1 min 38 s"."""
    return "–" if seconds is None else duration(seconds)
