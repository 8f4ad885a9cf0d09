"""May this draft be published? Every fault, with the thing and the field that it is in."""

from collections.abc import Collection, Container, Iterator
from datetime import datetime
from typing import Any

from campaigns.caps import zeros
from campaigns.coupons.standing import fault_in_words
from campaigns.drafts import Draft
from campaigns.hours import in_words
from campaigns.models import FOREIGN, AdVariant, Campaign, Placement, Rule, Treatment
from campaigns.problems import Problem, problem_of
from campaigns.variants import problems_of
from segments.conditions import pattern_work
from segments.conditions.event_rows import questions_in
from segments.conditions.saved import saved_groups
from segments.conditions.shapes import Condition
from segments.contradictions import contradictions
from segments.models import Segment
from segments.tallies import MAX_MARKS, MAX_ROWS, Rows
from segments.vocabulary import faults_of
from sites.models import Site
from sites.times import moment_of

# Instructions of all patterns in a release: a decision may have to look with each of them.
MAX_PATTERN_WORK = 20_000
TOO_MUCH_WORK = "All patterns of its segments and rules together are too much work for one decision."


def validate(draft: Draft, now: int) -> list[Problem]:
    """Errors first. Costs no query: it reads what `read_draft` read."""
    moment = moment_of(now)
    groups = saved_groups(draft.segments.values())
    keys = _keys(draft)
    problems = [
        *_segments(draft, groups, keys),
        *(problem for variant in draft.variants.values() for problem in _variant(variant, draft)),
        *_placements(draft, moment),
        *(problem for treatment in draft.treatments.values() for problem in _treatment(treatment, draft)),
        *(problem for row in (*draft.holdouts.values(), *draft.tunings.values()) for problem in _drawn(row, draft)),
        *(problem for campaign in draft.campaigns.values() for problem in _campaign(campaign, draft, moment)),
        *_goals(draft),
        *(problem for rule in draft.rules for problem in _rule(rule, draft, groups, keys, moment)),
    ]
    if not any(problem.is_error for problem in problems):  # work is counted of conditions that are in order
        conditions = [row.condition for row in draft.segments.values()] + [row.condition for row in draft.rules]
        problems += budget_problems(draft.site, conditions)
    return sorted(problems, key=lambda problem: not problem.is_error)


def condition_faults(
    condition: object,
    groups: dict[str, dict[str, Any]] | None = None,
    *,
    of_segment: bool = False,
    segments: Container[str] | None = None,
) -> list[str]:
    """The faults of a condition as sentences, each beginning with its path; unknown attributes are faults too, and
    segments beside `segments`."""
    return list(map(str, faults_of(condition, groups, of_segment=of_segment, segments=segments)))


def _keys(draft: Draft) -> set[str]:
    """The segments that conditions may name."""
    return {segment.key for segment in draft.segments.values() if not segment.archived}


def _segments(draft: Draft, groups: dict[str, dict[str, Any]], keys: set[str]) -> Iterator[Problem]:
    for segment in draft.segments.values():
        faults = condition_faults(segment.condition, groups, of_segment=True, segments=keys)
        for fault in faults:
            yield problem_of(segment, "condition", fault)
        if not faults:
            yield from _nobody(segment, segment.condition, draft, groups)


def _nobody(
    row: Segment | Rule, condition: Condition, draft: Draft, groups: dict[str, dict[str, Any]]
) -> Iterator[Problem]:
    """Proved by what it says, whoever the visitors are."""
    found = contradictions(condition, groups)
    if found.holds_for_nobody:
        yield problem_of(row, "condition", found.clashes[0].whole_sentence(draft.site.currency), is_error=False)


def budget_problems(site: Site, conditions: Collection[Condition]) -> Iterator[Problem]:
    """What all conditions of a release have wrong together. Expects that each is in order."""
    if sum(map(pattern_work, conditions)) > MAX_PATTERN_WORK:
        yield problem_of(site, "patterns", TOO_MUCH_WORK)
    rows = Rows(question.row for condition in conditions for question in questions_in(condition))
    if len(rows.by_key) > MAX_ROWS or rows.marks > MAX_MARKS:
        message = "All event rows of its segments and rules together are more than a profile remembers:"
        limit = f"{MAX_ROWS} different ones, fewer where they ask for many events, for worth, share or order."
        yield problem_of(site, "event rows", f"{message} {limit}")


def _variant(variant: AdVariant, draft: Draft) -> Iterator[Problem]:
    yield from problems_of(variant)
    if variant.site_id != draft.site.pk:
        yield problem_of(variant, "site", FOREIGN)
    if variant.archived:
        yield problem_of(variant, "archived", "It is archived, yet a rule or placement shows it.")
    if variant.slot and not draft.items:
        yield problem_of(variant, "slot", "The catalogue is empty, so nothing can fill this slot.", is_error=False)


def _placements(draft: Draft, moment: datetime) -> Iterator[Problem]:
    for placement in draft.placements.values():
        if default := draft.variants.get(placement.default_variant_id or 0):
            yield from _coupon(placement, "default_variant", default, draft, moment)
        if placement.default_variant_id is None:
            yield problem_of(
                placement, "default_variant", "Without a default it stays empty when no rule wins.", is_error=False
            )
        elif fault := draft.variants[placement.default_variant_id].default_fault:
            yield problem_of(placement, "default_variant", fault)
        elif fault := placement.misfit(draft.variants[placement.default_variant_id]):
            yield problem_of(placement, "default_variant", f"It does not fit: {fault}.", is_error=False)


