"""What may speak against a rule? One ordered table: a decision takes the first that does, a trace tells of all of them.

A new gate (holdout, traffic share, pacing) is a row here with a word of its own in `personalization.reasons`.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from campaigns.caps import impressions
from campaigns.hours import is_open, next_open
from campaigns.release import TIME_LEFT
from campaigns.rules import PackedRule, is_within_dates
from campaigns.slots import Filled, Values, fill
from campaigns.treatments import Choice, choose
from personalization.reasons import Detail, Outcome
from personalization.situation import Situation
from segments.conditions import matches

NOTHING: Values = {}  # what a creative without holes needs; read only


class Page(msgspec.Struct, gc=False):
    """What stands on the page so far, while its placements are decided one after the other."""

    situation: Situation
    used: set[int] = set()  # creatives that earlier placements show: none stands on a page twice
    items: set[str] = set()  # that those creatives show: none is offered twice
    filled: dict[int, Filled | None] = {}  # by creative, as long as `items` are these
    chosen: dict[int, Choice | None] = {}  # by treatment: what it gives to this visitor

    def choice(self, rule: PackedRule) -> Choice | None:
        """What the rule would show to this visitor; None where its treatment cannot tell."""
        position, situation = rule.treatment, self.situation
        if position not in self.chosen:
            self.chosen[position] = choose(situation.release.treatments[position], situation.unit, situation)
        return self.chosen[position]

    def values(self, position: int) -> Values | None:
        """What fills the holes of a creative; {} where it has none, None where nothing is known that could, or where
        its time is over."""
        variant, known = self.situation.release.variants[position], NOTHING
        if self.is_out(position):
            return None
        if variant.until:
            known = {TIME_LEFT: str(variant.seconds_left(self.situation.now))}
        if not variant.slot:
            return known
        filled = self._fill(position)
        return filled and (filled.values | known if known else filled.values)

    def is_out(self, position: int) -> bool:
        """Whether its countdown or its coupon has ended, or not begun, or the coupon is used up."""
        return self.situation.release.variants[position].is_out(self.situation.now, self.situation.used_up)

    def show(self, position: int) -> Values | None:
        """The same, and the creative stands on the page."""
        values = self.values(position)
        self.used.add(position)
        filled = self.filled.get(position)
        if filled and filled.items:
            self.items.update(filled.items)
            self.filled = {}
        return values

    def copy(self) -> "Page":
        """What is shown on the copy is not shown on this one."""
        return Page(self.situation, set(self.used), set(self.items), chosen=self.chosen)

    def _fill(self, position: int) -> Filled | None:
        if position not in self.filled:
            situation = self.situation
            variant = situation.release.variants[position]
            self.filled[position] = (
                None if situation.barred else fill(variant.slot, situation, self.items, variant.shows, variant.discount)
            )
        return self.filled[position]


class Against(NamedTuple):
    """What speaks against a rule; `used` of `cap` impressions, where it is a cap; `until` when (milliseconds, 0 for
    ever), where that lies in its dates or hours."""

    outcome: Outcome
    used: int = 0
    cap: int = 0
    until: int = 0


class Gate(NamedTuple):
    outcome: Outcome
    sentence: str  # after "did not win: "; {used}, {cap}, {next}, when its hours begin, {dates}, when it does, and
    # {missing}, the parts of the condition that do not hold
    # The rule, what its treatment gives to this visitor, and the page so far.
    speaks_against: Callable[[PackedRule, Choice | None, Page], Against | None]


def _schedule(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    now = page.situation.now
    if is_within_dates(rule, now):
        return None
    return Against(Outcome.UNSCHEDULED, until=rule.starts_at if rule.starts_at > now else 0)


def _hours(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    now, time_zone = page.situation.now, page.situation.release.time_zone
    if is_open(rule.hours, time_zone, now):
        return None
    opens = next_open(rule.hours, time_zone, max(now, rule.starts_at)) or 0
    has_next = opens and (not rule.ends_at or opens < rule.ends_at)
    return Against(Outcome.OFF_HOURS, until=opens if has_next else 0)


def _consent(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    is_refused = page.situation.barred == Detail.NO_CONSENT
    return Against(Outcome.NO_CONSENT) if is_refused and not _needs_request_only(rule, page.situation) else None


def _profile(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    is_unread = page.situation.barred == Detail.NO_PROFILE
    return Against(Outcome.NO_PROFILE) if is_unread and not _needs_request_only(rule, page.situation) else None


def _needs_request_only(rule: PackedRule, situation: Situation) -> bool:
    release = situation.release
    return bool(release.contextual >> release.rule_positions[rule.id] & 1)


def may_be_asked(rule: PackedRule, situation: Situation) -> bool:
    """Whether it may be found out if the rule's condition holds."""
    return not situation.barred or _needs_request_only(rule, situation)


