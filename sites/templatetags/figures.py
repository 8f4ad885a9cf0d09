"""How are figures written? Shares, money and values of features, the same on every page."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html

from sites.models import Site
from sites.money import write_amount
from sites.units import as_text

register = template.Library()
NOTHING = "–"


@register.filter
def percent(share: float | str | None, digits: int = 1) -> str:
    """0.1234 -> "12.3 %"; nothing to divide, or what Django makes of its part -> a dash."""
    return NOTHING if share is None or isinstance(share, str) else f"{share * 100:.{digits}f} %"


@register.filter
def points(difference: float | None) -> str:
    """Of two shares: -0.0123 -> "−1.23 points"."""
    return NOTHING if difference is None else f"{difference * 100:+.2f} points".replace("-", "−")


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units -> "12.30 EUR"."""
    return NOTHING if minor is None else write_amount(minor, currency)


@register.simple_tag
def reading(value: Any, unit: str, currency: str) -> str:
    """The value of a feature or attribute with its unit; nothing to speak of is a dash."""
    if value is None or value == "" or value == []:
        return NOTHING
    return as_text(value, unit, currency)


@register.filter
def on_site(address: str, site: Site) -> str:
    """An address as the site's pages write it, for ours."""
    return site.address_of(address)


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
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
