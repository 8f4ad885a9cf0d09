"""What may speak against a rule? One ordered table: a decision takes the first that does, a trace tells of all of them.

A new gate (pacing, say) is a row here with a word of its own in `personalization.reasons`.
"""

from typing import TypeGuard

from campaigns.hours import is_open, next_open
from campaigns.rules import PackedRule, is_within_dates
from campaigns.treatments import HELD, WITHOUT, Choice
from personalization.capped import CAPPED, WIDER
from personalization.page import Against, Gate, Page
from personalization.reasons import Detail, Outcome
from personalization.situation import Situation
from segments.conditions import matches


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


def _holdout(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    held = any(drawn.arm == HELD for _, drawn in page.holdouts(rule))
    return Against(Outcome.HOLDOUT) if held else None


def _part(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    return Against(Outcome.OUTSIDE) if choice is not None and choice.is_outside else None


def _control(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    is_control = choice is not None and choice.variant == WITHOUT and not choice.is_outside
    return Against(Outcome.CONTROL) if is_control else None


def _repetition(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    return Against(Outcome.REPEATED) if choice and choice.variant in page.used else None


def _shows(choice: Choice | None) -> TypeGuard[Choice]:
    return choice is not None and choice.variant != WITHOUT


def _time(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    return Against(Outcome.OVER) if _shows(choice) and page.is_out(choice.variant) else None


def _slot(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    if not _shows(choice) or page.is_out(choice.variant):
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
    *CAPPED,
    Gate(Outcome.HOLDOUT, "the visitor is held out, to measure what campaigns do", _holdout),
    Gate(Outcome.OUTSIDE, "its experiment takes a part of the visitors, and not this one", _part),
    Gate(Outcome.CONTROL, "the visitor drew the control of its experiment, which does without it", _control),
    Gate(Outcome.OVER, "its countdown or coupon is over or used up, or has not begun", _time),
    Gate(Outcome.UNFILLED, "nothing is known yet that could fill its creative", _slot),
)
GATES = AT_ONCE + ONE_BY_ONE
_ASKED = tuple(gate.speaks_against for gate in ONE_BY_ONE)
# Most rules have neither wider caps nor a holdout, and each question costs.
_RARE = WIDER | {Outcome.HOLDOUT}
_USUALLY_ASKED = tuple(gate.speaks_against for gate in ONE_BY_ONE if gate.outcome not in _RARE)


def let_through(situation: Situation, rules: int) -> int:
    """Those of a bitmap of rules that none of AT_ONCE speaks against, without looking at any by itself."""
    release = situation.release
    rules &= release.schedule.live(situation.now)
    if situation.barred:
        rules &= release.contextual
    return release.index.match(situation.attributes, rules) if rules else 0


def first_against(rule: PackedRule, choice: Choice | None, page: Page) -> Against | None:
    """The first of ONE_BY_ONE that speaks against a rule which has been let through."""
    is_rare = rule.caps or page.situation.release.holdouts
    for speaks_against in _ASKED if is_rare else _USUALLY_ASKED:
        against = speaks_against(rule, choice, page)
        if against is not None:
            return against
    return None


def all_against(rule: PackedRule, page: Page) -> tuple[Against, ...]:
    """Everything that speaks against a rule, in the order of the table."""
    choice = page.choice(rule)
    asked = (gate.speaks_against(rule, choice, page) for gate in GATES)
    return tuple(against for against in asked if against is not None)
