"""How does an event row become fields of a form, and fields an event row? Pure; what the fields cannot say stays JSON.

The row's meaning is `segments.conditions.event_rows`; here is what somebody types of it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from segments.conditions import event_rows
from segments.conditions.event_rows import COUNT, KEY, SHARE, UNITS_MS, WORTH, Question
from segments.typed_values import MONEY, NUMBER, UNTYPED, BadRow, Fields, split

DID, NOT = "did", "not"
SESSION, DAYS, EVER = "session", "days", "ever"
KNOWN, UNKNOWN = "known", "unknown"
# Comparisons of a property, as the form calls them.
OPERATORS = {
    "$eq": "is", "$ne": "is not", "$contains": "contains", "$startsWith": "begins with", "$gte": "is at least",
    "$lte": "is at most", "$gt": "is more than", "$lt": "is less than", KNOWN: "is there", UNKNOWN: "is not there",
}  # fmt: skip
MEASURES = {COUNT: "times", WORTH: "worth", SHARE: "per cent of such events"}
WINDOWS = {SESSION: "in this session", DAYS: "in the last … days", EVER: "ever"}
_SEVERAL = {"$eq": "$in", "$ne": "$nin"}
_MEANT = {several: one for one, several in _SEVERAL.items()}


@dataclass(frozen=True)
class Where:
    """One thing that a property must say."""

    name: str = ""
    operator: str = "$eq"
    value: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.name and not self.value


@dataclass(frozen=True)
class EventRow:
    """What is typed of an event row."""

    did: str = DID
    event: str = ""
    where: tuple[Where, ...] = ()
    operator: str = "$gte"  # of the number
    number: str = "1"
    measure: str = COUNT
    of: str = ""  # of a worth: the property that says it
    window: str = EVER
    days: str = "30"
    then: str = ""  # the event that follows
    within: str = "1"
    unit: str = "days"
    has_then: bool = False

    @property
    def is_empty(self) -> bool:
        return not self.event and all(test.is_empty for test in self.where)


def argument_of(row: EventRow, currency: str) -> dict[str, Any]:
    """What stands behind `$did`, in its one canonical form. Raises BadRow."""
    if not row.event.strip():
        raise BadRow("Choose an event.")
    argument: dict[str, Any] = {"event": row.event.strip()}
    if where := _where(row.where):
        argument["where"] = where
    if row.did == NOT:
        argument[COUNT] = {"$eq": 0}
    else:
        argument[row.measure] = {row.operator: _number(row, currency)}
        if row.measure == WORTH and row.of:
            argument["of"] = row.of
    argument["in"] = {"days": _whole(row.days, "How many days?")} if row.window == DAYS else row.window
    if row.has_then:
        if not row.then.strip():
            raise BadRow("Choose the event that follows.")
        argument["then"] = {"event": row.then.strip()}
        argument["within"] = {row.unit: _whole(row.within, "Within how long?")}
    for path, message in event_rows.faults_of(argument):
        raise BadRow(f"{path.replace('.', ' ').replace('$', '')} {message}.".strip().capitalize())
    return event_rows.write(event_rows.read(argument))


def row_of(question: Question, currency: str) -> EventRow | None:
    """None where the fields cannot say it."""
    asked = question.row
    if asked.then and asked.then.where:
        return None
    tests = [_test(*test) for test in asked.where]
    if None in tests:
        return None
    is_not = asked.measure == COUNT and question.operator == "$eq" and question.number == 0
    unit, span = _span(asked.within_ms) if asked.then else ("days", 1)
    kind = MONEY if asked.measure == WORTH else NUMBER
    window = DAYS if asked.days else EVER
    return EventRow(
        did=NOT if is_not else DID,
        event=asked.event,
        where=tuple(test for test in tests if test),
        operator="$gte" if is_not else question.operator,
        number="1" if is_not else Fields(lambda name: kind, currency).write("", question.number) or "",
        measure=asked.measure,
        of=asked.of,
        window=SESSION if asked.session else window,
        days=str(asked.days or 30),
        then=asked.then.event if asked.then else "",
        within=str(span),
        unit=unit,
        has_then=asked.then is not None,
    )


def canonical(condition: Any) -> Any:
    """The condition with each event row in its one form, so that equal ones are equal JSON."""
    if isinstance(condition, list):
        return [canonical(part) for part in condition]
    if not isinstance(condition, dict):
        return condition
    return {
        key: event_rows.write(event_rows.read(value))
        if key == KEY and not any(event_rows.faults_of(value))
        else canonical(value)
        for key, value in condition.items()
    }


# --- parts ------------------------------------------------------------------------------------------

_VALUES = Fields(lambda name: UNTYPED, "")


def _where(tests: tuple[Where, ...]) -> dict[str, dict[str, Any]]:
    where: dict[str, dict[str, Any]] = {}
    for test in tests:
        if test.is_empty:
            continue
        if not test.name.strip():
            raise BadRow("Name a property.")
        for operator, argument in _asked(test):
            known = where.setdefault(test.name.strip(), {})
            if operator in known:
                raise BadRow(f"{test.name} is asked for the same thing twice.")
            known[operator] = argument
    return where


def _asked(test: Where) -> Iterator[tuple[str, Any]]:
    if test.operator in (KNOWN, UNKNOWN):
        yield "$exists", test.operator == KNOWN
    elif test.operator in _SEVERAL:
        values = _VALUES.read_several("", test.value)
        yield (_SEVERAL[test.operator], values) if len(values) > 1 else (test.operator, values[0])
    elif test.operator in ("$contains", "$startsWith"):
        if not test.value.strip():
            raise BadRow("Give a value.")
        yield test.operator, test.value.strip()
    elif test.operator in OPERATORS:
        yield test.operator, Fields(lambda name: NUMBER, "").read("", test.value.strip())
    else:
        raise BadRow("Choose a comparison.")


def _test(name: str, operator: str, argument: Any) -> Where | None:
    if operator == "$exists":
        return Where(name, KNOWN if argument else UNKNOWN)
    if operator in ("$contains", "$startsWith"):
        return Where(name, operator, argument) if argument == argument.strip() else None
    values = argument if isinstance(argument, list) else [argument]
    texts = [_VALUES.write("", value) for value in values]
    if None in texts or (operator in _MEANT and len(texts) < 2):
        return None
    return Where(name, _MEANT.get(operator, operator), ", ".join(text for text in texts if text))


def _number(row: EventRow, currency: str) -> int:
    if row.measure == WORTH:
        value = Fields(lambda name: MONEY, currency).read("", row.number.strip())
        return int(value)
    return _whole(row.number, "How often?" if row.measure == COUNT else "How many per cent?")


def _whole(text: str, asking: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 10):
        raise BadRow(f"{asking} Give a whole number.")
    return int(text)


def _span(span_ms: int) -> tuple[str, int]:
    unit = next(unit for unit in ("days", "hours", "minutes") if not span_ms % UNITS_MS[unit])
    return unit, span_ms // UNITS_MS[unit]


# --- what is posted, and pressed --------------------------------------------------------------------


class Posted(Protocol):
    """What a form sends."""

    def get(self, key: str, default: str) -> Any: ...
    def getlist(self, key: str) -> list[Any]: ...


def posted_event(data: Posted, index: int) -> EventRow:
    """Of the row with this number, from 0."""

    def get(name: str, known: Iterable[str] = (), default: str = "") -> str:
        value = str(data.get(f"did-{index}-{name}", default))
        return value if not known or value in known else default

    tests = [data.getlist(f"did-{index}-{part}") for part in ("property", "operator", "value")]
    return EventRow(
        did=get("did", (DID, NOT), DID),
        event=get("event"),
        where=tuple(Where(*test) for test in zip(*tests, strict=False)),
        operator=get("how", event_rows.COMPARISONS, "$gte"),
        number=get("number", default="1"),
        measure=get("measure", MEASURES, COUNT),
        of=get("of"),
        window=get("window", WINDOWS, EVER),
        days=get("days", default="30"),
        then=get("next"),
        within=get("within", default="1"),
        unit=get("unit", UNITS_MS, "days"),
        has_then=bool(get("then")),
    )


def _without_test(row: EventRow, rest: str) -> EventRow:
    return replace(row, where=tuple(test for i, test in enumerate(row.where) if str(i) != rest))


def _take(row: EventRow, rest: str) -> EventRow:
    """`rest`: which test, which of its values, and what it becomes; or the event's name after "event:"."""
    place, _, choice = rest.partition(":")
    if place == "event":
        return replace(row, event=choice) if choice else row
    number, _, value = choice.partition(":")
    if not (place.isdecimal() and number.isdecimal() and value and int(place) < len(row.where)):
        return row
    test = row.where[int(place)]
    parts = split(test.value)
    parts[int(number) : int(number) + 1] = [value]
    changed = replace(test, value=", ".join(parts))
    return replace(row, where=(*row.where[: int(place)], changed, *row.where[int(place) + 1 :]))


# Buttons of an event row.
PRESSES: dict[str, Callable[[EventRow, str], EventRow]] = {
    "where": lambda row, rest: replace(row, where=(*row.where, Where())),
    "unwhere": _without_test,
    "then": lambda row, rest: replace(row, has_then=True),
    "unthen": lambda row, rest: replace(row, has_then=False, then=""),
    "mean": _take,
}


def typed(value: str | float | bool) -> str:
    """A value that was seen, as somebody types it; "" for what nobody would."""
    return _VALUES.write("", value) or ""
