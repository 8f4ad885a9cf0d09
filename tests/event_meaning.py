"""What does an event row mean? Said once more as plainly as can be, straight from a list of events: it shares nothing
with the code that it judges but the names of things. `docs/conditions.md` is what it follows."""

import re
from typing import Any

from sites.times import DAY_MS, HOUR_MS, MINUTE_MS
from tracking.event import Event

UNITS = {"minutes": MINUTE_MS, "hours": HOUR_MS, "days": DAY_MS}
DECIMALS = {"JPY": 0, "KWD": 3}
REMEMBERED = 128  # of worth, share and order
GAP = 30 * MINUTE_MS


def holds(argument: dict, events: list[Event], now: int) -> bool:
    """Of the events of one person, in any sequence, each once."""
    measure = next((name for name in ("worth", "share") if name in argument), "count")
    ((operator, wanted),) = argument.get(measure, {"$gte": 1}).items()
    found = number(argument, events, now)
    return {"$gte": found >= wanted, "$lte": found <= wanted, "$eq": found == wanted}[operator]


def number(argument: dict, events: list[Event], now: int) -> float:
    since = _since(argument.get("in", "ever"), events, now)
    where = argument.get("where", {})
    named = sorted((event for event in events if _name(event) == argument["event"]), key=lambda event: event.at)
    fitting = [event for event in named if _fits(event, where)]
    if "worth" in argument:
        told = sorted(
            (event.at, worth) for event in fitting if (worth := _worth(event, argument.get("of"))) is not None
        )
        return sum(worth for at, worth in told[-REMEMBERED:] if at > since)
    if "share" in argument:
        flags = sorted((event.at, _fits(event, where)) for event in named)[-REMEMBERED:]
        flags = [flag for at, flag in flags if at > since]
        return 100 * sum(flags) / len(flags) if flags else 0
    if "then" not in argument:
        return sum(event.at > since for event in fitting)
    then, ((unit, many),) = argument["then"], argument["within"].items()
    follows = [event for event in events if _name(event) == then["event"] and _fits(event, then.get("where", {}))]
    steps = sorted([(event.at, 0) for event in fitting] + [(event.at, 1) for event in follows])[-REMEMBERED:]
    starts = [at for at, place in steps if place == 0 and at > since]
    ends = [at for at, place in steps if place == 1 and at > since]
    return sum(any(0 < end - start <= many * UNITS[unit] for start in starts) for end in ends)


def _since(window: Any, events: list[Event], now: int) -> int:
    """What is later counts."""
    if window == "ever":
        return 0
    if window != "session":
        return now - window["days"] * DAY_MS
    begun = last = None
    for at in sorted(event.at for event in events if event.context.get("channel") != "server"):
        if last is None or at - last >= GAP:
            begun = at
        last = at
    return begun - 1 if begun is not None and last is not None and now - last < GAP else now


def _name(event: Event) -> str:
    return event.name if event.type in ("track", "engagement") else event.type


def _fits(event: Event, where: dict) -> bool:
    for name, expected in where.items():
        operators = expected if isinstance(expected, dict) else {"$eq": expected}
        values = _values(event, name)
        if not all(_fulfils(values, operator, argument) for operator, argument in operators.items()):
            return False
    return True


def _values(event: Event, name: str) -> list[Any] | None:
    """What it says: of a list each entry, behind a dot whatever is there; None where nothing is said."""
    if name[:1] == "$":
        text = {"$path": event.path, "$title": event.title, "$host": event.host}[name]
        return [text] if text else None
    found: list[Any] = [event.properties]
    for step in name.split("."):
        entries = [each for value in found for each in (value if isinstance(value, list) else [value])]
        found = [each[step] for each in entries if isinstance(each, dict) and each.get(step) is not None]
    if not found:
        return None
    return found[0] if "." not in name and isinstance(found[0], list) else found


def _fulfils(values: list[Any] | None, operator: str, argument: Any) -> bool:
    if operator == "$exists":
        return (values is not None) is argument
    if operator in ("$ne", "$nin"):
        return not _fulfils(values, {"$ne": "$eq", "$nin": "$in"}[operator], argument)
    return any(_one_fulfils(value, operator, argument) for value in values or [])


def _one_fulfils(value: Any, operator: str, argument: Any) -> bool:
    if operator in ("$eq", "$in"):
        return any(
            _kind(value) == _kind(each) and value == each for each in (argument if operator == "$in" else [argument])
        )
    if operator in ("$startsWith", "$contains"):
        if not isinstance(value, str):
            return False
        return value.startswith(argument) if operator == "$startsWith" else argument in value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", value):
        value = float(value)
    if _kind(value) != "number":
        return False
    return {"$gt": value > argument, "$gte": value >= argument, "$lt": value < argument, "$lte": value <= argument}[
        operator
    ]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, (int, float)) else type(value).__name__


def _worth(event: Event, of: str | None) -> int | None:
    """Minor units; None where it tells none in the site's currency, which stands in the context where it matters."""
    home, told = event.context.get("currency", ""), event.properties.get("currency")
    if home and told is not None and str(told).strip().upper() not in ("", home):
        return None
    for name in [of] if of else ["total", "revenue", "value"]:
        value = event.properties.get(name)
        if isinstance(value, str):
            value = float(value) if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value) else None
        if value is not None and _kind(value) == "number" and 0 <= value < 2**53:
            return min(round(float(value) * 10 ** DECIMALS.get(home, 2)), 10**12)
    return None
