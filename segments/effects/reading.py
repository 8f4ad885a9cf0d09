"""What does a property say? A value of the wrong kind says nothing.

These run several times an event, so they compare where min() and max() would read as well: a call costs as much as all the rest.
"""

from segments.bounds import MAX_LINES, MOST_EXACT, MOST_MINOR, MOST_QUANTITY, MOST_REPORT, TEXT


def as_text(value: object, limit: int = TEXT) -> str:
    if value.__class__ is str:
        return value if len(value) <= limit else value[:limit]
    return str(value)[:limit] if value.__class__ is int and abs(value) < MOST_EXACT else ""


def as_number(value: object) -> float | None:
    """A finite number that is not negative, from a number or a decimal in text; else None."""
    if value.__class__ is str:
        try:
            value = float(value)
        except ValueError:
            return None
    if (value.__class__ is float or value.__class__ is int) and 0 <= value < MOST_EXACT:
        return value
    return None


def as_minor(value: object) -> int:
    """A price in major units as minor units, rounded; 0 for what is none."""
    number = as_number(value)
    if number is None:
        return 0
    minor = round(number * 100)
    return minor if minor < MOST_MINOR else MOST_MINOR


def as_count(value: object, most: int = MOST_REPORT) -> int:
    number = as_number(value)
    if number is None:
        return 0
    return int(number) if number < most else most


def as_quantity(value: object) -> int:
    return as_count(value, MOST_QUANTITY) or 1


def product_id(properties: dict) -> str:
    return as_text(properties.get("product_id")) or as_text(properties.get("sku"))


def products_of(properties: dict) -> list[dict]:
    products = properties.get("products")
    return [product for product in products[:MAX_LINES] if isinstance(product, dict)] if isinstance(products, list) else []
