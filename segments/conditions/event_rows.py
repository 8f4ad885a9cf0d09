"""Which events must a visitor have done, how often, worth how much, and when? A row of a condition, `{"$did": {...}}`,
and its sentence. Pure.

`faults_of` says what is wrong with a row, `read` turns a good one into a `Question`: the comparison of one number with
another. The number is an attribute of its own, `did.` and the canonical JSON of the `Row`, so whoever compares numbers
can ask it. Equal rows have equal names and digests, however they were written. The form: `docs/conditions.md`.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal

import msgspec

from segments.conditions import event_properties
from segments.conditions.event_properties import Test
from segments.conditions.saved import NO_GROUPS, condition_of, id_of
from segments.conditions.shapes import SavedGroups
from sites.storable import is_storable
from sites.times import DAY_MS, HOUR_MS, MINUTE_MS
from sites.units import as_text, counted

KEY = "$did"
PREFIX = "did."
EVER, SESSION = "ever", "session"
COUNT: Literal["count"] = "count"
WORTH: Literal["worth"] = "worth"
SHARE: Literal["share"] = "share"
COMPARISONS = {"$gte": "at least", "$lte": "at most", "$eq": "exactly"}
UNITS_MS = {"minutes": MINUTE_MS, "hours": HOUR_MS, "days": DAY_MS}
MAX_EVENT = 200  # characters of an event's name, as in the rollups
MAX_DAYS = 365
MAX_WITHIN_MS = 30 * DAY_MS
MAX_ROWS = 20  # in a condition
MAX_COUNT = 100
MAX_WORTH = 10**12  # minor units
# How many of the latest such events a profile remembers: enough to tell whether there were at most n, or more. Few
# sizes, so that a change of the number rarely asks for another count.
SIZES = (4, 16, 128)
Measure = Literal["count", "worth", "share"]
_KNOWN = ("event", "where", COUNT, WORTH, SHARE, "of", "in", "then", "within")


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One kind of event. `event`: the name of what was tracked or shown, else the kind of message (`page`)."""

    event: str
    where: tuple[Test, ...] = ()


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is counted: the events of a visitor, the `keep` latest at most, that happened in a window."""

    event: str
    where: tuple[Test, ...] = ()
    measure: Measure = "count"
    of: str = ""  # the property that says the worth; "": the first of total, revenue and value
    days: int = 0  # the window; 0: see `session`
    session: bool = False  # the session in progress; else, without days, ever
    then: Step | None = None  # counted are events of this kind that follow one of the other
    within_ms: int = 0
    keep: int = SIZES[0]

    @property
    def name(self) -> str:
        """Of the attribute that is the row's number."""
        return PREFIX + msgspec.json.encode(self).decode()

    @property
    def digest(self) -> str:
        """Equal rows, equal digest: eight characters of base64 for addresses."""
        return urlsafe_b64encode(hashlib.blake2b(msgspec.json.encode(self), digest_size=6).digest()).decode()

    @property
    def tally(self) -> str:
        """The digest of what is remembered for it: rows that differ in their windows alone share that."""
        return msgspec.structs.replace(self, days=0, session=False, within_ms=0).digest

    @property
    def steps(self) -> tuple[Step, ...]:
        first = Step(self.event, self.where)
        return (first, self.then) if self.then else (first,)


class Question(msgspec.Struct, frozen=True):
    """A row and what its number is compared with: a count, minor units, or per cent."""

    row: Row
    operator: str
    number: int

    @property
    def attribute(self) -> str:
        return self.row.name


# --- what is wrong ----------------------------------------------------------------------------------


def faults_of(argument: Any) -> Iterator[tuple[str, str]]:
    """(path within the row, message) of each fault; none of a good row."""
    if not isinstance(argument, dict):
        yield "", "must be an object with the name of an event"
        return
    for name in argument:
        if name not in _KNOWN:
            yield str(name), f"is not part of an event row; known are {', '.join(_KNOWN)}"
    yield from _step_faults(argument, "")
    yield from _measure_faults(argument)
    yield from _window_faults(argument.get("in", EVER))
    yield from _sequence_faults(argument)


def _step_faults(step: dict[str, Any], before: str) -> Iterator[tuple[str, str]]:
    event = step.get("event")
    if not isinstance(event, str) or not event.strip():
        yield f"{before}event", "must be the name of an event"
    elif len(event) > MAX_EVENT:
        yield f"{before}event", f"is longer than {MAX_EVENT} characters"
    elif not is_storable(event) or not event.isprintable():
        yield f"{before}event", "holds a character that no event's name has"
    for path, message in event_properties.faults_of(step.get("where", {})):
        yield f"{before}where{path}", message


