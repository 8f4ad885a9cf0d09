"""How is a value written for people? "1 page", "1,104 visitors", "12.30 EUR", "2 min", "yes"; symbols such as s, min
and % stay. Pure."""

from typing import Any

from sites import money

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNKNOWN, EMPTY = "unknown", "empty"
_LONG = 120  # seconds, or minutes, from which on people think in larger units


def as_text(value: Any, unit: str = "", currency: str = "", *, quotes: bool = False) -> str:
    """A JSON value as it stands in a sentence or table. `unit` is that of an attribute; "minor" are the minor units of
    `currency`, "weekday" counts from 1. In sentences text has quotes, so that its end is seen."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return _quantity(value, unit, currency)
    if isinstance(value, (list, tuple)):
        return ", ".join(as_text(part, unit, currency, quotes=quotes) for part in value) or EMPTY
    if isinstance(value, dict):
        return ", ".join(f"{key}: {as_text(part, unit, currency, quotes=quotes)}" for key, part in value.items())
    return f"“{value}”" if quotes else str(value)


def _quantity(value: float, unit: str, currency: str) -> str:
    if unit == "minor":
        return money.write_amount(value, currency).rstrip()
    if unit == "weekday" and value in range(1, 8):
        return WEEKDAYS[int(value) - 1]
    if unit == "s" and value >= _LONG:
        return duration(value)
    if unit == "min" and value >= _LONG:
        return duration(value * 60)
    return with_unit(number(value), unit)


def number(value: float) -> str:
    """ "1,234", "1,234.5", "0.0312": four digits that count, below 100."""
    if isinstance(value, int):
        return f"{value:,}"
    if value.is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if abs(value) >= 100 else f"{value:.4g}"


def duration(seconds: float) -> str:
    """ "1 h 5 min", "4 min 12 s", "8 s": whole seconds, without the parts that are none."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else "", f"{rest} s" if rest else ""]
    return " ".join(filter(None, parts)) or "0 s"


def counted(number: int, plural: str) -> str:
    return with_unit(f"{number:,}", plural)


def with_unit(number: str, unit: str) -> str:
    """A number as it is shown, and its unit in the plural; without a unit the number alone."""
    return f"{number} {singular(unit) if number == '1' else unit}".rstrip()


def singular(plural: str) -> str:
    """Of the last word: pages, categories, searches, "different products"."""
    if plural.endswith("ies"):
        return f"{plural[:-3]}y"
    if plural.endswith("ches"):
        return plural[:-2]
    is_plural = plural.endswith("s") and len(plural) > 2
    return plural[:-1] if is_plural else plural
