"""Is a campaign ready for visitors? Each point with what was found, and the page that mends it. What is wrong with a
draft, `campaigns.validation` knows; this says it in the order in which a marketer asks, and adds what is only told by
what has been seen."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.urls import reverse

from campaigns.audiences import too_small
from campaigns.caps import WORDS
from campaigns.models import Campaign, Rule
from campaigns.problems import Problem
from personalization.campaign_page.check import GOOD, LOOK, OPEN, WRONG, Check, names_of, of_problems
from personalization.campaign_page.rivals import before, leaves_nothing
from segments.models import SegmentSize
from sites.units import counted
from tracking.seen_events import word_on


class Facts(NamedTuple):
    """What the points are judged by."""

    campaign: Campaign
    rules: Sequence[Rule]  # the campaign's
    ordered: Sequence[Rule]  # all of the site, from the one that wins
    problems: Sequence[tuple[Problem, str]]  # of what it would send out, each with the address that mends it
    sizes: dict[int, SegmentSize]  # the latest, by segment
    seen: dict[str, int]  # events of the last days
    now: datetime

    @property
    def running(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.enabled]

    def found(self, kind: str, *fields: str) -> list[tuple[Problem, str]]:
        return [(one, link) for one, link in self.problems if one.kind == kind and (not fields or one.field in fields)]


def checks_of(facts: Facts) -> list[Check]:
    """In the order in which somebody mends them; what a campaign without rules could say is left out."""
    if not facts.running:
        return [_rules(facts), _goal(facts)]
    return [point(facts) for point in POINTS]


def _rules(facts: Facts) -> Check:
    if not facts.rules:
        new = reverse("rule-new", args=[facts.campaign.key])
        return Check(WRONG, "Rules", "It has none yet: whom to show which creative, and where.", new, "Add a rule")
    if not facts.running:
        first = reverse("rule", args=[facts.rules[0].pk])
        return Check(WRONG, "Rules", "None of its rules is switched on.", first, "Switch one on")
    off = len(facts.rules) - len(facts.running)
    words = counted(len(facts.running), "rules") + (f" switched on, {off} off." if off else ".")
    return Check(GOOD, "Rules", words)


def _creatives(facts: Facts) -> Check:
    told = [
        (one, link)
        for one, link in facts.found("advariant") + facts.found("treatment")
        if one.field not in ("image_url", "picture", "image_alt")
    ]
    return of_problems("Creatives", "Each has what its template needs.", told, "Open the creative")


def _pictures(facts: Facts) -> Check:
    told = facts.found("advariant", "image_url", "picture", "image_alt")
    return of_problems("Pictures", "Each is there, and has words for who cannot see it.", told, "Open the creative")


def _fits(facts: Facts) -> Check:
    told = facts.found("rule", "variant")
    unknown = sorted({rule.placement.name for rule in facts.running if not rule.placement.width})
    if not told and unknown:
        words = f"Nobody has said how wide {' and '.join(unknown)} is, so the fit is not known."
        return Check(OPEN, "Fit", words, reverse("placements"), "Say it")
    return of_problems("Fit", "Every creative fits where it appears.", told, "Choose another")


def _placements(facts: Facts) -> Check:
    told = facts.found("rule", "placement") + facts.found("placement")
    return of_problems(
        "Placements", "Each is switched on and has a default for everyone else.", told, "Open the placement"
    )


def _audience(facts: Facts) -> Check:
    wrong = [*facts.found("rule", "condition", "segment"), *facts.found("segment"), *facts.found("site")]
    if wrong:
        return of_problems("Audience", "", wrong, "Open it")
    counted_at = reverse("campaign-audience", args=[facts.campaign.key])
    named = {rule.segment_id: rule.segment for rule in facts.running if rule.segment_id and rule.segment}
    for pk, segment in named.items():
        size = facts.sizes.get(pk)
        if size is not None and not size.visitors:
            mend = reverse("segment", args=[segment.key])
            return Check(LOOK, "Audience", f"Nobody was in “{segment}” when it was last counted.", mend, "Open it")
    small = {segment: size for pk, segment in named.items() if (size := facts.sizes.get(pk))}
    for segment, size in small.items():
        if word := too_small(size.visitors):
            words = f"“{segment}”: {word}"
            return Check(LOOK, "Audience", words, reverse("segment", args=[segment.key]), "Open it")
    if missing := [str(row) for pk, row in named.items() if pk not in facts.sizes]:
        words = f"“{missing[0]}” is not counted yet."
        return Check(OPEN, "Audience", words, counted_at, "Count now")
    words = ", ".join(f"{facts.sizes[pk].visitors:,} in “{row}”" for pk, row in named.items()) or "Everybody."
    if any(rule.condition for rule in facts.running):
        words += " Conditions of its rules narrow that."
    return Check(GOOD, "Audience", words, counted_at, "See whom it reaches")


def _schedule(facts: Facts) -> Check:
    told = facts.found("campaign", "starts_at", "ends_at", "hours")
    told += facts.found("rule", "starts_at", "ends_at", "hours")
    good = "It begins and ends as planned." if _is_dated(facts) else "It runs from its launch until somebody stops it."
    return of_problems("Schedule", good, told, "Set the dates")


def _is_dated(facts: Facts) -> bool:
    windows = [rule.window() for rule in facts.running]
    return any(window.starts_at or window.ends_at for window in windows)


def _caps(facts: Facts) -> Check:
    if told := facts.found("rule", *WORDS) + facts.found("campaign", *WORDS):
        return of_problems("Limits", "", told, "Set the limits")
    if together := facts.campaign.limits:
        return Check(GOOD, "Limits", f"All its rules together are seen by one visitor {together}.")
    bare = [rule for rule in facts.running if not rule.limits]
    if not bare:
        return Check(GOOD, "Limits", "Each rule says how often a visitor may see it.")
    limits = reverse("campaign-traffic", args=[facts.campaign.key])
    words = f"{names_of(bare)} may be seen by one visitor on every page, without end."
    return Check(LOOK, "Limits", words, limits, "See the limits")


def _goal(facts: Facts) -> Check:
    goal, settings = facts.campaign.goal, reverse("campaign-traffic", args=[facts.campaign.key])
    if goal is None:
        return Check(LOOK, "Goal", "It has none: only looks and clicks are counted.", settings, "Choose one")
    if told := facts.found("goal"):
        return of_problems("Goal", "", told, "Open the goal")
    if word := word_on(goal.event, facts.seen):
        return Check(LOOK, "Goal", word, reverse("goal", args=[goal.key]), "Open the goal")
    return Check(GOOD, "Goal", f"“{goal}” counts {goal.event}, seen {facts.seen[goal.event]:,} times in 30 days.")


def _rivals(facts: Facts) -> Check:
    for rule in facts.running:
        higher = next((one for one in before(rule, facts.ordered, facts.now) if leaves_nothing(one, rule)), None)
        if higher:
            words = f"“{higher}” of {higher.campaign} always wins over “{rule}” in {rule.placement}."
            return Check(WRONG, "Priority", words, _in_order(rule), "Change the order")
    above = {one.pk for rule in facts.running for one in before(rule, facts.ordered, facts.now)}
    above -= {rule.pk for rule in facts.rules}
    if above:
        net = reverse("campaign-audience", args=[facts.campaign.key])
        return Check(GOOD, "Priority", f"{counted(len(above), 'rules')} may win first.", net, "See what they leave")
    return Check(GOOD, "Priority", "No rule of another campaign stands before it.")


def _in_order(rule: Rule) -> str:
    return f"{reverse('campaigns')}?placement={rule.placement.key}"


POINTS = (_rules, _creatives, _pictures, _fits, _placements, _audience, _schedule, _caps, _goal, _rivals)