def _measure_faults(argument: dict[str, Any]) -> Iterator[tuple[str, str]]:
    told = [name for name in (COUNT, WORTH, SHARE) if name in argument]
    if len(told) > 1:
        yield told[1], f"stands beside {told[0]}; an event row measures one thing"
        return
    measure = told[0] if told else COUNT
    yield from _comparison_faults(measure, argument.get(measure, {"$gte": 1}))
    if "of" in argument and measure != WORTH:
        yield "of", "says of what property the worth is, so it needs worth"
    elif "of" in argument and (fault := _amount_fault(argument["of"])):
        yield "of", fault
    if measure == SHARE and not argument.get("where"):
        yield "where", "must say of which events the share is"


def _amount_fault(name: Any) -> str:
    fault = event_properties.name_fault(name)
    if not fault and (name in event_properties.PAGE or "." in name):
        return "must be a property that the event itself has: an amount is read from none within another"
    return fault


def _comparison_faults(measure: str, comparison: Any) -> Iterator[tuple[str, str]]:
    operators = "$gte, $lte or $eq" if measure == COUNT else "$gte or $lte"
    if not isinstance(comparison, dict) or len(comparison) != 1:
        yield measure, f"must be one of {operators} with a number"
        return
    ((operator, number),) = comparison.items()
    most = {COUNT: MAX_COUNT, WORTH: MAX_WORTH, SHARE: 100}[measure]
    if operator not in COMPARISONS or (operator == "$eq" and measure != COUNT):
        yield f"{measure}.{operator}", f"unknown operator; use {operators}"
    elif isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= most:
        yield f"{measure}.{operator}", f"must be a whole number from 0 to {most:,}"


def _window_faults(window: Any) -> Iterator[tuple[str, str]]:
    if window in (EVER, SESSION):
        return
    if not isinstance(window, dict) or list(window) != ["days"]:
        yield "in", f'must be "{SESSION}", "{EVER}" or {{"days": 1 to {MAX_DAYS}}}'
    elif not _is_whole(window["days"], 1, MAX_DAYS):
        yield "in.days", f"must be a whole number from 1 to {MAX_DAYS}"


def _sequence_faults(argument: dict[str, Any]) -> Iterator[tuple[str, str]]:
    then, within = argument.get("then"), argument.get("within")
    if then is None and within is None:
        return
    if not isinstance(then, dict):
        yield "then", "must be an object with the name of the event that follows"
    else:
        for name in then:
            if name not in ("event", "where"):
                yield f"then.{name}", "is not part of what follows; known are event, where"
        yield from _step_faults(then, "then.")
    if WORTH in argument or SHARE in argument:
        yield "then", "is counted; it has no worth and no share"
    yield from _within_faults(within)


