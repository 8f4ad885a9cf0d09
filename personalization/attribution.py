"""Which decision earned a conversion? The last click on a campaign before it, else the last impression, within seven
days. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from sites.times import DAY_MS
from tracking.exposure import Exposure

WINDOW_MS = 7 * DAY_MS


class Touch(NamedTuple):
    """A visitor's impression or click, as the release that they saw meant it."""

    visitor: str
    at: int
    is_click: bool
    decision: str
    exposure: Exposure
    goal: str  # the event that counted as the campaign's conversion then


class GoalEvent(NamedTuple):
    """An event that a campaign counts as its conversion."""

    site: int
    message_id: str
    visitor: str
    at: int
    name: str
    value_minor: int
    order_id: str = ""  # of an order, which several messages may tell of


def credit(reached: GoalEvent, touches: Iterable[Touch]) -> dict[int, Touch]:
    """Per campaign (its id) that pursued this goal, the touch that gets the credit. Touches after the goal, or long
    before it, get none."""
    best: dict[int, Touch] = {}
    for touch in touches:
        campaign = touch.exposure.campaign_id
        if not campaign or touch.visitor != reached.visitor or touch.goal != reached.name:
            continue
        if not 0 <= reached.at - touch.at <= WINDOW_MS:
            continue
        current = best.get(campaign)
        if current is None or (touch.is_click, touch.at) > (current.is_click, current.at):
            best[campaign] = touch
    return best
