"""What is asked of a funnel: which events, one after the other, within how long? Read from JSON or from what somebody
typed, and written back into an address. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from segments.conditions import event_properties, event_rows
from segments.conditions.event_rows import EVER, UNITS_MS, Question, Row, Step
from segments.event_form import EventRow, argument_of, row_of
from segments.typed_values import BadRow
from sites.times import DAY_MS

LEAST_STEPS, MOST_STEPS = 2, 6
MOST_WITHIN_MS = 90 * DAY_MS
_KNOWN = ("event", "where")


class Asked(NamedTuple):
    """Each step follows the one before, all of them `within_ms` of the first."""

    steps: tuple[Step, ...]
    within_ms: int


def step_of(row: EventRow, currency: str) -> Step:
    """What is typed of one step. Raises BadRow."""
    asked = EventRow(event=row.event, where=row.where)
    return event_rows.read(argument_of(asked, currency)).row.steps[0]


def typed_step(step: Step, currency: str) -> EventRow | None:
    """As it is typed; None where the fields cannot say it."""
    return row_of(Question(Row(step.event, step.where), "$gte", 1), currency)


def steps_in(told: Any) -> tuple[list[Step], list[str]]:
    """Of JSON like [{"event": "Product Viewed", "where": {"category": "coffee"}}, …]; and its faults."""
    if not isinstance(told, list) or not LEAST_STEPS <= len(told) <= MOST_STEPS:
        return [], [f"must be a list of {LEAST_STEPS} to {MOST_STEPS} steps"]
    steps, faults = [], []
    for number, one in enumerate(told, 1):
        found = [f"step {number}: {fault}" for fault in _faults_of(one)]
        faults += found
        if not found:
            steps.append(event_rows.read({**one, "in": EVER}).row.steps[0])
    return steps, faults


def _faults_of(step: Any) -> list[str]:
    if not isinstance(step, dict):
        return ["must be an object with the name of an event"]
    strange = [f"{name} is not part of a step; known are event, where" for name in step if name not in _KNOWN]
    return strange or [f"{path} {message}".strip() for path, message in event_rows.faults_of(step)]


def name_of(step: Step) -> str:
    """A step in words."""
    where = event_properties.describe(step.where)
    name = "Page" if step.event == "page" else step.event
    return f"{name} where {where}" if where else name


def span_of(number: str, unit: str) -> int:
    """Milliseconds of "30", "minutes". Raises BadRow."""
    if unit not in UNITS_MS or not (number.isascii() and number.isdigit() and len(number) < 7):
        raise BadRow("Within how long? Give a whole number of minutes, hours or days.")
    span = int(number) * UNITS_MS[unit]
    if not 0 < span <= MOST_WITHIN_MS:
        raise BadRow(f"Within how long? At least a minute, at most {MOST_WITHIN_MS // DAY_MS} days.")
    return span


def address_of(rows: Sequence[EventRow], others: dict[str, str]) -> str:
    """The query of an address that asks the same; what is empty is left out."""
    told = [(name, value) for name, value in others.items() if value]
    for number, row in enumerate(rows):
        told.append((f"did-{number}-event", row.event))
        for test in row.where:
            told += [(f"did-{number}-{part}", getattr(test, part)) for part in ("operator", "value")]
            told.append((f"did-{number}-property", test.name))
    return urlencode(told)
