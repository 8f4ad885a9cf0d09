"""When does each rule of a campaign run, how often may a visitor see it, and how are its visitors divided? As drafted,
with pictures of the dates and of the week."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone

from campaigns.holdouts import holdout_of
from campaigns.hours import Hours, in_words
from campaigns.models import Arm, Campaign, Rule
from campaigns.windows import Window
from sites.models import Site

WEEK_HOURS = 7 * 24
AHEAD = timedelta(days=28)  # that a picture of the dates shows where nothing ends earlier
BACK = timedelta(days=7)


class Span(NamedTuple):
    """In per cent of the width."""

    left: float
    width: float


class Share(NamedTuple):
    arm: Arm
    share: float  # 0 to 1


class Plan(NamedTuple):
    """Of one rule."""

    rule: Rule
    window: Window
    hours: str  # in words
    week: list[Span]  # of a week that begins on Monday
    dates: Span | None  # of the picture of all dates; None where it lies outside
    shares: list[Share]  # none where it shows one creative
    next_run: datetime | None


class Calendar(NamedTuple):
    """What a picture of the dates reaches over."""

    begins: datetime
    ends: datetime
    now: float  # per cent of the width

    def span(self, window: Window) -> Span | None:
        first = max(window.starts_at or self.begins, self.begins)
        last = min(window.ends_at or self.ends, self.ends)
        if last <= first:
            return None
        return Span(self._at(first), max(round(self._at(last) - self._at(first), 2), 0.5))

    def _at(self, moment: datetime) -> float:
        return round(100 * ((moment - self.begins) / (self.ends - self.begins)), 2)


def traffic_of(site: Site, campaign: Campaign, rules: Sequence[Rule]) -> dict[str, Any]:
    """One query, for the arms of treatments."""
    now = timezone.now()
    arms = arms_of(rules)
    calendar = calendar_of([Window(campaign.starts_at, campaign.ends_at), *(rule.window() for rule in rules)], now)
    return {
        "plans": [_plan(rule, arms.get(rule.treatment_id or 0, []), calendar, now, site.time_zone) for rule in rules],
        "calendar": calendar,
        "holdout": holdout_of(site, campaign),
        "has_dates": any(rule.window() != Window() for rule in rules),
        "has_hours": any(rule.open_hours() for rule in rules),
        "days": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    }


def calendar_of(windows: Sequence[Window], now: datetime) -> Calendar:
    """From a little before the first date, or today, to a little after the last."""
    dates = [at for window in windows for at in window if at]
    begins, ends = min([now - BACK, *dates]), max([now + AHEAD, *(at + BACK for at in dates)])
    return Calendar(begins, ends, round(100 * ((now - begins) / (ends - begins)), 2))


def week_of(hours: Hours) -> list[Span]:
    """The hours in which it is open; no hours are the whole week."""
    if not hours:
        return [Span(0, 100)]
    return [
        Span(round(100 * first / WEEK_HOURS, 3), round(100 * (last - first) / WEEK_HOURS, 3))
        for first, last in _stretches([bool(day >> hour & 1) for day in hours for hour in range(24)])
    ]


def _stretches(is_open: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """(first, behind the last) of hours in a row."""
    first = -1
    for hour, held in enumerate([*is_open, False]):
        if held and first < 0:
            first = hour
        elif not held and first >= 0:
            yield first, hour
            first = -1


def _plan(rule: Rule, arms: Sequence[Arm], calendar: Calendar, now: datetime, time_zone: str) -> Plan:
    hours, window = rule.open_hours(), rule.window()
    total = sum(arm.weight for arm in arms)
    shares = [Share(arm, arm.weight / total) for arm in arms] if total else []
    begins = rule.next_run(now, time_zone)
    ahead = begins if begins and begins > now else None
    return Plan(rule, window, in_words(hours), week_of(hours), calendar.span(window), shares, ahead)


def arms_of(rules: Sequence[Rule]) -> dict[int, list[Arm]]:
    """By treatment; one query, none where they draw no lots."""
    treatments = {rule.treatment_id for rule in rules if rule.treatment_id}
    found: dict[int, list[Arm]] = {}
    if treatments:
        for arm in Arm.objects.filter(treatment__in=treatments).select_related("variant__picture").order_by("id"):
            found.setdefault(arm.treatment_id, []).append(arm)
    return found
