"""How is it set what an experiment measures, and how does one end? Each verb is one transaction with its entry in the
change log; what visitors see changes with the next publication."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from campaigns import editing
from campaigns.models import Arm, Conclusion, Metric, Rule, Treatment
from sites.editing import set_value
from sites.pages.history import Actor, record


@transaction.atomic
def save_metrics(treatment: Treatment, metrics: Iterable[Mapping[str, Any]], by: Actor) -> bool:
    """All of them: those that are not named are gone. Whether what is measured is another thing than before, so that
    what happened so far has to be counted anew. Expects that they were validated."""
    before = list(treatment.metrics.select_related("goal").order_by("id"))
    treatment.metrics.all().delete()
    Metric.objects.bulk_create([Metric(treatment=treatment, **each) for each in metrics])
    now = list(treatment.metrics.select_related("goal").order_by("id"))
    treatment.save(update_fields=["updated_at"])
    if in_words(before) != in_words(now):
        record(by, treatment, f"It measures {in_words(now)}; before {in_words(before)}.")
    return _measured(before) != _measured(now)


def in_words(metrics: Iterable[Metric]) -> str:
    return "; ".join(_words(metric) for metric in metrics) or "nothing"


def _words(metric: Metric) -> str:
    words = f"{metric} ({metric.get_role_display().lower()}"
    words += ", less is better" if metric.less_is_better else ""
    words += f", at most {metric.worst_percent} % worse" if metric.role == Metric.Role.GUARDRAIL else ""
    words += f", capped at {metric.cap_minor} minor units" if metric.cap_minor else ""
    return f"{words})"


def _measured(metrics: Iterable[Metric]) -> set[tuple[Any, ...]]:
    """Sums are kept by goal, held by the smallest cap."""
    return {(metric.goal_id, metric.cap_minor) for metric in metrics}


@transaction.atomic
def conclude(
    treatment: Treatment, outcome: str, arm: Arm, by: Actor, *, why: str = "", lessons: str = "", said: str = ""
) -> Conclusion:
    """From the next publication on all visitors get this arm: each rule that draws shows its creative instead, and is
    switched off where the arm is the control. Expects that `arm` is one of the treatment's."""
    name = arm.variant.name if arm.variant else "Control"
    conclusion, _ = Conclusion.objects.update_or_create(
        treatment=treatment,
        phase=treatment.phase,
        defaults={
            "outcome": outcome,
            "arm": arm.key,
            "arm_name": name,
            "why": why,
            "lessons": lessons,
            "said": said[:200],
            "decided_by_id": by.user.pk if by.user else None,
        },
    )
    for rule in Rule.objects.filter(treatment=treatment).select_related("campaign__site").order_by("id"):
        if arm.variant is None:
            editing.set_enabled(rule, enabled=False, by=by)
        else:
            rule.treatment, rule.variant = None, arm.variant
            editing.save(rule, by)
    verb = "Shipped" if outcome == Conclusion.Outcome.SHIP else "Stopped, to keep"
    record(by, treatment, f"{verb} “{name}” after phase {treatment.phase}.{f' Why: {why}' if why else ''}")
    return conclusion


def set_archived(treatment: Treatment, archived: bool, by: Actor) -> None:
    set_value(treatment, "archived", archived, by, "Archived." if archived else "Brought back.")
