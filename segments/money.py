"""How does a condition look to people who think in whole currency? Conditions count money in minor units; marketers do
not. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Money:
    """The kind and the unit of what counts minor units of this currency."""

    currency: str


Write = Callable[[float], str]


def in_major(condition: Mapping, is_money: Callable[[str], bool], write: Write) -> dict:
    """The condition with amounts as text in major units, as `write` has them (`major`, `written` of `sites.money`).
    `is_money` tells the attributes."""
    return {key: _part(key, value, is_money, write) for key, value in condition.items()}


def _part(key: str, value: object, is_money: Callable[[str], bool], write: Write) -> object:
    if not key.startswith("$"):
        return _amounts(value, write) if is_money(key) else value
    if isinstance(value, list):
        return [in_major(part, is_money, write) if isinstance(part, Mapping) else part for part in value]
    return in_major(value, is_money, write) if isinstance(value, Mapping) else value


def _amounts(value: object, write: Write) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return write(value)
    if isinstance(value, Mapping):
        return {
            key: part if key in ("$exists", "$type", "$size") else _amounts(part, write) for key, part in value.items()
        }
    return [_amounts(part, write) for part in value] if isinstance(value, list) else value