def _condition(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    """By the reference evaluator, so that a trace checks the index."""
    situation = page.situation
    if not may_be_asked(rule, situation) or matches(rule.condition, situation.attributes, situation.release.groups):
        return None
    return Against(Outcome.CONDITION)


def _lot(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    if choice is not None or not may_be_asked(rule, page.situation):
        return None
    return Against(Outcome.UNDRAWN)


def _repetition(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    return Against(Outcome.REPEATED) if choice and choice.variant in page.used else None


def _cap_per_day(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    cap, situation = rule.cap_per_day, page.situation
    if not cap or not _counts(rule, choice, situation):
        return None
    used, _ = impressions(situation.profile.shown, rule.id, situation.day)
    return Against(Outcome.CAPPED_TODAY, used, cap) if used >= cap else None


def _cap_total(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    cap, situation = rule.cap_total, page.situation
    if not cap or not _counts(rule, choice, situation):
        return None
    _, used = impressions(situation.profile.shown, rule.id, situation.day)
    return Against(Outcome.CAPPED, used, cap) if used >= cap else None


def _counts(rule: PackedRule, choice: Choice | None, situation: Situation) -> bool:
    """Whether caps are looked at: nothing of whom nothing may be known; and what the visitor has before their eyes is
    not taken away because this very view has used it up."""
    if situation.barred:
        return False
    shown = situation.shown.get(rule.placement)
    return shown is None or choice is None or shown != situation.release.variants[choice.variant].key


def _time(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    return Against(Outcome.OVER) if choice and page.is_out(choice.variant) else None


def _slot(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    if choice is None or page.is_out(choice.variant):
        return None
    if page.values(choice.variant) is not None or not may_be_asked(rule, page.situation):
        return None
    return Against(Outcome.UNFILLED)


# What bitmaps say of all rules at once: keep in step with `let_through`. A test holds them together.
AT_ONCE = (
    Gate(Outcome.UNSCHEDULED, "it is outside its dates, which {dates}", _schedule),
    Gate(Outcome.OFF_HOURS, "it is outside its hours, {next}", _hours),
    Gate(Outcome.NO_CONSENT, "it needs to know the visitor, who has not consented", _consent),
    Gate(Outcome.NO_PROFILE, "it needs to know the visitor, whose profile cannot be read", _profile),
    Gate(Outcome.CONDITION, "{missing}", _condition),
)
# What is asked of the few rules that are left, one by one.
ONE_BY_ONE = (
    Gate(Outcome.UNDRAWN, "it draws a lot for each visitor, and nobody is known to draw it for", _lot),
    Gate(Outcome.REPEATED, "its creative is on the page already", _repetition),
    Gate(Outcome.CAPPED_TODAY, "{used} of {cap} today used", _cap_per_day),
    Gate(Outcome.CAPPED, "{used} of {cap} in all used", _cap_total),
    Gate(Outcome.OVER, "its countdown or coupon is over or used up, or has not begun", _time),
    Gate(Outcome.UNFILLED, "nothing is known yet that could fill its creative", _slot),
)
GATES = AT_ONCE + ONE_BY_ONE
CAPS = frozenset((Outcome.CAPPED_TODAY, Outcome.CAPPED))
_ASKED = tuple(gate.speaks_against for gate in ONE_BY_ONE)


def let_through(situation: Situation, rules: int) -> int:
    """Those of a bitmap of rules that none of AT_ONCE speaks against, without looking at any by itself."""
    release = situation.release
    rules &= release.schedule.live(situation.now)
    if situation.barred:
        rules &= release.contextual
    return release.index.match(situation.attributes, rules) if rules else 0


def first_against(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    """The first of ONE_BY_ONE that speaks against a rule which has been let through."""
    for speaks_against in _ASKED:
        against = speaks_against(rule, choice, page)
        if against is not None:
            return against
    return None


def all_against(rule: PackedRule, page: Page) -> tuple[Against, ...]:
    """Everything that speaks against a rule, in the order of the table."""
    choice = page.choice(rule)
    asked = (gate.speaks_against(rule, choice, page) for gate in GATES)
    return tuple(against for against in asked if against is not None)
