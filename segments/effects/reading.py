"""What does a property say? A value of the wrong kind says nothing; None is told apart from 0, since only what is
absent may fall back.

These run several times an event, so they compare where min() and max() would read as well: a call costs as much as all
the rest.
"""

import re
from base64 import urlsafe_b64encode
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from segments.bounds import MOST_EXACT, MOST_MINOR, MOST_QUANTITY, MOST_REPORT, TEXT
from sites.money import USUAL_DECIMALS, decimals, scale
from tracking.event import Event

AMOUNTS = ("total", "revenue", "value")  # names for what an event is worth; the first that can be read counts
DIGEST_BYTES = 15  # 20 characters of base64

_DECIMAL = re.compile(r"\s*(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?\s*", re.ASCII)
_PLAIN = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
# One separator before exactly three digits: thousands to some, decimals to others. A group of thousands never begins
# with 0.
_AMBIGUOUS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_DECIMAL_COMMA = re.compile(r"\d+,\d+", re.ASCII)
_THOUSANDS = re.compile(r"[1-9]\d{0,2}([.,'’ \u00a0\u202f])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d+)?", re.ASCII)
_LAKHS = re.compile(r"[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d+)?", re.ASCII)


def as_text(value: object, limit: int = TEXT) -> str:
    """A word to show or to count by: cut to `limit` characters. What is compared is read by `as_id`."""
    if value.__class__ is str:
        return value if len(value) <= limit else value[:limit]
    return "" if value is None else as_id(value, limit)


def as_id(value: object, limit: int = TEXT) -> str:
    """An id, compared whole: longer text becomes its beginning and a digest, a whole number its digits; "" for anything
    else."""
    if value.__class__ is str:
        text = value
    elif value.__class__ is int:
        text = str(value)
    elif value.__class__ is float and value.is_integer():
        # As Postgres' jsonb writes it, so that a rebuild reads the same id.
        text = f"{Decimal(repr(value + 0.0)):f}".removesuffix(".0")  # there is no -0.0 there
    else:
        return ""
    if len(text) <= limit:
        return text
    digest = urlsafe_b64encode(blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()).decode()
    return f"{text[: limit - len(digest) - 1]}~{digest}"


def as_number(value: object) -> float | None:
    """A finite number that is not negative, from a number or a decimal in text; else None."""
    if value.__class__ is str:
        value = float(value) if len(value) <= TEXT and _DECIMAL.fullmatch(value) else None
    if (value.__class__ is float or value.__class__ is int) and 0 <= value < MOST_EXACT:
        return value
    return None


def as_minor(value: object, home: str = "") -> int | None:
    """A price in major units as minor units, rounded; None for what is none, or could be read in two ways.

    `home`: the currency, "" for any that has two decimals.
    """
    if value.__class__ is str:
        value = _amount(value.strip(), decimals(home))
    number = as_number(value)
    if number is None:
        return None
    minor = round(number * scale(home))
    return minor if minor < MOST_MINOR else MOST_MINOR


def _amount(text: str, places: int) -> str:
    """An amount as people write it, with a decimal point and no separators; "" for what is ambiguous or none."""
    if len(text) > TEXT:
        return ""
    if _AMBIGUOUS.fullmatch(text):
        return _with_one_separator(text, places)
    if _DECIMAL_COMMA.fullmatch(text):
        return text.replace(",", ".")
    if grouped := _THOUSANDS.fullmatch(text):
        return text.replace(grouped[1], "").replace(",", ".")
    return text.replace(",", "") if _LAKHS.fullmatch(text) else text


def _with_one_separator(text: str, places: int) -> str:
    """Before three digits. In a currency without decimals it can only part thousands; in one with three a point is
    what events write before decimals."""
    if places == 0:
        return text.replace(",", "").replace(".", "")
    return text if places > USUAL_DECIMALS and "," not in text else ""


def as_count(value: object, most: int = MOST_REPORT) -> int:
    number = as_number(value)
    if number is None:
        return 0
    return int(number) if number < most else most


def as_quantity(value: object) -> int:
    """Units of a product: 1 where nothing readable is said, 0 where 0 is said; a part of a unit counts as one."""
    number = as_number(value)
    if number is None:
        return 1
    return -int(-number // 1) if number < MOST_QUANTITY else MOST_QUANTITY


def product_id(properties: dict[str, Any]) -> str:
    return as_id(properties.get("product_id")) or as_id(properties.get("sku"))


def products_of(properties: dict[str, Any]) -> list[dict[str, Any]]:
    """All of them: what is remembered is bounded elsewhere, what is added up is not."""
    products = properties.get("products")
    return [product for product in products if isinstance(product, dict)] if isinstance(products, list) else []


def price_of(product: dict[str, Any], whole: dict[str, Any], home: str) -> int | None:
    """Minor units of the site's currency; None where no price is told, it cannot be read, or it is in another currency.

    `whole`: the event's properties, whose currency holds for a product without one. `home`: the site's currency where
    the event carries it (`tracking.steps.description`), else "".
    """
    return None if home and is_foreign(product, whole, home) else as_minor(product.get("price"), home)


def is_foreign(product: dict[str, Any], whole: dict[str, Any], home: str) -> bool:
    currency = as_text(product.get("currency") or whole.get("currency")).strip().upper()
    return currency not in ("", home)


def worth_of(properties: dict[str, Any], home: str) -> int | None:
    """What an order, a refund or another goal is worth, in minor units of the site's currency; None where that is not
    told or cannot be read.

    The first of total, revenue and value that can be read; without one the sum of the lines. 0 is an amount.
    """
    if home and is_foreign({}, properties, home):
        return None
    for name in AMOUNTS:
        amount = as_minor(properties.get(name), home)
        if amount is not None:
            return amount
    return _sum_of_lines(properties, home)


def worth_told(event: Event, of: str = "") -> int | None:
    """What event rows take an event to be worth: the property `of`, else the first of total, revenue and value that is
    a number or plain decimal text; in minor units of the site's currency, None where nothing is told.

    Stricter than `worth_of`, so that Postgres reads the same (`segments.event_sql`).
    """
    properties, home = event.properties, event.context.get("currency", "")
    if home and is_foreign({}, properties, home):
        return None
    for name in (of,) if of else AMOUNTS:
        value = properties.get(name)
        if value.__class__ is str:
            value = float(value) if _PLAIN.fullmatch(value) else None
        if (value.__class__ is float or value.__class__ is int) and 0 <= value < MOST_EXACT:
            return min(round(float(value) * scale(home)), MOST_MINOR)
    return None


def drop_signs(properties: dict[str, Any]) -> dict[str, Any]:
    """A refund's amounts, which some tell below zero."""
    told = {name: properties[name] for name in AMOUNTS if name in properties}
    return properties | {name: abs(value) for name, value in told.items() if value.__class__ in (int, float)}


def _sum_of_lines(properties: dict[str, Any], home: str) -> int | None:
    """None without a line that has a price, and where a price is there that cannot be added: part of a sum is no
    sum."""
    total, found = 0, False
    for product in products_of(properties):
        price = price_of(product, properties, home)
        if price is not None:
            quantity = as_number(product.get("quantity"))
            total += price if quantity is None else round(price * quantity)
            found = True
        elif product.get("price") is not None:
            return None
    return min(total, MOST_MINOR) if found else None
