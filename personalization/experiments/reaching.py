"""Which events are outcomes of an experiment, and what are they worth? Pure."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from campaigns.goals import FIXED, NOTHING, FrozenGoal, Told, is_reached, worth
from segments.bounds import ORDER_ID
from segments.effects.orders import refunded
from segments.effects.reading import as_id
from segments.state import TAKEN_BACK
from sites.times import DAY_MS

CLICKS = 0  # in place of the id of a goal: clicks on what the experiment showed
CLICK = "Click"
ORDER, REFUND, CANCELLED = "Order Completed", "Order Refunded", "Order Cancelled"
WINDOW_MS = 30 * DAY_MS  # of clicks; goals have windows of their own


class Happened(NamedTuple):
    """An event, as experiments look at it."""

    site: int
    visitor: str
    message_id: str
    at: int
    told: Told


class Reached(NamedTuple):
    """What it is an outcome of, for whoever takes part."""

    visitor: str
    goal: int  # id, or CLICKS
    key: str  # that tells it from others of the visitor
    at: int
    number: int = 1  # 0: a refund
    value_minor: int = 0
    treatment: int = 0  # whose alone it is; 0: of all that measure the goal
    order: str = ""  # of a refund: which order it takes from, "" for no refund


def names_of(goals: Iterable[FrozenGoal]) -> set[str]:
    """Of the events that may be outcomes, beside clicks."""
    found = {goal.event for goal in goals}
    return found | {REFUND, CANCELLED} if ORDER in found else found


def reached_by(event: Happened, goals: Iterable[FrozenGoal]) -> list[Reached]:
    """One for each goal that it reaches; a refund for each that counts orders by their worth."""
    if event.told.type == "engagement" and event.told.name == CLICK:
        return _click(event)
    order = as_id(event.told.properties.get("order_id"), ORDER_ID) if event.told.name in _ABOUT_ORDERS else ""
    if event.told.name in (REFUND, CANCELLED):
        return [_refund(event, goal, order) for goal in goals if order and _has_worth(goal)]
    return [
        Reached(event.visitor, goal.id, order or event.message_id, event.at, 1, worth(goal, event.told) or 0)
        for goal in goals
        if is_reached(goal, event.told)
    ]


_ABOUT_ORDERS = (ORDER, REFUND, CANCELLED)


def _has_worth(goal: FrozenGoal) -> bool:
    return goal.event == ORDER and goal.value not in (NOTHING, FIXED)


def _click(event: Happened) -> list[Reached]:
    """Of each decision one."""
    properties = event.told.properties
    treatment, decision = properties.get("treatment_id"), properties.get("decision")
    if treatment.__class__ is not int or not treatment or not isinstance(decision, str):
        return []
    return [Reached(event.visitor, CLICKS, decision, event.at, treatment=treatment)]


def _refund(event: Happened, goal: FrozenGoal, order: str) -> Reached:
    told = event.told
    amount = TAKEN_BACK if told.name == CANCELLED else refunded(told.properties, told.currency) or 0
    return Reached(event.visitor, goal.id, f"refund:{event.message_id}"[:200], event.at, 0, -amount, order=order)


def limited(refund: int, left: Mapping[str, int], order: str) -> int:
    """No more than is left of the order; 0 where the visitor's order is not known."""
    return max(refund, -max(left.get(order, 0), 0))