def _treatment(treatment: Treatment, draft: Draft) -> Iterator[Problem]:
    yield from _drawn(treatment, draft)
    arms = list(treatment.arms.all())
    if len(arms) == 1 and treatment.coverage == 100:
        yield problem_of(treatment, "arms", "It has one arm only: everybody gets the same.", is_error=False)
    if treatment.coverage == 0:
        yield problem_of(treatment, "coverage", "Nobody takes part, so nobody sees it.", is_error=False)


def _drawn(row: Treatment, draft: Draft) -> Iterator[Problem]:
    """Of what draws lots."""
    if row.site_id != draft.site.pk:
        yield problem_of(row, "site", FOREIGN)
    for fault in row.arm_faults(list(row.arms.all())):
        yield problem_of(row, "arms", fault)
    for field, faults in row.faults().items():
        yield from (problem_of(row, field, fault) for fault in faults)


def _campaign(campaign: Campaign, draft: Draft, moment: datetime) -> Iterator[Problem]:
    if campaign.goal is None:
        yield problem_of(campaign, "goal", "It has no goal, so nothing counts as its conversion.", is_error=False)
    elif campaign.goal.site_id != draft.site.pk:
        yield problem_of(campaign, "goal", FOREIGN)
    if campaign.ends_at and campaign.ends_at <= moment:
        yield problem_of(campaign, "ends_at", "It has ended, so its rules never win.", is_error=False)
    for field, faults in zeros(campaign).items():
        yield from (problem_of(campaign, field, fault) for fault in faults)
    if not any(rule.campaign_id == campaign.pk for rule in draft.rules):
        yield problem_of(campaign, "rules", "It is live, but has no enabled rule.", is_error=False)


def _goals(draft: Draft) -> Iterator[Problem]:
    """Each once, however many campaigns pursue it."""
    for goal in {campaign.goal.pk: campaign.goal for campaign in draft.campaigns.values() if campaign.goal}.values():
        for field, messages in goal.faults().items():
            yield from (problem_of(goal, field, message) for message in messages)


def _rule(
    rule: Rule, draft: Draft, groups: dict[str, dict[str, Any]], keys: set[str], moment: datetime
) -> Iterator[Problem]:
    placement = draft.placements.get(rule.placement_id)
    faults = condition_faults(rule.condition, groups, segments=keys)
    for fault in faults:
        yield problem_of(rule, "condition", fault)
    if placement is None:
        yield problem_of(rule, "placement", FOREIGN)
    elif not placement.enabled:
        off = f"'{placement}' is switched off, so nothing is shown there."
        yield problem_of(rule, "placement", off, is_error=False, others=[placement])
    if placement:
        yield from _shapes(rule, placement, draft)
    for variant in _shown(rule, draft):
        yield from _coupon(rule, "variant", variant, draft, moment)
    if rule.segment_id:
        segment = draft.segments.get(rule.segment_id)
        if segment is None:
            yield problem_of(rule, "segment", FOREIGN)
        elif segment.archived:
            yield problem_of(rule, "segment", f"'{segment}' is archived.", others=[segment])
        elif not faults and not condition_faults(segment.condition, groups, of_segment=True):
            # A release holds both as one: what exceeds the limits of a condition only then would never match.
            for fault in condition_faults(rule.full_condition(), groups):
                yield problem_of(rule, "condition", f"Together with '{segment}': {fault}", others=[segment])
    if rule.condition and not faults:  # what its segment alone has wrong is told there
        yield from _nobody(rule, rule.full_condition(), draft, groups)
    yield from _schedule(rule, moment, draft.site.time_zone)


def _shapes(rule: Rule, placement: Placement, draft: Draft) -> Iterator[Problem]:
    """Of each creative that it may show."""
    for variant in _shown(rule, draft):
        if fault := placement.misfit(variant):
            words = f"'{variant}' does not fit '{placement}': {fault}."
            yield problem_of(rule, "variant", words, is_error=False, others=[variant, placement])


def _shown(rule: Rule, draft: Draft) -> list[AdVariant]:
    treatment = draft.treatments.get(rule.treatment_id or 0)
    shown = {arm.variant_id or 0 for arm in treatment.arms.all()} if treatment else {rule.variant_id or 0}
    return [draft.variants[pk] for pk in sorted(shown) if pk in draft.variants]


def _coupon(row: Rule | Placement, field: str, variant: AdVariant, draft: Draft, moment: datetime) -> Iterator[Problem]:
    """What whoever shows this creative promises, and cannot keep."""
    coupon = variant.coupon
    if coupon and (fault := fault_in_words(coupon, moment, draft.site.time_zone)):
        words = f"'{variant}' shows the code {coupon.code} of the coupon '{coupon}': {fault}."
        yield problem_of(row, field, words, is_error=False, others=[variant, coupon])


def _schedule(rule: Rule, moment: datetime, zone: str) -> Iterator[Problem]:
    if rule.window().is_empty:
        yield problem_of(rule, "starts_at", "Together with the campaign's schedule there is no time at which it runs.")
    elif not rule.window().has_ended(moment) and rule.next_run(rule.window().starts_at or moment, zone) is None:
        never = f"Its hours ({in_words(rule.open_hours())}) and its dates never meet, so it never runs."
        yield problem_of(rule, "hours", never, is_error=False)
    elif rule.ends_at and rule.ends_at <= moment:
        yield problem_of(rule, "ends_at", "It has ended, so it never wins.", is_error=False)
    for field, faults in zeros(rule).items():
        yield from (problem_of(rule, field, fault) for fault in faults)
