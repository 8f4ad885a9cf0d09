"""How does a condition look to people who think in whole currency? Conditions count money in minor units; marketers do
not. Pure."""

from collections.abc import Callable, Mapping

MINOR = 100  # minor units in a major one, as everywhere in profiles


def in_major(condition: Mapping, is_money: Callable[[str], bool], currency: str = "") -> dict:
    """The condition with amounts as text in major units: "1250.00" for forms, "1,250.00 EUR" with a currency, for
    display. `is_money` tells the attributes."""
    written = f"{{:,.2f}} {currency}" if currency else "{:.2f}"
    return {key: _part(key, value, is_money, written.format, currency) for key, value in condition.items()}


def to_minor(text: str) -> int:
    """What somebody typed, as minor units. Raises ValueError for what is no amount."""
    amount = float(text.replace("\u202f", "").replace(" ", ""))
    if not abs(amount) < 1e13:
        raise ValueError("too large")
    return round(amount * MINOR)


def _part(
    key: str, value: object, is_money: Callable[[str], bool], write: Callable[[float], str], currency: str
) -> object:
    if not key.startswith("$"):
        return _amounts(value, write) if is_money(key) else value
    if isinstance(value, list):
        return [in_major(part, is_money, currency) if isinstance(part, Mapping) else part for part in value]
    return in_major(value, is_money, currency) if isinstance(value, Mapping) else value


def _amounts(value: object, write: Callable[[float], str]) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return write(value / MINOR)
    if isinstance(value, Mapping):
        return {
            key: part if key in ("$exists", "$type", "$size") else _amounts(part, write) for key, part in value.items()
        }
    return [_amounts(part, write) for part in value] if isinstance(value, list) else value
