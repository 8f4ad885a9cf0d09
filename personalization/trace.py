"""Why did each rule of a placement win or not? Plain data, kept beside a decision; `explain` makes sentences of it.

Written after the decision and apart from it, from the reference evaluator, so that tracing costs nothing when nobody
asks and checks the index when somebody does.
"""

from collections.abc import Mapping
from itertools import islice

import msgspec

from campaigns.caps import impressions
from campaigns.index.bits import positions_of
from campaigns.release import FrozenRelease
from campaigns.rules import PackedRule, is_scheduled
from personalization.slots import slot_values
from segments.conditions.groups import saved_groups
from segments.profile import Profile
from segments.reasons import Check, examine

WON, OUTRANKED, CONDITION, UNSCHEDULED, CAPPED_TODAY, CAPPED, UNFILLED, REPEATED, NO_CONSENT = (
    "WON", "OUTRANKED", "CONDITION", "UNSCHEDULED", "CAPPED_TODAY", "CAPPED", "UNFILLED", "REPEATED", "NO_CONSENT"
)  # fmt: skip
MAX_STEPS = 40


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule that was considered. `used` of `cap` impressions, where a cap spoke against it."""

    rule: int  # position in the release's rules
    outcome: str
    checks: tuple[Check, ...] = ()
    used: int = 0
    cap: int = 0


def trace_of(
    release: FrozenRelease,
    profile: Profile,
    attributes: Mapping,
    placement: str,
    winner: int | None,
    now: int,
    *,
    day: int,
    consent: bool,
    used: frozenset[int],
    standing: int = -1,
) -> tuple[Step, ...]:
    """The first rules of a placement by precedence, the winner (a rule's id) always among them. `used`: creatives shown
    before it on the page; `standing`: the one that the visitor is looking at there."""
    groups = saved_groups(release.segments)
    steps = []
    for i in _considered(release, placement, winner):
        rule = release.rules[i]
        checks = examine(rule.condition, attributes, groups) if consent or release.contextual >> i & 1 else ()
        against, seen, cap = _against(
            release, profile, rule, checks, now, day=day, consent=consent, used=used, standing=standing
        )
        outcome = WON if rule.id == winner else against or OUTRANKED
        steps.append(Step(i, outcome, checks, seen, cap))
    return tuple(steps)


def _considered(release: FrozenRelease, placement: str, winner: int | None) -> list[int]:
    mask = release.masks.get(placement, 0)
    first = list(islice(positions_of(mask), MAX_STEPS))
    position = release.rule_positions[winner] if winner is not None else None
    return first if position is None or position in first else [*first[:-1], position]


def _against(
    release: FrozenRelease,
    profile: Profile,
    rule: PackedRule,
    checks: tuple[Check, ...],
    now: int,
    *,
    day: int,
    consent: bool,
    used: frozenset[int],
    standing: int,
) -> tuple[str, int, int]:
    """What speaks against a rule, with impressions used and allowed; "" if nothing does."""
    if not is_scheduled(rule, now):
        return UNSCHEDULED, 0, 0
    if not consent and not release.contextual >> release.rule_positions[rule.id] & 1:
        return NO_CONSENT, 0, 0
    if not all(check.holds for check in checks):
        return CONDITION, 0, 0
    if rule.variant in used:
        return REPEATED, 0, 0
    today, total = impressions(profile.shown, rule.id, day) if rule.variant != standing else (0, 0)
    if rule.cap_per_day and today >= rule.cap_per_day:
        return CAPPED_TODAY, today, rule.cap_per_day
    if rule.cap_total and total >= rule.cap_total:
        return CAPPED, total, rule.cap_total
    is_filled = slot_values(release.variants[rule.variant].slot, profile, release, now) is not None
    return "" if is_filled else UNFILLED, 0, 0
