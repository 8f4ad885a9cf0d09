"""How are figures written? Shares, money and durations, the same on every page."""

from datetime import timedelta

from django import template
from django.utils.html import format_html

from sites.money import written
from sites.units import with_unit

register = template.Library()
NOTHING = "–"


@register.filter
def percent(share: float | None, digits: int = 1) -> str:
    """0.1234 -> "12.3 %"; nothing to divide -> a dash."""
    return NOTHING if share is None else f"{share * 100:.{digits}f} %"


@register.filter
def money(minor: int | None, currency: str = "EUR") -> str:
    """Minor units -> "12.30 EUR"."""
    return NOTHING if minor is None else written(minor, currency)


@register.filter
def duration(span: timedelta | float | None) -> str:
    """Seconds or a timedelta -> "1 h 05 min", "4 min 12 s", "8 s"."""
    if span is None:
        return NOTHING
    seconds = int(span.total_seconds() if isinstance(span, timedelta) else span)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


@register.simple_tag
def reading(value, unit: str = "", currency: str = "EUR") -> str:
    """The value of a feature or attribute with its unit; nothing to speak of is a dash."""
    if value is None or value == "" or value == []:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | dict):
        return ", ".join(str(part) for part in value)
    if unit == "minor":
        return money(value, currency)
    if isinstance(value, float):
        value = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
    return with_unit(str(value), "" if unit == "text" else unit)


@register.filter
def item(mapping, key):
    """`mapping[key]`, or None."""
    return mapping.get(key)


@register.simple_tag
def share_bar(share: float | None, label: str = "") -> str:
    """A bar for those who see it; the figure stands beside it for everybody."""
    width = max(0.0, min(1.0, share or 0.0)) * 100
    return format_html(
        '<span class="s-bar" aria-hidden="true" title="{}"><span style="width:{}%"></span></span>',
        label,
        f"{width:.1f}",
    )
