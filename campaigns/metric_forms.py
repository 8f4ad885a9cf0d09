"""What may a marketer change of what an experiment measures? Rows: goal, kind, role and bounds, as they are typed."""

from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from campaigns.models import Goal, Metric, Treatment
from sites.money import major, to_minor
from sites.pages.shell import whole

MOST = 10
CLICKS = "clicks"  # in place of the id of a goal
COLUMNS = ("goal", "kind", "role", "better", "worse", "cap")
LESS, MORE = "less", "more"


@dataclass
class MetricRow:
    goal: str = ""  # id, CLICKS, or empty: left out
    kind: str = Metric.Kind.RATE.value
    role: str = Metric.Role.SECONDARY.value
    better: str = MORE
    worse: str = "2"  # per cent, of a guardrail
    cap: str = ""  # in major units; empty: none
    proposal: str = ""  # of a cap, from what visitors brought so far
    faults: list[str] = field(default_factory=list)


class MetricsForm:
    """All metrics of an experiment; those that are not named are gone."""

    def __init__(self, data: QueryDict | None, *, treatment: Treatment) -> None:
        self.treatment, self.currency = treatment, treatment.site.currency
        self.goals = {str(goal.pk): goal for goal in Goal.objects.filter(site=treatment.site_id).order_by("name", "id")}
        self.rows = self._stored() if data is None else self._typed(data)
        self.fault = ""

    def _stored(self) -> list[MetricRow]:
        return [self._row(metric) for metric in self.treatment.metrics.order_by("id")]

    def _row(self, metric: Metric) -> MetricRow:
        cap = major(metric.cap_minor, self.currency) if metric.cap_minor else ""
        better = LESS if metric.less_is_better else MORE
        goal = str(metric.goal_id or CLICKS)
        return MetricRow(goal, metric.kind, metric.role, better, str(metric.worst_percent), cap)

    def _typed(self, data: QueryDict) -> list[MetricRow]:
        columns = [data.getlist(f"metric-{name}")[:MOST] for name in COLUMNS]
        return [MetricRow(*(cell.strip() for cell in cells)) for cells in zip(*columns, strict=False)]

    def add(self) -> None:
        """A button beside the rows: nothing is saved."""
        if len(self.rows) < MOST:
            self.rows.append(MetricRow(role="" if self.rows else Metric.Role.PRIMARY.value))

    def is_valid(self) -> bool:
        rows = [row for row in self.rows if row.goal]
        for row in rows:
            row.faults = self._faults(row)
        measured = [(row.goal, row.kind) for row in rows]
        if [row.role for row in rows].count(Metric.Role.PRIMARY) > 1:
            self.fault = "One metric decides: a decision by the best of several would find one by chance."
        elif len(set(measured)) < len(measured):
            self.fault = "Two rows measure the same."
        return not self.fault and not any(row.faults for row in rows)

    def _faults(self, row: MetricRow) -> list[str]:
        metric, faults = self._metric(row)
        if row.goal != CLICKS and row.goal not in self.goals:
            faults.append("Choose a goal of this site, or clicks.")
        try:
            metric.clean_fields(exclude=["treatment", "goal"])
            metric.clean()
        except ValidationError as error:
            faults += error.messages
        return faults

    def _metric(self, row: MetricRow) -> tuple[Metric, list[str]]:
        faults = []
        worse = whole(row.worse) if row.worse else 2
        if worse is None:
            faults.append("By how much it may get worse is a whole number of per cent.")
        cap = None
        try:
            cap = to_minor(row.cap, self.currency) if row.cap else None
        except ValueError as error:
            faults.append(str(error))
        has_cap = row.kind in (Metric.Kind.VALUE, Metric.Kind.RATIO)
        metric = Metric(
            treatment=self.treatment,
            goal=self.goals.get(row.goal),
            kind=row.kind,
            role=row.role,
            less_is_better=row.better == LESS,
            worst_percent=2 if worse is None else worse,
            cap_minor=cap if has_cap else None,
        )
        return metric, faults

    def metrics(self) -> list[dict[str, Any]]:
        """Of a form that is valid."""
        found = [self._metric(row)[0] for row in self.rows if row.goal]
        names = ("goal", "kind", "role", "less_is_better", "worst_percent", "cap_minor")
        return [{name: getattr(metric, name) for name in names} for metric in found]
