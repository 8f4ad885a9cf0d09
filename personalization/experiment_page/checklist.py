"""Is an experiment ready for visitors? Each point with what was found, and the page that mends it."""

from collections.abc import Sequence
from typing import NamedTuple

from django.urls import reverse

from campaigns.models import Arm, Metric, Rule, Treatment
from campaigns.results.verdict import MOST_DAYS
from personalization.campaign_page.check import GOOD, LOOK, OPEN, WRONG, Check
from personalization.experiment_page.planning import Plan
from sites.units import counted
from tracking.seen_events import word_on


class Facts(NamedTuple):
    treatment: Treatment
    arms: Sequence[Arm]
    metrics: Sequence[Metric]
    rules: Sequence[Rule]
    seen: dict[str, int]  # events of the last days
    plan: Plan

    @property
    def setup(self) -> str:
        return reverse("treatment", args=[self.treatment.pk])

    @property
    def measures(self) -> str:
        return reverse("experiment-metrics", args=[self.treatment.pk])


def checks_of(facts: Facts) -> list[Check]:
    """In the order in which somebody mends them."""
    return [point(facts) for point in (_hypothesis, _arms, _shares, _deciding, _goals, _worth, _rules, _duration)]


def _hypothesis(facts: Facts) -> Check:
    if facts.treatment.hypothesis:
        return Check(GOOD, "Hypothesis", "It says what is expected.")
    return Check(
        LOOK, "Hypothesis", "Nobody has said what is expected, and what will be done then.", facts.setup, "Say it"
    )


def _arms(facts: Facts) -> Check:
    if len(facts.arms) < 2:
        return Check(
            WRONG, "Arms", "There is only one arm, and nothing to compare it with.", facts.setup, "Add another"
        )
    if gone := [arm.variant for arm in facts.arms if arm.variant and arm.variant.archived]:
        return Check(LOOK, "Arms", f"“{gone[0]}” is archived.", facts.setup, "Choose another")
    control = next((arm for arm in facts.arms if arm.variant is None), facts.arms[0])
    name = control.variant or "what there is without it"
    return Check(GOOD, "Arms", f"{counted(len(facts.arms), 'arms')}, compared with {name}.")


def _shares(facts: Facts) -> Check:
    total = sum(arm.weight for arm in facts.arms)
    if idle := [arm for arm in facts.arms if not arm.weight]:
        return Check(
            WRONG, "Shares", f"Arm {idle[0].key} has none: nobody would see it.", facts.setup, "Set the shares"
        )
    if total and min(arm.weight for arm in facts.arms) / total < 0.05:
        words = "One arm has less than 5 % of the visitors: it takes long to learn of it."
        return Check(LOOK, "Shares", words, facts.setup, "Set the shares")
    return Check(GOOD, "Shares", "Each arm has visitors.")


def _deciding(facts: Facts) -> Check:
    primary = next((metric for metric in facts.metrics if metric.role == Metric.Role.PRIMARY), None)
    if primary is None:
        return Check(WRONG, "Metric", "No metric decides.", facts.measures, "Choose one")
    return Check(GOOD, "Metric", f"{primary} decides.")


def _goals(facts: Facts) -> Check:
    for metric in facts.metrics:
        if metric.goal and (word := word_on(metric.goal.event, facts.seen)):
            link = reverse("goal", args=[metric.goal.key])
            return Check(LOOK, "Goals", f"“{metric.goal}”: {word}", link, "Open the goal")
    return Check(GOOD, "Goals", "What is measured has happened lately." if facts.metrics else "None is measured.")


def _worth(facts: Facts) -> Check:
    bare = [one for one in facts.metrics if one.kind in (Metric.Kind.VALUE, Metric.Kind.RATIO) and not one.cap_minor]
    if bare:
        words = f"“{bare[0].goal}” has no cap: a single large order may decide."
        return Check(LOOK, "Large orders", words, facts.measures, "Set a cap")
    return Check(GOOD, "Large orders", "None can decide alone.")


def _rules(facts: Facts) -> Check:
    if not facts.rules:
        return Check(WRONG, "Rule", "None draws from it yet.", reverse("campaigns"), "Choose it in a rule")
    words = ", ".join(f"“{rule}” in {rule.placement}" for rule in facts.rules[:3])
    return Check(GOOD, "Rule", f"Drawn by {words}.")


def _duration(facts: Facts) -> Check:
    wanted = facts.treatment.least_lift_percent / 100
    told = next((each for each in facts.plan.durations if abs(abs(each.lift) - wanted) < 1e-9), None)
    if told is None or told.always_days is None:
        words = facts.plan.missing or "It cannot be told yet how long it takes."
        return Check(OPEN, "Duration", words, facts.measures, "See the plan")
    if told.always_days > MOST_DAYS:
        words = (
            f"To find {wanted:.0%} takes {told.always_days:,} days at most: test something bolder, or on more traffic."
        )
        return Check(LOOK, "Duration", words, facts.measures, "See the plan")
    return Check(GOOD, "Duration", f"{told.days} to {told.always_days} days for a change of {wanted:.0%}.")
