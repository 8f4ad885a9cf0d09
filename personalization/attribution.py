"""Which decision earned a conversion? The last click on a campaign before it, else the last impression, within the
window of the campaign's goal. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from campaigns.goals import FrozenGoal, Told, is_reached
from tracking.exposure import Exposure


class Touch(NamedTuple):
    """A visitor's impression or click, as the release that they saw meant it."""

    visitor: str
    at: int
    is_click: bool
    decision: str
    exposure: Exposure
    goal: FrozenGoal | None  # of the campaign then


class GoalEvent(NamedTuple):
    """An event whose name a goal asks for."""

    site: int
    message_id: str
    visitor: str
    at: int
    told: Told
    window_ms: int  # the longest of the goals that ask for it
    order_id: str = ""  # of an order, which several messages may tell of


class Credit(NamedTuple):
    touch: Touch
    goal: FrozenGoal


def credit(event: GoalEvent, touches: Iterable[Touch]) -> dict[int, Credit]:
    """Per campaign (its id) whose goal this event reaches, the touch that gets the credit. Touches after the event, or
    longer before it than the window of their goal, get none."""
    best: dict[int, Credit] = {}
    for touch in touches:
        campaign, goal = touch.exposure.campaign_id, touch.goal
        if not campaign or goal is None or touch.visitor != event.visitor:
            continue
        if not 0 <= event.at - touch.at <= goal.window_ms or not is_reached(goal, event.told):
            continue
        current = best.get(campaign)
        if current is None or (touch.is_click, touch.at) > (current.touch.is_click, current.touch.at):
            best[campaign] = Credit(touch, goal)
    return best
