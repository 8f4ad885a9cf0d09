"""Which decision earned a conversion? The last click on a campaign before it, else the last impression, within seven
days."""

from collections.abc import Iterable
from typing import NamedTuple

from sites.times import DAY_MS

WINDOW_MS = 7 * DAY_MS


class Touch(NamedTuple):
    """A visitor's impression or click, as the release that they saw meant it."""

    visitor: str
    at: int
    is_click: bool
    decision: str
    placement: str
    campaign_id: int  # 0: none, or nobody knows any more
    campaign: str  # its key then
    goal: str  # the event that counted as the campaign's conversion then
    rule: int
    variant_id: int
    variant: str


class Goal(NamedTuple):
    """An event that a campaign counts as its conversion."""

    site: int
    message_id: str
    visitor: str
    at: int
    name: str
    value_minor: int
    order_id: str = ""  # of an order, which several messages may tell of


def credit(goal: Goal, touches: Iterable[Touch]) -> dict[int, Touch]:
    """Per campaign (its id) that pursued this goal, the touch that gets the credit. Touches after the goal, or long
    before it, get none."""
    best: dict[int, Touch] = {}
    for touch in touches:
        if (
            touch.visitor != goal.visitor
            or touch.goal != goal.name
            or not touch.campaign_id
            or not 0 <= goal.at - touch.at <= WINDOW_MS
        ):
            continue
        current = best.get(touch.campaign_id)
        if current is None or (touch.is_click, touch.at) > (current.is_click, current.at):
            best[touch.campaign_id] = touch
    return best
