"""Why did each rule of a placement win or not? Plain data, kept beside a decision; `explain` makes sentences of it.

Written after the decision and apart from it, from the reference evaluator, so that tracing costs nothing when nobody
asks and checks the index when somebody does.
"""

from itertools import islice

import msgspec

from campaigns.index.bits import positions_of
from campaigns.release import FrozenRelease
from campaigns.rules import PackedRule
from personalization.gates import all_against, may_be_asked
from personalization.page import Against, Page
from personalization.reasons import Outcome
from segments.reasons import Check, examine

MAX_STEPS = 40


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One rule that was considered: what became of it, and everything that speaks against it."""

    rule: int  # position in the release's rules
    outcome: Outcome
    checks: tuple[Check, ...] = ()  # empty where the condition may not be looked at
    against: tuple[Against, ...] = ()


def trace_of(page: Page, placement: str, winner: PackedRule | None) -> tuple[Step, ...]:
    """The first rules of a placement by precedence, the winner always among them. `page` is as it was before this
    placement was decided."""
    situation = page.situation
    release = situation.release
    steps = []
    for i in _rules_to_explain(release, placement, winner):
        rule = release.rules[i]
        against = all_against(rule, page)
        is_closed = not may_be_asked(rule, situation)
        checks = () if is_closed else examine(rule.condition, situation.attributes, release.groups)
        steps.append(Step(i, _outcome(rule, winner, against), checks, against))
    return tuple(steps)


def _outcome(rule: PackedRule, winner: PackedRule | None, against: tuple[Against, ...]) -> Outcome:
    if rule is winner:
        return Outcome.WON
    return against[0].outcome if against else Outcome.OUTRANKED


def _rules_to_explain(release: FrozenRelease, placement: str, winner: PackedRule | None) -> list[int]:
    first = list(islice(positions_of(release.masks.get(placement, 0)), MAX_STEPS))
    if winner is None:
        return first
    position = release.rule_positions[winner.id]
    return first if position in first else [*first[:-1], position]
