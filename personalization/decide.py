"""What does this visitor get in these placements? A situation in, choices with reasons out; nothing else is read."""

from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from campaigns.holes import EXAMPLES
from campaigns.index.bits import positions_of
from campaigns.release import FrozenRelease
from campaigns.rules import PackedRule
from campaigns.treatments import Choice
from personalization.gates import first_against, let_through
from personalization.page import Against, Page
from personalization.reasons import CAPS, DRAWN, Detail, Outcome, Reason
from personalization.situation import NO_VERSIONS, Assigned, Passed, Situation
from personalization.trace import Step, trace_of

MOST_PASSED = 8  # a row of the log has room for so many; who is behind them in line is not counted as waiting
MOST_REMEMBERED = 10_000  # sets of rules: visitors of one kind share theirs


class Decision(msgspec.Struct, gc=False):
    """What one placement shows."""

    placement: str
    rule: PackedRule | None
    variant: int  # position in the release's variants, -1 for nothing
    values: dict[str, str] | None  # by hole
    reason: Reason
    detail: Detail = Detail.NONE
    choice: Choice | None = None  # what the rule's treatment gave; None where no rule won
    trace: tuple[Step, ...] = ()  # when asked for
    passed: tuple[Passed, ...] = ()  # the first rules in line that fitted and did not win, at most MOST_PASSED
    assigned: tuple[Assigned, ...] = ()  # what the visitor was given beside what the winning rule shows
    versions: Mapping[int, int] = NO_VERSIONS  # of weights, by treatment: of the bandits that the whole page drew by

    @property
    def propensity(self) -> float:
        """The chance that this visitor had of being shown this by the rule: 1 where nothing was drawn."""
        return self.choice.propensity if self.choice else 1.0


def decide(
    situation: Situation, placements: Sequence[str], *, trace: bool = False, preview: str | None = None
) -> list[Decision]:
    """One decision for each distinct placement, in the order asked; earlier ones choose first, because no creative
    stands on a page twice.

    Where the situation is barred, only rules on `context.*` take part, nothing of the profile is used, and the detail
    says why. `preview` is the key of a variant to show everywhere, or "treatment:arm" to show that arm where rules draw
    from the treatment; to whoever asks.
    """
    release, page, rules = situation.release, Page(situation), 0
    for key in placements:
        rules |= release.masks.get(key, 0)
    found = let_through(situation, rules)
    previewed = release.variant_positions.get(preview, -1) if preview else -1
    of_arm = release.arm_positions.get(preview) if preview and previewed < 0 else None
    decisions = []
    for key in dict.fromkeys(placements):
        before = page.copy() if trace else page
        if previewed >= 0 and key in release.placements:
            decision = _preview(page, key, previewed)
        elif of_arm:
            decision = _preview_arm(page, key, found, *of_arm)
        else:
            decision = _place(page, key, found)
        if trace:
            decision.trace = trace_of(before, key, decision.rule)
        decisions.append(decision)
    if situation.weights:
        versions = _versions(page)
        for decision in decisions:
            decision.versions = versions
    if situation.tuned and decisions:  # of the whole question, so told once
        tuned = tuple(Assigned.of(pk, one) for pk, one in situation.tuned if not one.is_forced)
        decisions[0].assigned = (*tuned, *decisions[0].assigned)
    return decisions


def _versions(page: Page) -> dict[int, int]:
    """A site may have a thousand bandits; a page asks a few, and others change nothing on it."""
    treatments = page.situation.release.treatments
    asked = ((treatments[place].id, choice) for place, choice in page.chosen.items() if place >= 0)
    return {pk: choice.weights for pk, choice in asked if choice is not None and pk in page.situation.weights}


def _preview(page: Page, key: str, position: int) -> Decision:
    """Shown even where the slot has nothing for this visitor: then with examples."""
    values = page.values(position)
    if values is None:
        values = EXAMPLES
    return Decision(key, None, position, values, Reason.STATIC, Detail.PREVIEW)


def _preview_arm(page: Page, key: str, found: int, treatment: int, variant: int) -> Decision:
    """Where rules draw from the treatment, what the arm shows; for a control, and elsewhere, what there is without
    these rules. All of it is a preview: what stands around an arm counts no more than the arm."""
    release = page.situation.release
    drawing = [i for i, rule in enumerate(release.rules) if rule.treatment == treatment]
    here = [i for i in drawing if release.masks.get(key, 0) >> i & 1]
    placement = release.placements.get(key)
    if here and variant >= 0 and placement and placement.enabled:
        return _preview(page, key, variant)
    decision = _place(page, key, found & ~sum(1 << i for i in drawing))
    if decision.detail != Detail.UNKNOWN_PLACEMENT:
        decision.detail = Detail.PREVIEW
    return decision


