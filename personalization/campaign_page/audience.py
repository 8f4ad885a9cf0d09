"""Whom does each rule of a campaign reach, and how many of them do rules above it leave to it? Counted on one sample of
stored profiles, by the compiled conditions as they are drafted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from redis import RedisError

from campaigns.models import Rule
from campaigns.priority import master_list
from personalization.campaign_page.rivals import before
from segments import audience, population
from segments.conditions import compile_condition
from segments.conditions.event_rows import questions_in
from segments.conditions.saved import saved_groups
from segments.models import Segment
from segments.profile import Profile
from segments.spelling import respell
from segments.wording import describe
from sites.models import Site
from sites.pages.charts.stack import Stack, stack

STYLES = ("three", "four", "five")  # of those that other rules take, the largest first
MOST_NAMED = 2  # rules above that have a part of their own in a picture


@dataclass
class Reach:
    """Of one rule, in visitors of those active in 30 days. `taken` is by the rule above that is first in line."""

    rule: Rule
    words: str  # its own condition
    above: list[Rule]
    fits: int = 0
    left: int = 0
    taken: Counter[int] = field(default_factory=Counter)

    def losses(self) -> list[tuple[Rule, int, float]]:
        """To whom, how many, and the share of those who fit; the rules that take most first."""
        by_id = {rule.pk: rule for rule in self.above}
        return [(by_id[pk], number, number / self.fits) for pk, number in self.taken.most_common() if number]

    @property
    def share_left(self) -> float | None:
        return self.left / self.fits if self.fits else None

    def picture(self) -> Stack:
        named = self.losses()[:MOST_NAMED]
        rest = sum(self.taken.values()) - sum(number for _, number, _ in named)
        parts = [("Left to it", "one", self.left)]
        parts += [(f"Taken by {rule}", style, number) for (rule, number, _), style in zip(named, STYLES, strict=False)]
        parts += [("Taken by others", STYLES[-1], rest)] if rest else []
        return stack(self.rule.name, parts, self.fits, link=reverse("rule", args=[self.rule.pk]))


def audience_of(site: Site, rules: Sequence[Rule]) -> dict[str, Any]:
    """One pass over at most `audience.MOST_ESTIMATED` profiles, for at most some two seconds; `fault` where they cannot
    be read."""
    now, ordered = timezone.now(), master_list(site)
    reaches = [_uncounted(rule, ordered, now, site) for rule in rules]
    as_of = population.newest(site)
    told: dict[str, Any] = {"reaches": reaches, "as_of": as_of, "fault": ""}
    if not rules:
        return told
    try:
        active, looked_at = _count(site, reaches, as_of)
    except RedisError:
        return told | {"fault": "Profiles cannot be read at the moment, so nobody can be counted."}
    return told | {"active": active, "looked_at": looked_at, "is_sample": looked_at < active}


def _uncounted(rule: Rule, ordered: Sequence[Rule], now: datetime, site: Site) -> Reach:
    words = describe(rule.condition, site.currency) if rule.condition else ""
    return Reach(rule, words, before(rule, ordered, now))


def _count(site: Site, reaches: Sequence[Reach], as_of: datetime) -> tuple[int, int]:
    """Fills them. Returns how many are active, and how many of them were looked at."""
    wanted = {rule.pk: rule for reach in reaches for rule in (reach.rule, *reach.above)}
    groups = saved_groups(Segment.objects.filter(site=site, archived=False))
    conditions = {pk: respell(rule.full_condition()) for pk, rule in wanted.items()}
    tests = [(str(pk), compile_condition(condition, groups)) for pk, condition in conditions.items()]
    rows = {question.row for condition in conditions.values() for question in questions_in(condition, groups)}
    looked_at: list[None] = []

    def seen(profile: Profile, keys: list[str]) -> None:
        looked_at.append(None)
        fitting = {int(key) for key in keys}
        for reach in reaches:
            if reach.rule.pk in fitting:
                _add(reach, fitting)

    _, active = audience.count(
        site,
        tests,
        audience.MOST_ESTIMATED,
        audience.LONGEST_ESTIMATE,
        seen=seen,
        as_of=as_of,
        rows=sorted(rows, key=lambda row: row.name),
    )
    scale = active / len(looked_at) if 0 < len(looked_at) < active else 1
    for reach in reaches:
        _scale(reach, scale)
    return active, len(looked_at)


def _add(reach: Reach, fitting: set[int]) -> None:
    reach.fits += 1
    taker = next((rule.pk for rule in reach.above if rule.pk in fitting), None)
    if taker is None:
        reach.left += 1
    else:
        reach.taken[taker] += 1


def _scale(reach: Reach, scale: float) -> None:
    """To all who are active; the whole is the sum of its parts."""
    reach.left = round(reach.left * scale)
    reach.taken = Counter({pk: round(number * scale) for pk, number in reach.taken.items()})
    reach.fits = reach.left + sum(reach.taken.values())