def _within_faults(within: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(within, dict) or len(within) != 1 or next(iter(within)) not in UNITS_MS:
        yield "within", "must say in how many minutes, hours or days the second event follows"
        return
    ((unit, number),) = within.items()
    if not _is_whole(number, 1, MAX_WITHIN_MS // UNITS_MS[unit]):
        yield f"within.{unit}", f"must be a whole number from 1 to {MAX_WITHIN_MS // UNITS_MS[unit]:,}"


def _is_whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


# --- what it means ----------------------------------------------------------------------------------


def read(argument: dict[str, Any]) -> Question:
    """Of a row without faults."""
    measure: Measure = COUNT
    if WORTH in argument or SHARE in argument:
        measure = WORTH if WORTH in argument else SHARE
    ((operator, number),) = argument.get(measure, {"$gte": 1}).items()
    window, then = argument.get("in", EVER), argument.get("then")
    within_ms = sum(number * UNITS_MS[unit] for unit, number in argument.get("within", {}).items())
    row = Row(
        event=argument["event"],
        where=event_properties.read(argument.get("where", {})),
        measure=measure,
        of=argument.get("of", ""),
        days=window["days"] if isinstance(window, dict) else 0,
        session=window == SESSION,
        then=Step(then["event"], event_properties.read(then.get("where", {}))) if then else None,
        within_ms=within_ms,
        keep=SIZES[-1] if then or measure != COUNT else next(size for size in SIZES if size > number),
    )
    return Question(row, operator, number)


def write(question: Question) -> dict[str, Any]:
    """The row in its one canonical form: equal questions are equal JSON."""
    row = question.row
    argument: dict[str, Any] = {"event": row.event}
    if row.where:
        argument["where"] = event_properties.write(row.where)
    argument[row.measure] = {question.operator: question.number}
    if row.of:
        argument["of"] = row.of
    argument["in"] = {"days": row.days} if row.days else (EVER, SESSION)[row.session]
    if row.then:
        argument["then"] = {"event": row.then.event}
        if row.then.where:
            argument["then"]["where"] = event_properties.write(row.then.where)
        unit, number = _largest_unit(row.within_ms)
        argument["within"] = {unit: number}
    return argument


@lru_cache(maxsize=512)
def row_of(attribute: str) -> Row | None:
    """The row whose number an attribute is; None for any other attribute."""
    if not attribute.startswith(PREFIX + "{"):
        return None
    try:
        return msgspec.json.decode(attribute[len(PREFIX) :], type=Row)
    except msgspec.MsgspecError:
        return None


def questions_in(condition: Any, groups: SavedGroups = NO_GROUPS) -> list[Question]:
    """Of all good rows in a condition of any form, each once. With `groups`, saved ones are followed."""
    found: dict[tuple[str, str, int], Question] = {}
    _gather(condition, groups, found, set())
    return list(found.values())


def _gather(
    condition: Any, groups: SavedGroups, found: dict[tuple[str, str, int], Question], visited: set[str]
) -> None:
    for key, value in condition.items() if isinstance(condition, dict) else ():
        if key == KEY:
            if not any(faults_of(value)):
                question = read(value)
                found[question.attribute, question.operator, question.number] = question
        elif key in ("$and", "$or", "$nor") and isinstance(value, (list, tuple)):
            for part in value:
                _gather(part, groups, found, visited)
        elif key == "$not":
            _gather(value, groups, found, visited)
        elif key in ("$savedGroup", "$savedGroups"):
            for reference in value if isinstance(value, (list, tuple)) else (value,):
                name = id_of(reference)
                if isinstance(name, str) and name not in visited:
                    visited.add(name)
                    _gather(condition_of(groups, reference), groups, found, visited)


# --- how it reads -----------------------------------------------------------------------------------


def describe(question: Question, currency: str = "") -> str:
    """ "at least 3 × Product Viewed where category is “coffee” in this session"."""
    row, amount = question.row, quantity(question.row, question.number, currency)
    if question.operator == "$eq" and not question.number:
        return f"no {title_of(row)}"
    how = COMPARISONS[question.operator]
    if row.measure == WORTH:
        return f"{title_of(row)} is {how} {amount}"
    return f"{how} {amount} of {title_of(row)}" if row.measure == SHARE else f"{how} {amount} × {title_of(row)}"


def find(question: Question, actual: Any, currency: str = "", *, holds: bool, denied: bool = False) -> str:
    """The visitor's number beside what is asked for: "Product Viewed in this session: 2, and must be at least 3".
    `denied`: it must not hold."""
    row = question.row
    if actual is None:
        return f"{title_of(row)}: not counted yet for this visitor"
    found, wanted = quantity(row, actual, currency), quantity(row, question.number, currency)
    if row.measure == COUNT and actual >= row.keep:
        found += " or more"
    how = f"be {COMPARISONS[question.operator]} {wanted}"
    if holds is denied:
        return f"{title_of(row)}: {found}, and must {'not ' if denied else ''}{how}"
    return f"{title_of(row)}: {found}"


def title_of(row: Row) -> str:
    """What the number of a row is, as a noun."""
    first, *after = map(_step_words, row.steps)
    noun = "".join([first, *(f", then {step} within {_span(row.within_ms)}" for step in after)])
    if row.measure == WORTH:
        noun = f"worth ({row.of}) of {noun}" if row.of else f"worth of {noun}"
    if row.measure == SHARE:
        noun = f"{row.event} being {event_properties.describe(row.where)}"
    return f"{noun} {_window_words(row)}".rstrip()


def unit_of(row: Row) -> str:
    return {COUNT: "", WORTH: "minor", SHARE: "%"}[row.measure]


def quantity(row: Row, number: float, currency: str = "") -> str:
    return as_text(number, unit_of(row), currency)


def _step_words(step: Step) -> str:
    where = event_properties.describe(step.where)
    return f"{step.event} where {where}" if where else step.event


def _window_words(row: Row) -> str:
    if row.session:
        return "in this session"
    return f"in the last {counted(row.days, 'days')}" if row.days else "ever"


def _span(span_ms: int) -> str:
    unit, number = _largest_unit(span_ms)
    return counted(number, unit)


def _largest_unit(span_ms: int) -> tuple[str, int]:
    unit = next(unit for unit in ("days", "hours", "minutes") if not span_ms % UNITS_MS[unit])
    return unit, span_ms // UNITS_MS[unit]
