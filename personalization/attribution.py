"""Which decision earned a conversion? One touch before it has the credit, by the way that the site chose
(`sites.crediting`), within the window of the campaign's goal; other campaigns also touched it. Pure."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from campaigns.goals import FrozenGoal, Told, is_reached
from sites.crediting import FIRST_TOUCH, LAST_CLICK, LAST_TOUCH
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


# What touches are sorted by, the one with the credit last. Two of one moment are told apart by their decisions and
# campaigns, so that counting again gives the same.
_PLACES: Mapping[str, Callable[[Touch], tuple[int, int, str, int]]] = {
    LAST_CLICK: lambda touch: (touch.is_click, touch.at, touch.decision, touch.exposure.campaign_id),
    LAST_TOUCH: lambda touch: (touch.at, touch.is_click, touch.decision, touch.exposure.campaign_id),
    FIRST_TOUCH: lambda touch: (-touch.at, touch.is_click, touch.decision, touch.exposure.campaign_id),
}


def credit(event: GoalEvent, touches: Iterable[Touch]) -> list[Credit]:
    """Each campaign whose goal this event reaches, once, by its best touch: the first has the credit, the others also
    touched it. Touches after the event, or longer before it than the window of their goal, count for nothing, and looks
    not where their goal wants clicks. Which touch is best, the release says that the visitor saw last."""
    counting = [Credit(touch, touch.goal) for touch in touches if touch.goal and _counts(touch, touch.goal, event)]
    if not counting:
        return []
    latest = max(counting, key=lambda each: _PLACES[LAST_TOUCH](each.touch))
    place = _PLACES[latest.goal.attribution]
    best: dict[int, Credit] = {}
    for each in sorted(counting, key=lambda each: place(each.touch), reverse=True):
        best.setdefault(each.touch.exposure.campaign_id, each)
    return list(best.values())


def _counts(touch: Touch, goal: FrozenGoal, event: GoalEvent) -> bool:
    return (
        touch.exposure.campaign_id > 0
        and touch.visitor == event.visitor
        and (touch.is_click or goal.view_through)
        and 0 <= event.at - touch.at <= goal.window_ms
        and is_reached(goal, event.told)
    )
