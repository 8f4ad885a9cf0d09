"""Which words does a condition compare with, once each is spelled as visitors' attributes are? Pure.

`{"referral.source": "google"}` and `{"referral.source": {"$in": ["GOOGLE", "Google"]}}` mean Google. Whoever stores a
condition or makes a release of one asks here, so that what compares stays strict and fast.
"""

from collections.abc import Callable, Mapping
from typing import Any

from segments.attributes import attribute_of
from segments.conditions.evaluate import is_operators
from segments.conditions.shapes import Condition

Spell = Callable[[str], str]


def respell(condition: Condition) -> Condition:
    """The same condition, spelled. What is no condition comes back as it is."""
    if not isinstance(condition, dict):
        return condition
    return {key: _entry(key, value) for key, value in condition.items()}


def _entry(key: str, value: Any) -> Any:
    if key in ("$and", "$or", "$nor"):
        return [respell(part) for part in value] if isinstance(value, list) else value
    if key == "$not":
        return respell(value)
    known = None if key.startswith("$") else attribute_of(key)
    return _value(value, known.spell) if known and (known.spelling or known.domain.choices) else value


def _value(value: Any, spell: Spell) -> Any:
    if not is_operators(value):
        return _literal(value, spell)
    return {
        name: ARGUMENTS[name](argument, spell) if name in ARGUMENTS else argument for name, argument in value.items()
    }


def _literal(value: Any, spell: Spell) -> Any:
    return spell(value) if isinstance(value, str) else value


def _literals(values: Any, spell: Spell) -> Any:
    """Each once: two spellings of one word are one word."""
    if not isinstance(values, list):
        return values
    found: list[Any] = []
    for value in (_literal(value, spell) for value in values):
        if not any(value == known and type(value) is type(known) for known in found):
            found.append(value)
    return found


# The operators whose argument is compared as it stands; a pattern or a bound is whoever wrote it's own.
ARGUMENTS: Mapping[str, Callable[[Any, Spell], Any]] = {
    "$eq": _literal,
    "$ne": _literal,
    "$in": _literals,
    "$nin": _literals,
    "$ini": _literals,
    "$nini": _literals,
    "$not": _value,
}
