"""How does a condition look to people who think in whole currency? Conditions count money in minor units; marketers do not. Pure."""

from collections.abc import Callable, Mapping

MINOR = 100  # minor units in a major one, as everywhere in profiles


def in_major(condition: Mapping, is_money: Callable[[str], bool]) -> dict:
    """The condition with amounts as text in major units ("50.00"), for display and for forms. `is_money` tells the attributes."""
    return {key: _part(key, value, is_money) for key, value in condition.items()}


def to_minor(text: str) -> int:
    """What somebody typed, as minor units. Raises ValueError for what is no amount."""
    amount = float(text.replace("\u202f", "").replace(" ", ""))
    if not abs(amount) < 1e13:
        raise ValueError("too large")
    return round(amount * MINOR)


def _part(key: str, value: object, is_money: Callable[[str], bool]) -> object:
    if not key.startswith("$"):
        return _amounts(value) if is_money(key) else value
    if isinstance(value, list):
        return [in_major(part, is_money) if isinstance(part, Mapping) else part for part in value]
    return in_major(value, is_money) if isinstance(value, Mapping) else value


def _amounts(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return f"{value / MINOR:.2f}"
    if isinstance(value, Mapping):
        return {key: part if key in ("$exists", "$type", "$size") else _amounts(part) for key, part in value.items()}
    return [_amounts(part) for part in value] if isinstance(value, list) else value
