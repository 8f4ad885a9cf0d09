"""How long will an experiment take, by what its rules and placements have seen lately? And which cap holds a few large
orders back?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Sum

from campaigns.models import Metric, Rule, Treatment
from campaigns.results import power
from campaigns.results.inputs import Experiment
from campaigns.results.metrics import proposed_cap
from campaigns.results.power import Duration
from personalization.models import Conversion
from personalization.results import reading
from personalization.results.period import Period
from personalization.results.reading import Counts, Scope
from sites.models import Site

DAYS = 28  # of the past that is looked at
CAP_DAYS = timedelta(days=90)
MOST_BUYERS = 100_000  # whose sums are read for a cap
LIFTS = (0.5, 1.0, 2.0, 4.0)  # times the smallest lift worth finding


class Plan(NamedTuple):
    source: str  # of whose past it is
    visitors_per_day: float
    share: float | None  # of visitors who do it now
    durations: list[Duration]
    missing: str = ""  # why none can be told


def plan_of(site: Site, treatment: Treatment, experiment: Experiment, now: datetime) -> Plan:
    """By the share of visitors who reach what decides: how much worth varies is not known before it starts."""
    rules = list(Rule.objects.filter(treatment=treatment).select_related("placement", "campaign").order_by("id"))
    primary = treatment.metrics.filter(role=Metric.Role.PRIMARY).select_related("goal").first()
    today = site.local_day(now)
    period = Period(today - timedelta(days=DAYS), today - timedelta(days=1))
    source, counts = _past(site, rules, period)
    per_day = counts.visitors.visitors / DAYS * treatment.coverage / 100
    if primary is None:
        return Plan(source, per_day, None, [], "Choose what decides: without it nothing can be planned.")
    if not rules:
        return Plan(source, per_day, None, [], "No rule draws from it yet, so it is not known how many visitors come.")
    if not counts.visitors.visitors:
        missing = f"Nobody has seen {source} in the last {DAYS} days, so it is not known how many visitors come."
        return Plan(source, per_day, None, [], missing)
    share = _share(site, primary, counts, period)
    setting = power.Setting(share, share * (1 - share), is_share=True, **_division(experiment))
    wanted = experiment.least_lift * (-1 if primary.less_is_better else 1)
    durations = [power.duration(setting, wanted * times, per_day) for times in LIFTS]
    told = [each for each in durations if each.days is not None]
    return Plan(source, per_day, share, told, "" if told else durations[1].sentence)


def _past(site: Site, rules: Sequence[Rule], period: Period) -> tuple[str, Counts]:
    """Of the rule that has been seen most, or else of the placement."""
    by_rule = reading.by_dimension(site, period, "rule")
    known = [(rule, by_rule[rule.pk]) for rule in rules if rule.pk in by_rule]
    if seen := [pair for pair in known if pair[1].visitors.visitors]:
        rule, counts = max(seen, key=lambda pair: pair[1].visitors.visitors)
        return f"rule “{rule}”", counts
    if not rules:
        return "", Counts()
    placement = rules[0].placement
    return f"placement “{placement}”", reading.total(site, period, Scope("placement", placement.key))


def _share(site: Site, metric: Metric, counts: Counts, period: Period) -> float:
    visitors = counts.visitors.visitors
    if metric.goal is None:
        return min(counts.clicks, visitors) / visitors
    reached = Conversion.objects.filter(site=site, goal_id=metric.goal.pk, at__date__range=period)
    everybody = reading.total(site, period).visitors.visitors
    return min(reached.values("visitor_id").distinct().count() / max(everybody, 1), 1.0)


def _division(experiment: Experiment) -> dict[str, float]:
    total = sum(arm.weight for arm in experiment.arms) or 1.0
    control = next((arm.weight for arm in experiment.arms if arm.is_control), 0.0)
    rest = [arm.weight for arm in experiment.arms if not arm.is_control]
    return {"control": control / total, "arm": min(rest, default=0.0) / total}


def cap_of(site: Site, goal: int, now: datetime) -> int | None:
    """Minor units: what 99 of 100 of those who reached the goal lately did not bring more than. None: too few did."""
    reached = Conversion.objects.filter(site=site, goal_id=goal, is_credited=True, at__gt=now - CAP_DAYS)
    sums = reached.values("visitor_id").annotate(total=Sum("value_minor")).order_by("visitor_id")
    return proposed_cap([row["total"] for row in sums[:MOST_BUYERS]])
