"""What is a campaign, or a rule, for visitors right now? One state for every page, list and answer, from the release
that they see and the intent that is stored; never from the draft alone. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaigns.hours import next_open
from campaigns.rules import FrozenRule
from sites.times import moment_of, ms_of


class State(StrEnum):
    DRAFT = "draft"
    WAITING = "waiting"
    SCHEDULED = "scheduled"
    LIVE = "live"
    CHANGED = "changed"
    PAUSED = "paused"
    HELD = "held"
    ENDED = "ended"
    ARCHIVED = "archived"


WORDS = {
    State.DRAFT: "Draft",
    State.WAITING: "Waiting for approval",
    State.SCHEDULED: "Scheduled",
    State.LIVE: "Live",
    State.CHANGED: "Live with unpublished changes",
    State.PAUSED: "Paused",
    State.HELD: "Held after a roll back",
    State.ENDED: "Ended",
    State.ARCHIVED: "Archived",
}
SENTENCES = {
    State.DRAFT: "Visitors do not see it. Launch it, and they do, within its schedule.",
    State.WAITING: "Visitors do not see it before somebody who may publish approves it.",
    State.SCHEDULED: "It is published and begins by itself.",
    State.LIVE: "Visitors see it as it stands here.",
    State.CHANGED: "Visitors see it as it was before its latest changes.",
    State.PAUSED: "Visitors do not see it, and no publication brings it back before it is launched again.",
    State.HELD: "A roll back took it away. No publication brings it back unless somebody launches it on purpose.",
    State.ENDED: "Its time is over. Another end brings it back once that is published.",
    State.ARCHIVED: "It is put away.",
}
NEXT = {
    State.DRAFT: "Visitors do not see it before it is launched.",
    State.SCHEDULED: "What is published of it begins by itself; changes are seen once they are published.",
    State.CHANGED: "Visitors see it as it was until its changes are published.",
    State.ENDED: "Its time is over for visitors until its changes are published.",
}
LAUNCHING = {
    State.DRAFT: "Launch",
    State.WAITING: "Launch",
    State.PAUSED: "Launch again",
    State.HELD: "Release and launch",
}
SEEN = frozenset({State.SCHEDULED, State.LIVE, State.CHANGED, State.ENDED})  # it is in the release that visitors see


@dataclass(frozen=True)
class Standing:
    """A state, and what else is to be said beside it."""

    state: State
    at: datetime | None = None  # of what is scheduled: when it begins
    is_changed: bool = False  # the draft differs from what visitors see of it
    is_held: bool = False  # that difference was taken back by a roll back
    is_waiting: bool = False  # somebody asked for approval of it
    is_leaving: bool = False  # the draft takes it away from visitors
    rests_until: datetime | None = None  # outside its hours of the week now: when they begin again

    @property
    def words(self) -> str:
        return WORDS[self.state]

    @property
    def is_seen(self) -> bool:
        return self.state in SEEN

    @property
    def launching(self) -> str:
        """What the button is called that lets visitors see it as it is drafted; empty where they do."""
        if self.is_seen and self.is_leaving:
            return "Keep it live"
        if self.is_seen:
            return "Publish its changes" if self.is_changed else ""
        return LAUNCHING.get(self.state, "")

    @property
    def sentence(self) -> str:
        """What visitors see of it."""
        if self.is_seen and self.is_leaving:
            return "Visitors see it until the draft, in which it is not launched, is published, or somebody stops it."
        return SENTENCES[self.state]

    def after_saving(self, name: str) -> str:
        """What to tell whoever has just saved it, or something in it."""
        return f"“{name}” is saved. {NEXT.get(self.state, self.sentence)}"

    @property
    def may_stop(self) -> bool:
        """Whether visitors see it now, or will without anybody doing more."""
        return self.is_seen and self.state != State.ENDED

    @property
    def notes(self) -> list[str]:
        """What the state alone does not say."""
        if self.is_seen and self.is_leaving:
            told = ["pausing is not published yet"]
        elif self.is_held and self.state != State.HELD:
            told = ["changes held after a roll back"]
        else:
            told = ["unpublished changes"] if self.is_changed and self.state in (State.SCHEDULED, State.ENDED) else []
        return told + (["waiting for approval"] if self.is_waiting and self.state != State.WAITING else [])


@dataclass(frozen=True)
class Intent:
    """What is stored of a campaign, or a rule within it."""

    is_launched: bool  # whoever publishes is offered it
    is_archived: bool = False
    was_published: bool = False  # visitors saw it, in whatever release
    is_new: bool = False  # never launched


def standing(
    intent: Intent,
    rules: Collection[FrozenRule],
    now: datetime,
    *,
    is_changed: bool = False,
    is_held: bool = False,
    is_waiting: bool = False,
    time_zone: str = "UTC",
) -> Standing:
    """`rules` are those that visitors' release has of it: none where they do not see it. Their hours are by the clocks
    of that zone."""
    held = is_held and is_changed
    if not rules:
        return Standing(_unseen(intent, held, is_waiting), is_changed=is_changed, is_held=held, is_waiting=is_waiting)
    state, at = _seen(rules, ms_of(now), is_changed)
    rests = _rests_until(rules, ms_of(now), time_zone) if state in (State.LIVE, State.CHANGED) else None
    return Standing(state, at, is_changed, held, is_waiting, not intent.is_launched, rests)


def _rests_until(rules: Iterable[FrozenRule], now: int, time_zone: str) -> datetime | None:
    """When the first of them runs again, by its dates and hours; None where one runs now, or none ever will."""
    opens = [at for rule in rules if (at := _opens(rule, now, time_zone))]
    first = min(opens, default=0)
    return moment_of(first) if first > now else None


def _opens(rule: FrozenRule, now: int, time_zone: str) -> int | None:
    """From `now` on; None where its dates end before."""
    since = max(now, rule.starts_at)
    at = next_open(rule.hours, time_zone, since)
    return None if at is None or (rule.ends_at and at >= rule.ends_at) else at


def _unseen(intent: Intent, is_held: bool, is_waiting: bool) -> State:
    """The first that fits."""
    found = (
        (intent.is_archived, State.ARCHIVED),
        (is_waiting, State.WAITING),
        (is_held, State.HELD),
        (intent.is_new, State.DRAFT),
        (not intent.is_launched or intent.was_published, State.PAUSED),
    )
    return next((state for holds, state in found if holds), State.DRAFT)


def _seen(rules: Iterable[FrozenRule], now: int, is_changed: bool) -> tuple[State, datetime | None]:
    ahead = [rule for rule in rules if not rule.ends_at or rule.ends_at > now]
    if not ahead:
        return State.ENDED, None
    begins = min(rule.starts_at for rule in ahead)
    if begins > now:
        return State.SCHEDULED, moment_of(begins)
    return (State.CHANGED if is_changed else State.LIVE), None
