"""How is one uncertain value drawn? Small pictures for tables; the figures stand beside them as text."""

from django import template
from django.utils.html import format_html

from sites.pages.charts.interval import scaled
from sites.pages.charts.signed import spread

register = template.Library()


@register.simple_tag
def whisker(value: float, low: float, high: float, top: float) -> str:
    """A line from low to high with a dot at the value, on a scale from 0 to `top`."""
    found = scaled(value, low, high, top)
    return format_html(
        '<svg class="s-whisker" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<line class="scale" x1="0" x2="100" y1="8" y2="8"/><line x1="{}" x2="{}" y1="8" y2="8"/>'
        '<path d="M{} 8h0.001"/></svg>',
        *(f"{number:.2f}" for number in (found.left, found.left + found.width, found.at)),
    )


@register.simple_tag
def measure(value: float, low: float, high: float, style: str) -> str:
    """A bar for a share, with a thin line from low to high."""
    found = scaled(value, low, high, 1)
    return format_html(
        '<span class="s-measure" aria-hidden="true"><span class="s-part {}" style="width:{}%"></span>'
        '<span class="s-range" style="left:{}%;width:{}%"></span></span>',
        style,
        *(f"{number:.2f}" for number in (found.at, found.left, found.width)),
    )


@register.simple_tag
def uplift(value: float, low: float, high: float, top: float, style: str = "") -> str:
    """A change with its interval around a line for zero, from -`top` to `top`; `style`: good, bad or none."""
    found = spread(value, low, high, top)
    return format_html(
        '<svg class="s-whisker s-uplift {}" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><line class="scale" x1="0" x2="100" y1="8" y2="8"/>'
        '<line class="zero" x1="50" x2="50" y1="0" y2="16"/><line x1="{}" x2="{}" y1="8" y2="8"/>'
        '<path d="M{} 8h0.001"/></svg>',
        style,
        *(f"{number:.2f}" for number in (found.left, found.left + found.width, found.at)),
    )
