"""Why did each rule of a placement win or not? Plain data, kept beside a decision; `explain` makes sentences of it.

Written after the decision and apart from it, from the reference evaluator, so that tracing costs nothing when nobody
asks and checks the index when somebody does.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from campaigns.caps import impressions
from campaigns.index.bits import positions_of
from campaigns.release import FrozenRelease
from campaigns.rules import PackedRule, is_scheduled
from personalization.slots import slot_values
from segments.conditions import matches
from segments.conditions.evaluate import is_operators
from segments.conditions.groups import saved_groups
from segments.conditions.values import look_up
from segments.profile import Profile

WON, OUTRANKED, CONDITION, UNSCHEDULED, CAPPED_TODAY, CAPPED, UNFILLED, REPEATED, NO_CONSENT = (
    "WON", "OUTRANKED", "CONDITION", "UNSCHEDULED", "CAPPED_TODAY", "CAPPED", "UNFILLED", "REPEATED", "NO_CONSENT"
)  # fmt: skip
MAX_STEPS = 40
_MAX_SHOWN = 10  # elements of a list that a trace keeps


class Check(msgspec.Struct, frozen=True, omit_defaults=True):
    """One part of a condition against what was there. Groups ($or, $nor, $not) have `parts` instead of an attribute."""

    holds: bool
    operator: str
    attribute: str = ""
    expected: Any = None
    actual: Any = None
    parts: "tuple[tuple[Check, ...], ...]" = ()


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


def examine(condition: dict, attributes: Mapping, groups: Mapping) -> tuple[Check, ...]:
    """The parts of a well-formed condition, each judged on its own; the condition holds when all hold."""
    return tuple(check for key, expected in condition.items() for check in _checks(key, expected, attributes, groups))


def _checks(key: str, expected: Any, attributes: Mapping, groups: Mapping) -> Iterator[Check]:
    holds = matches({key: expected}, attributes, groups)
    if key == "$and":
        for part in expected:
            yield from examine(part, attributes, groups)
    elif key in ("$or", "$nor"):
        yield Check(holds, key, parts=tuple(examine(part, attributes, groups) for part in expected))
    elif key == "$not":
        yield Check(holds, key, parts=(examine(expected, attributes, groups),))
    elif key in ("$savedGroup", "$savedGroups"):
        yield Check(holds, key, expected=expected)
    else:
        actual = _bounded(look_up(attributes, key))
        for operator, argument in expected.items() if is_operators(expected) else [("$eq", expected)]:
            yield Check(matches({key: {operator: argument}}, attributes, groups), operator, key, argument, actual)


def _bounded(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return list(value[:_MAX_SHOWN])
    return value[:200] if isinstance(value, str) else value
