"""When is a goal reached, and what is it worth? An event counts by its name and by a condition on its properties; its
worth is nothing, what it says itself, what is always the same, or what one of its properties says. Pure."""

from functools import cached_property
from typing import Any, NamedTuple

import msgspec

from segments.bounds import MOST_MINOR
from segments.conditions import compile_condition
from segments.conditions.values import look_up
from segments.effects.reading import as_minor, is_foreign, worth_of
from sites import crediting
from sites.crediting import LAST_CLICK
from sites.money import write_amount
from sites.times import DAY_MS
from sites.units import counted

NOTHING, OF_EVENT, FIXED, OF_PROPERTY = "none", "event", "fixed", "property"
MOST_WINDOW_DAYS = 90


class Told(NamedTuple):
    """An event, as goals look at it."""

    type: str
    name: str
    properties: dict[str, Any]
    currency: str = ""  # the site's, where the event carries it (`tracking.steps.description`)


class FrozenGoal(msgspec.Struct, array_like=True, frozen=True, dict=True):
    """A goal as a release holds it: campaigns name it by its id."""

    id: int
    key: str
    event: str
    condition: dict[str, Any]  # on the properties of the event; {}: any
    value: str  # NOTHING, OF_EVENT, FIXED or OF_PROPERTY
    value_minor: int  # of each, where it is FIXED
    value_property: str  # the name of a property, or a path to it with dots, where it is OF_PROPERTY
    window_ms: int  # so long before the event lies what may have earned it
    attribution: str = LAST_CLICK  # of `sites.crediting`: the site's way when this was frozen
    view_through: bool = True  # whether a look may earn it, and not clicks alone

    @property
    def window_days(self) -> int:
        return self.window_ms // DAY_MS

    @cached_property
    def holds(self) -> Any:
        """The condition as a test of properties."""
        return compile_condition(self.condition)


def is_reached(goal: FrozenGoal, event: Told) -> bool:
    return event.name == goal.event and goal.holds(event.properties)


def worth(goal: FrozenGoal, event: Told) -> int | None:
    """Minor units of the site's currency, never below 0; None where the event does not say it, says it so that it
    cannot be read, or says it in another currency."""
    if goal.value == NOTHING:
        return 0
    if goal.value == FIXED:
        return goal.value_minor
    if event.type == "engagement":  # what a token told of its own decision is in minor units already
        told = event.properties.get("value_minor", 0)
        return told if told.__class__ is int and 0 <= told <= MOST_MINOR else None
    if goal.value == OF_EVENT:
        return worth_of(event.properties, event.currency)
    if event.currency and is_foreign({}, event.properties, event.currency):
        return None
    return as_minor(look_up(event.properties, goal.value_property), event.currency)


def worth_in_words(goal: FrozenGoal, currency: str) -> str:
    """What stands behind "it is worth"."""
    return {
        NOTHING: "nothing",
        OF_EVENT: "what the event says",
        FIXED: write_amount(goal.value_minor, currency),
        OF_PROPERTY: f"what its property “{goal.value_property}” says",
    }[goal.value]


def window_in_words(goal: FrozenGoal) -> str:
    return counted(goal.window_days, "days")


def credit_in_words(goal: FrozenGoal) -> str:
    return crediting.in_words(goal.attribution, goal.view_through)
