"""What was counted of an experiment, from the rows of sums to what `campaigns.results` judges? A few queries, whatever
the number of visitors."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Sum

from campaigns.models import AdVariant, Arm, Metric, Phase, Treatment
from campaigns.results import inputs, metrics, mismatch
from campaigns.results.causes import DAY, Count
from campaigns.results.inputs import Adjustment, Counted, Experiment, Row
from campaigns.results.sums import Sums
from personalization.experiments.reaching import CLICKS
from personalization.models import OutcomeSum, UnitSum
from sites.models import Site

LATELY = 7  # days by which it is told how many visitors come
CONTROL = "Control"
WORDS = {
    Metric.Kind.RATE: "share of visitors",
    Metric.Kind.COUNT: "number per visitor",
    Metric.Kind.VALUE: "value per visitor",
    Metric.Kind.RATIO: "value of each",
}
KINDS = {
    Metric.Kind.RATE: metrics.Kind.PROPORTION,
    Metric.Kind.COUNT: metrics.Kind.MEAN,
    Metric.Kind.VALUE: metrics.Kind.REVENUE,
    Metric.Kind.RATIO: metrics.Kind.RATIO,
}
# Which measures of `OutcomeSum` are which of `results.sums.FIELDS`, but for `n`. Of a share y is its own square.
FIELDS: Mapping[str, Mapping[str, str]] = {
    Metric.Kind.RATE: {
        "hits": "reached",
        "y": "reached",
        "yy": "reached",
        "x": "before_n",
        "xx": "before_nn",
        "xy": "reached_before_n",
    },
    Metric.Kind.COUNT: {
        "hits": "reached",
        "y": "n",
        "yy": "nn",
        "x": "before_n",
        "xx": "before_nn",
        "xy": "n_before_n",
    },
    Metric.Kind.VALUE: {
        "hits": "reached",
        "y": "v",
        "yy": "vv",
        "x": "before_v",
        "xx": "before_vv",
        "xy": "v_before_v",
    },
    Metric.Kind.RATIO: {"hits": "reached", "y": "v", "yy": "vv", "d": "n", "dd": "nn", "yd": "nv"},
}
Part = tuple[str, str, str, str]  # arm, day, dimension, value; the last three may be empty


class Read(NamedTuple):
    """An experiment, and what was counted of it."""

    experiment: Experiment
    counted: Counted
    phases: Sequence[Phase]  # in order of time
    by_day: Mapping[date, int]  # visitors who took part first on that day, in the latest phase

    @property
    def begun_at(self) -> datetime | None:
        """Since when results are added up; None before the first visitor could draw."""
        return self.phases[-1].begun_at if self.phases else None

    @property
    def visitors(self) -> int:
        return sum(self.by_day.values())


def read(treatment: Treatment, now: datetime) -> Read:
    """Seven queries. `treatment.site` is read."""
    phases = list(treatment.phases.order_by("number"))
    measured = list(treatment.metrics.select_related("goal").order_by("id"))
    latest = phases[-1] if phases else None
    units = _units_by_day(treatment)
    parts = _units_by_part(treatment)
    number = latest.number if latest else 0
    by_day: defaultdict[date, int] = defaultdict(int)
    members: dict[Part, int] = {}
    for phase, arm, day, count, _ in units:
        if phase == number:
            by_day[day] += count
            members[arm, day.isoformat(), "", ""] = count
    groups: defaultdict[Part, int] = defaultdict(int)
    for phase, arm, dimension, value, count in parts:
        if phase == number:
            groups[arm, "", dimension, value] += count
    per_day = _visitors_per_day(by_day, treatment.site.local_day(now), latest, now)
    counted = Counted(
        phases=[_phase(phase, units, treatment) for phase in phases],
        days=_rows(measured, members, _outcomes(treatment, number, by_day=True)),
        groups=_rows(measured, groups, _outcomes(treatment, number, by_day=False)),
        counts=_counts(units, parts),
        crossed=sum(crossed for phase, _, _, _, crossed in units if phase == number),
        days_running=(now - latest.begun_at).days if latest else 0,
        visitors_per_day=per_day,
        traffic_per_day=per_day / (max(latest.coverage, 1) / 100) if latest else 0.0,
    )
    return Read(experiment_of(treatment, measured, latest), counted, phases, dict(by_day))


def experiment_of(treatment: Treatment, measured: Iterable[Metric], phase: Phase | None) -> Experiment:
    """As visitors draw by it; as drafted, before anybody could. One query."""
    return Experiment(
        arms=_arms(treatment, phase),
        metrics=[metric_of(metric, treatment.site) for metric in measured],
        least_lift=treatment.least_lift_percent / 100,
        is_adaptive=treatment.kind == Treatment.Kind.BANDIT,
        adjustment=Adjustment.CUPED,
    )


def metric_of(metric: Metric, site: Site) -> metrics.Metric:
    """As it is judged."""
    kind = Metric.Kind(metric.kind)
    has_worth = kind in (Metric.Kind.VALUE, Metric.Kind.RATIO)
    return metrics.Metric(
        key=key_of(metric),
        name=f"{metric.goal.name if metric.goal else 'Clicks'}, {WORDS[kind]}",
        kind=KINDS[kind],
        role=metrics.Role(metric.role),
        more_is_better=not metric.less_is_better,
        bound=metric.worst_percent / 100 if metric.role == Metric.Role.GUARDRAIL else 0.0,
        cap_minor=metric.cap_minor,
        unit="minor" if has_worth else "",
        currency=site.currency if has_worth else "",
    )


def key_of(metric: Metric) -> str:
    return f"{metric.goal_id or CLICKS}-{metric.kind}"


def _arms(treatment: Treatment, phase: Phase | None) -> list[inputs.Arm]:
    """The control is what has no creative; where all have one, the first."""
    told = phase.arms if phase and phase.arms else _drafted(treatment)
    names = dict(AdVariant.objects.filter(pk__in=[pk for _, pk, _ in told if pk]).values_list("pk", "name"))
    control = next((key for key, pk, _ in told if pk is None), told[0][0] if told else "")
    return [
        inputs.Arm(key, names.get(pk, f"Arm {key}") if pk else CONTROL, weight, is_control=key == control)
        for key, pk, weight in told
    ]


def _drafted(treatment: Treatment) -> list[tuple[str, int | None, int]]:
    return list(Arm.objects.filter(treatment=treatment).order_by("id").values_list("key", "variant_id", "weight"))


def _units_by_day(treatment: Treatment) -> list[tuple[int, str, date, int, int]]:
    """Of all phases: (phase, arm, day, visitors, of them crossed over)."""
    rows = UnitSum.objects.filter(treatment_id=treatment.pk, dimension="").order_by("phase", "day", "arm")
    return list(rows.values_list("phase", "arm", "day", "units", "crossed"))


def _units_by_part(treatment: Treatment) -> list[tuple[int, str, str, str, int]]:
    """Of all phases: (phase, arm, dimension, value, visitors)."""
    rows = UnitSum.objects.filter(treatment_id=treatment.pk).exclude(dimension="")
    told = rows.values_list("phase", "arm", "dimension", "value").annotate(Sum("units"))
    return list(told.order_by("phase", "arm", "dimension", "value"))


def _outcomes(treatment: Treatment, phase: int, *, by_day: bool) -> dict[tuple[Part, int], dict[str, Any]]:
    """By where it is of and the goal."""
    rows = OutcomeSum.objects.filter(treatment_id=treatment.pk, phase=phase)
    rows = rows.filter(dimension="") if by_day else rows.exclude(dimension="")
    named = ["arm", "goal_id", *(["day"] if by_day else ["dimension", "value"])]
    summed = {f"sum_{name}": Sum(name) for name in OutcomeSum.MEASURES}
    found = {}
    for row in rows.values(*named).annotate(**summed).order_by(*named):
        day = row["day"].isoformat() if by_day else ""
        part = (row["arm"], day, row.get("dimension", ""), row.get("value", ""))
        found[part, row["goal_id"]] = {name: int(row[f"sum_{name}"]) for name in OutcomeSum.MEASURES}
    return found


def _rows(
    measured: Sequence[Metric],
    members: Mapping[Part, int],
    outcomes: Mapping[tuple[Part, int], Mapping[str, int]],
) -> list[Row]:
    """Of each part and metric: who reached nothing counts as well."""
    rows = []
    for metric in measured:
        key, goal, fields = key_of(metric), metric.goal_id or CLICKS, FIELDS[metric.kind]
        for part, visitors in members.items():
            told = outcomes.get((part, goal), {})
            sums = Sums(visitors, **{field: told.get(name, 0) for field, name in fields.items()})
            arm, day, dimension, value = part
            rows.append(Row(arm, key, sums, day, dimension, value or ("not known" if dimension else "")))
    return rows


def _phase(phase: Phase, units: Iterable[tuple[int, str, date, int, int]], treatment: Treatment) -> mismatch.Phase:
    """A bandit's shares are other ones with each batch, so that its division is not to be checked by them."""
    visitors: defaultdict[str, int] = defaultdict(int)
    for number, arm, _, count, _ in units:
        if number == phase.number:
            visitors[arm] += count
    fixed = {arm: float(weight) for arm, _, weight in phase.arms}
    found = {arm: float(count) for arm, count in visitors.items()}
    weights = found if treatment.kind == Treatment.Kind.BANDIT else fixed
    return mismatch.Phase(f"Phase {phase.number}", weights, dict(visitors))


def _counts(
    units: Iterable[tuple[int, str, date, int, int]], parts: Iterable[tuple[int, str, str, str, int]]
) -> list[Count]:
    """By which the cause of a mismatch is looked for."""
    days = [Count(DAY, day.isoformat(), arm, count) for _, arm, day, count, _ in units]
    return days + [Count(dimension, value or "not known", arm, count) for _, arm, dimension, value, count in parts]


def _visitors_per_day(by_day: Mapping[date, int], today: date, phase: Phase | None, now: datetime) -> float:
    """Of the last whole days; of all the time, where that is not longer."""
    if phase is None:
        return 0.0
    elapsed = (now - phase.begun_at) / timedelta(days=1)
    if elapsed <= LATELY:
        return sum(by_day.values()) / max(elapsed, 1.0)
    first = today - timedelta(days=LATELY)
    return sum(count for day, count in by_day.items() if first <= day < today) / LATELY
