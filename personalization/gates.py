"""What may speak against a rule? One ordered table: a decision takes the first that does, a trace tells of all of them.

A new gate (holdout, traffic share, pacing) is a row here with a word of its own in `personalization.reasons`.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from campaigns.caps import impressions
from campaigns.release import PackedRule
from campaigns.rules import is_scheduled
from personalization.reasons import Detail, Outcome
from personalization.situation import Situation
from personalization.slots import Values, slot_values
from segments.conditions import matches


class Page(msgspec.Struct, gc=False):
    """What stands on the page so far, while its placements are decided one after the other."""

    situation: Situation
    used: set[int]  # creatives that earlier placements show: none stands on a page twice
    # Creatives by placement that the visitor is looking at: what this view itself has used up takes nothing away from
    # under their eyes. Their caps count from the next view on.
    standing: dict[str, int]
    filled: dict[int, Values | None]  # by creative: a slot is filled once a page

    @classmethod
    def of(cls, situation: Situation) -> "Page":
        positions = situation.release.variant_positions if situation.shown else {}
        return cls(situation, set(), {key: positions.get(shown, -1) for key, shown in situation.shown.items()}, {})

    def values(self, position: int) -> Values | None:
        """What fills the holes of a creative; {} where it has none, None where nothing is known that could."""
        situation = self.situation
        slot = situation.release.variants[position].slot
        if not slot:
            return {}
        if position not in self.filled:
            self.filled[position] = None if situation.barred else _filled(slot, situation)
        return self.filled[position]


def _filled(slot: str, situation: Situation) -> Values | None:
    return slot_values(slot, situation.profile, situation.release, situation.now)


class Against(NamedTuple):
    """What speaks against a rule; `used` of `cap` impressions, where it is a cap."""

    outcome: Outcome
    used: int = 0
    cap: int = 0


class Gate(NamedTuple):
    outcome: Outcome
    sentence: str  # after "did not win: "; {used}, {cap} and {missing}, the parts of the condition that do not hold
    speaks_against: Callable[[PackedRule, Situation, Page], Against | None]
    # The same for all rules at once, where bitmaps can say it: which of these rules get through.
    let_through: Callable[[Situation, int], int] | None = None


# --- what bitmaps say ---------------------------------------------------------------------------------


def _schedule(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    return None if is_scheduled(rule, situation.now) else Against(Outcome.UNSCHEDULED)


def _live(situation: Situation, rules: int) -> int:
    return rules & situation.release.schedule.live(situation.now)


def _consent(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    is_refused = situation.barred == Detail.NO_CONSENT
    return Against(Outcome.NO_CONSENT) if is_refused and not _needs_request_only(rule, situation) else None


def _profile(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    is_unread = situation.barred == Detail.NO_PROFILE
    return Against(Outcome.NO_PROFILE) if is_unread and not _needs_request_only(rule, situation) else None


def _needs_request_only(rule: PackedRule, situation: Situation) -> bool:
    release = situation.release
    return bool(release.contextual >> release.rule_positions[rule.id] & 1)


def may_be_asked(rule: PackedRule, situation: Situation) -> bool:
    """Whether it may be found out if the rule's condition holds."""
    return not situation.barred or _needs_request_only(rule, situation)


def _permitted(situation: Situation, rules: int) -> int:
    return rules & situation.release.contextual if situation.barred else rules


def _condition(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    """By the reference evaluator, so that a trace checks the index."""
    if not may_be_asked(rule, situation) or matches(rule.condition, situation.attributes, situation.release.groups):
        return None
    return Against(Outcome.CONDITION)


def _matching(situation: Situation, rules: int) -> int:
    return situation.release.index.match(situation.attributes, rules) if rules else 0


# --- what is asked one by one, of the few rules that are left -----------------------------------------


def _repetition(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    return Against(Outcome.REPEATED) if rule.variant in page.used else None


def _cap_per_day(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    cap = rule.cap_per_day
    if not cap or not _counts(rule, situation, page):
        return None
    used, _ = impressions(situation.profile.shown, rule.id, situation.day)
    return Against(Outcome.CAPPED_TODAY, used, cap) if used >= cap else None


def _cap_total(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    cap = rule.cap_total
    if not cap or not _counts(rule, situation, page):
        return None
    _, used = impressions(situation.profile.shown, rule.id, situation.day)
    return Against(Outcome.CAPPED, used, cap) if used >= cap else None


def _counts(rule: PackedRule, situation: Situation, page: Page) -> bool:
    """Whether caps are looked at: not for what the visitor is looking at, nor for whom nothing may be looked at."""
    return not situation.barred and page.standing.get(rule.placement) != rule.variant


def _slot(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    if page.values(rule.variant) is not None or not may_be_asked(rule, situation):
        return None
    return Against(Outcome.UNFILLED)


GATES = (
    Gate(Outcome.UNSCHEDULED, "it is outside its dates", _schedule, _live),
    Gate(Outcome.NO_CONSENT, "it needs to know the visitor, who has not consented", _consent, _permitted),
    Gate(Outcome.NO_PROFILE, "it needs to know the visitor, whose profile cannot be read", _profile, _permitted),
    Gate(Outcome.CONDITION, "{missing}", _condition, _matching),
    Gate(Outcome.REPEATED, "its creative is on the page already", _repetition),
    Gate(Outcome.CAPPED_TODAY, "{used} of {cap} today used", _cap_per_day),
    Gate(Outcome.CAPPED, "{used} of {cap} in all used", _cap_total),
    Gate(Outcome.UNFILLED, "nothing is known yet that could fill its creative", _slot),
)
CAPS = frozenset((Outcome.CAPPED_TODAY, Outcome.CAPPED))
_LETTING_THROUGH = tuple(gate.let_through for gate in GATES if gate.let_through)
_ONE_BY_ONE = tuple(gate.speaks_against for gate in GATES if not gate.let_through)


def let_through(situation: Situation, rules: int) -> int:
    """Those of a bitmap of rules that get through the gates which bitmaps can decide."""
    for gate in _LETTING_THROUGH:
        rules = gate(situation, rules)
    return rules


def first_against(rule: PackedRule, situation: Situation, page: Page) -> Against | None:
    """The first of the other gates that speaks against a rule which `let_through` has let through."""
    for gate in _ONE_BY_ONE:
        against = gate(rule, situation, page)
        if against is not None:
            return against
    return None


def all_against(rule: PackedRule, situation: Situation, page: Page) -> tuple[Against, ...]:
    """Everything that speaks against a rule, in the order of the table."""
    asked = (gate.speaks_against(rule, situation, page) for gate in GATES)
    return tuple(against for against in asked if against is not None)
