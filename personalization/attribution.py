"""Which decision earned a conversion? The last click on a campaign before it, else the last impression, within seven days."""

from collections.abc import Iterable
from typing import NamedTuple

WINDOW_MS = 7 * 86_400_000


class Touch(NamedTuple):
    """A visitor's impression or click."""

    visitor: str
    at: int
    is_click: bool
    decision: str
    placement: str
    campaign: str
    rule: int
    variant: str


class Goal(NamedTuple):
    """An event that a campaign counts as its conversion."""

    site: int
    message_id: str
    visitor: str
    at: int
    name: str
    value_minor: int


def credit(goal: Goal, touches: Iterable[Touch], campaigns: frozenset[str]) -> dict[str, Touch]:
    """Per campaign that pursues this goal, the touch that gets the credit. Touches after the goal, or long before it, get none."""
    best: dict[str, Touch] = {}
    for touch in touches:
        if touch.visitor != goal.visitor or touch.campaign not in campaigns or not 0 <= goal.at - touch.at <= WINDOW_MS:
            continue
        current = best.get(touch.campaign)
        if current is None or (touch.is_click, touch.at) > (current.is_click, current.at):
            best[touch.campaign] = touch
    return best