def _place(page: Page, key: str, found: int) -> Decision:
    release = page.situation.release
    placement = release.placements.get(key)
    if placement is None:
        return Decision(key, None, -1, None, Reason.ERROR, Detail.UNKNOWN_PLACEMENT)
    if not placement.enabled:
        return Decision(key, None, -1, None, Reason.DISABLED)
    return _choose(page, key, found & release.masks[key], placement.default)


def _choose(page: Page, key: str, candidates: int, default: int) -> Decision:
    """The lowest bit that nothing speaks against, bits being in the order of precedence; else the default."""
    situation = page.situation
    release, outcomes = situation.release, set[Outcome]()
    passed: list[Passed] = []
    assigned: list[Assigned] = []
    while candidates:
        lowest = candidates & -candidates
        rule = release.rules[lowest.bit_length() - 1]
        choice = page.choice(rule)
        against = first_against(rule, choice, page)
        if release.holdouts or (against is not None and against.outcome in DRAWN):
            assigned += [one for one in _assigned(page, rule, choice, against) if one not in assigned]
        if against is None and choice is not None:  # else a gate has said so: `Outcome.UNDRAWN`
            values = page.show(choice.variant)
            page.campaigns.append(rule.campaign_id)
            waiting = _outranked(release, candidates ^ lowest)
            detail = Detail.OVERRIDE if choice.is_forced else situation.barred
            won = (rule, choice.variant, values, _reason(rule, choice), detail, choice)
            behind = (*passed, *waiting)[:MOST_PASSED] if passed else waiting
            return Decision(key, *won, passed=behind, assigned=tuple(assigned))
        outcome = against.outcome if against else Outcome.UNDRAWN
        outcomes.add(outcome)
        if len(passed) < MOST_PASSED:
            passed.append(Passed(rule.id, rule.campaign_id, outcome))
        candidates ^= lowest
    decision = _default(page, key, default, _detail(outcomes) or situation.barred)
    decision.passed, decision.assigned = tuple(passed), tuple(assigned)
    return decision


def _assigned(page: Page, rule: PackedRule, choice: Choice | None, against: Against | None) -> list[Assigned]:
    """What is an exposure of an experiment, and not shown: the holdouts of a rule that would win or is held, and the
    arm of one that was drawn and cannot be shown. What somebody set by hand is none."""
    drawn: list[tuple[int, Choice]] = []
    if against is None or against.outcome in DRAWN or against.outcome == Outcome.HOLDOUT:
        drawn += page.holdouts(rule)
    if choice is not None and choice.arm and against is not None and against.outcome in DRAWN:
        drawn.append((page.situation.release.treatments[rule.treatment].id, choice))
    return [Assigned.of(pk, one) for pk, one in drawn if not one.is_forced]


def _detail(outcomes: set[Outcome]) -> Detail:
    """Why nobody of those that fitted won, where there is a word for it."""
    if outcomes & CAPS:
        return Detail.CAPPED
    return Detail.HOLDOUT if Outcome.HOLDOUT in outcomes else Detail.NONE


def _outranked(release: FrozenRelease, candidates: int) -> tuple[Passed, ...]:
    """The first of those that fit as well, behind the one that won."""
    if not candidates:
        return ()
    remembered = release.outranked
    waiting = remembered.get(candidates)
    if waiting is None:
        if len(remembered) >= MOST_REMEMBERED:
            remembered.clear()
        behind = [release.rules[i] for i in islice(positions_of(candidates), MOST_PASSED)]
        waiting = tuple(Passed(rule.id, rule.campaign_id, Outcome.OUTRANKED) for rule in behind)
        remembered[candidates] = waiting
    return waiting


def _reason(rule: PackedRule, choice: Choice) -> Reason:
    if choice.is_forced:
        return Reason.STATIC
    if choice.arm:
        return Reason.SPLIT
    return Reason.TARGETING_MATCH if rule.targeted else Reason.STATIC


def _default(page: Page, key: str, position: int, detail: Detail) -> Decision:
    reason = Reason.ERROR if detail == Detail.NO_PROFILE else Reason.DEFAULT
    if position < 0:
        return Decision(key, None, -1, None, reason, detail)
    if position in page.used:
        return Decision(key, None, -1, None, reason, Detail.REPEATED)
    if page.values(position) is None:
        return Decision(key, None, -1, None, reason, detail or Detail.UNFILLED)
    return Decision(key, None, position, page.show(position), reason, detail)
