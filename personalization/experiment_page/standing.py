"""How does an experiment stand: a draft, running, resting, decided, put away?"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from campaigns.models import Conclusion, Phase, Rule, Treatment
from campaigns.standings import Standings
from campaigns.states import State
from sites.models import Site

DRAFT, RUNNING, RESTING, DECIDED, ARCHIVED = "draft", "running", "resting", "decided", "archived"
STATES = {
    DRAFT: "Draft",
    RUNNING: "Running",
    RESTING: "Not running",
    DECIDED: "Decided",
    ARCHIVED: "Archived",
}
LIVE = frozenset({State.LIVE, State.CHANGED})


class Standing(NamedTuple):
    state: str
    rules: list[tuple[Rule, object]]  # that draw from it, each with how it stands
    phase: Phase | None  # the latest that visitors drew by
    conclusion: Conclusion | None  # of its present phase

    @property
    def words(self) -> str:
        if self.state == DECIDED and self.conclusion:
            return self.conclusion.get_outcome_display()
        return STATES[self.state]

    @property
    def style(self) -> str:
        return {RUNNING: "good", RESTING: "warn"}.get(self.state, "")


def standings_of(site: Site, treatments: Iterable[Treatment], now: datetime) -> dict[int, Standing]:
    """By treatment. Three queries, and what the standings of rules cost."""
    found = list(treatments)
    of_rules = Standings(site, now)
    rules: dict[int, list[tuple[Rule, object]]] = {}
    drawing = Rule.objects.filter(campaign__site=site, treatment__in=found).select_related("campaign", "placement")
    live = set()
    for rule in drawing.order_by("-priority", "id"):
        standing = of_rules.of_rule(rule)
        rules.setdefault(rule.treatment_id or 0, []).append((rule, standing))
        if standing.state in LIVE:
            live.add(rule.treatment_id)
    phases = {row.treatment_id: row for row in Phase.objects.filter(treatment__in=found).order_by("number")}
    concluded = Conclusion.objects.filter(treatment__in=found).select_related("decided_by").order_by("phase")
    conclusions = {(row.treatment_id, row.phase): row for row in concluded}
    told = {}
    for row in found:
        phase, conclusion = phases.get(row.pk), conclusions.get((row.pk, row.phase))
        state = _state(row, conclusion, phase, is_live=row.pk in live)
        told[row.pk] = Standing(state, rules.get(row.pk, []), phase, conclusion)
    return told


def _state(row: Treatment, conclusion: Conclusion | None, phase: Phase | None, *, is_live: bool) -> str:
    if row.archived:
        return ARCHIVED
    if conclusion:
        return DECIDED
    if phase is None:
        return DRAFT
    return RUNNING if is_live or row.kind == Treatment.Kind.HOLDOUT else RESTING
