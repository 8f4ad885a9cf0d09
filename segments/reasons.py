"""Why is somebody in a segment, or not? Each part of the condition, whether it holds, and the value that decided.
Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from segments.attributes import attribute_of
from segments.conditions import matches
from segments.conditions.evaluate import is_operators
from segments.conditions.values import look_up
from segments.money import Money, in_major
from segments.wording import describe
from sites.money import written
from sites.units import with_unit


@dataclass(frozen=True)
class Part:
    words: str
    holds: bool
    actual: Any  # None where the part speaks of more than one attribute


def parts_of(
    condition: Mapping,
    attributes: Mapping,
    currency: str,
    title_of: Callable[[str], str] = str,
    is_money: Callable[[str], bool] = lambda attribute: False,
    groups: Mapping | None = None,
) -> list[Part]:
    """The parts that must all hold, in the order in which they are written; amounts as they are written in the
    currency."""
    write, parts = partial(written, currency=currency), []
    for key, value in condition.items():
        actual = None if key.startswith("$") else attributes.get(key)
        if actual is not None and is_money(key):
            actual = write(actual)
        parts.append(
            Part(
                describe(in_major({key: value}, is_money, write), title_of),
                matches({key: value}, attributes, groups or {}),
                actual,
            )
        )
    return parts


MAX_SHOWN = 10  # elements of a list that a check keeps


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of a condition against what was there. Groups ($or, $nor, $not) have `parts` instead of an attribute."""

    holds: bool
    operator: str
    attribute: str = ""
    expected: Any = None
    actual: Any = None
    parts: "tuple[tuple[Check, ...], ...]" = ()


def examine(condition: dict, attributes: Mapping, groups: Mapping) -> tuple[Check, ...]:
    """The parts of a well-formed condition, each judged on its own; the condition holds when all hold."""
    return tuple(check for key, expected in condition.items() for check in _checks(key, expected, attributes, groups))


def _checks(key: str, expected: Any, attributes: Mapping, groups: Mapping) -> Iterator[Check]:
    holds = matches({key: expected}, attributes, groups)
    if key == "$and":
        for part in expected:
            yield from examine(part, attributes, groups)
    elif key in ("$or", "$nor"):
        yield Check(holds, key, parts=tuple(examine(part, attributes, groups) for part in expected))
    elif key == "$not":
        yield Check(holds, key, parts=(examine(expected, attributes, groups),))
    elif key in ("$savedGroup", "$savedGroups"):
        yield Check(holds, key, expected=expected)
    else:
        actual = _bounded(look_up(attributes, key))
        for operator, argument in expected.items() if is_operators(expected) else [("$eq", expected)]:
            yield Check(matches({key: {operator: argument}}, attributes, groups), operator, key, argument, actual)


def _bounded(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return list(value[:MAX_SHOWN])
    return value[:200] if isinstance(value, str) else value


Unit = str | Money


def fact(check: Check, currency: str) -> str:
    """What was there, for a part that holds."""
    if check.parts or not check.attribute:
        return f"{_group(check, currency)} holds"
    return f"{title_of(check.attribute)} is {shown(check.actual, unit_of(check.attribute, currency))}"


def requirement(check: Check, currency: str) -> str:
    """What was there, and what would have to be."""
    if check.parts or not check.attribute:
        return f"{_group(check, currency)} does not hold"
    unit = unit_of(check.attribute, currency)
    return f"{title_of(check.attribute)} is {shown(check.actual, unit)} and would have to {wish(check.operator, check.expected, unit)}"


def _group(check: Check, currency: str) -> str:
    if check.operator.startswith("$savedGroup"):
        return f"membership of {shown(check.expected)}"
    word = {"$or": "one of", "$nor": "none of"}.get(check.operator, "the contrary of")
    parts = (" and ".join(_wish_of(one, currency) for one in part) or "everybody" for part in check.parts)
    return f"{word} ({' / '.join(parts)})"


def _wish_of(check: Check, currency: str) -> str:
    if check.parts or not check.attribute:
        return _group(check, currency)
    unit = unit_of(check.attribute, currency)
    return (
        f"{title_of(check.attribute)} to {wish(check.operator, check.expected, unit)}, is {shown(check.actual, unit)}"
    )


def wish(operator: str, expected: Any, unit: Unit = "") -> str:
    """What an operator asks for, after "would have to"."""
    if operator == "$not":
        inner = expected.items() if isinstance(expected, dict) else [("$eq", expected)]
        return "not " + " and ".join(wish(name, argument, unit) for name, argument in inner)
    if operator == "$exists":
        return "be known" if expected else "be unknown"
    if operator == "$elemMatch":
        return "have an element that would " + " and ".join(
            wish(name, argument) if name[:1] == "$" else f"have {name}" for name, argument in expected.items()
        )
    if operator == "$size" and isinstance(expected, dict):
        return "have a length that would " + " and ".join(wish(name, argument) for name, argument in expected.items())
    return f"{_WISHES.get(operator, operator)} {shown(expected, unit)}"


_WISHES = {
    "$eq": "be", "$ne": "be other than", "$gt": "be more than", "$gte": "be at least", "$lt": "be less than", "$lte": "be at most",
    "$in": "be one of", "$nin": "be none of", "$ini": "be one of", "$nini": "be none of", "$all": "have all of", "$alli": "have all of",
    "$size": "have the length", "$type": "be of the type", "$inGroup": "be in the group", "$notInGroup": "not be in the group",
    "$regex": "match", "$regexi": "match", "$notRegex": "not match", "$notRegexi": "not match",
    "$veq": "be version", "$vne": "be other than version", "$vgt": "be above version", "$vgte": "be at least version",
    "$vlt": "be below version", "$vlte": "be at most version",
}  # fmt: skip


def title_of(attribute: str) -> str:
    known = attribute_of(attribute)
    return known.title if known else attribute


def unit_of(attribute: str, currency: str) -> Unit:
    known = attribute_of(attribute)
    if known is None:
        return ""
    return Money(currency) if known.unit == "minor" else known.unit


def shown(value: Any, unit: Unit = "") -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        if isinstance(unit, Money):
            return written(value, unit.currency)
        number = f"{value:,.2f}".rstrip("0").rstrip(".")
        return with_unit(number, unit)
    if isinstance(value, (list, tuple)):
        return ", ".join(shown(one, unit) for one in value) or "empty"
    return f"“{value}”"
