"""Why did each rule of a placement win or not? Plain data, kept beside a decision; `explain` makes sentences of it.

Written after the decision and apart from it, from the reference evaluator, so that tracing costs nothing when nobody
asks and checks the index when somebody does.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import msgspec

from campaigns.index.bits import positions_of
from campaigns.release import PackedRule, Release
from personalization.gates import Against, Page, all_against, may_be_asked
from personalization.reasons import Outcome
from segments.conditions import matches
from segments.conditions.evaluate import is_operators
from segments.conditions.values import look_up

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
    for i in _considered(release, placement, winner):
        rule = release.rules[i]
        against = all_against(rule, situation, page)
        is_closed = not may_be_asked(rule, situation)
        checks = () if is_closed else examine(rule.condition, situation.attributes, release.groups)
        steps.append(Step(i, _outcome(rule, winner, against), checks, against))
    return tuple(steps)


def _outcome(rule: PackedRule, winner: PackedRule | None, against: tuple[Against, ...]) -> Outcome:
    if rule is winner:
        return Outcome.WON
    return against[0].outcome if against else Outcome.OUTRANKED


def _considered(release: Release, placement: str, winner: PackedRule | None) -> list[int]:
    first = list(islice(positions_of(release.masks.get(placement, 0)), MAX_STEPS))
    if winner is None:
        return first
    position = release.rule_positions[winner.id]
    return first if position in first else [*first[:-1], position]


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
