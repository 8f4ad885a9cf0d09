"""How do the arms of an experiment compare in one metric: in all, day by day, and in each group? Pure."""

from math import sqrt
from typing import NamedTuple

from campaigns.rates import Estimate, share
from campaigns.results import bayes, cuped, daily, guardrails, impact, intervals, pairs, shrinkage, strata
from campaigns.results.inputs import Adjustment, Arm, Counted, Experiment
from campaigns.results.metrics import Kind, Metric, Role
from campaigns.results.moments import Moments, lack, moments
from campaigns.results.pairs import Pair
from campaigns.results.report import ArmResult, Comparison, MetricResult
from campaigns.results.shrinkage import Breakdown, Estimated
from campaigns.results.sums import Sums
from campaigns.results.tables import ByArm, Tables

ONE_ARM = "There is only one arm, and nothing to compare it with."
NO_EVENTS = "No event of this metric has arrived from any arm: look whether its goal is still there and counts."
NO_CAP = "There is no cap on what one visitor spends, so a few large orders may decide it."
NO_BEFORE = "Not adjusted: nothing is known of these visitors before they were exposed."
NO_STRATA = "Not adjusted: fewer than two clusters have enough visitors of each arm."
NO_RATIO = "Not adjusted: ratios cannot be."


class Asked(NamedTuple):
    """What is compared: the arms, control first, with their visitors, and the rows."""

    experiment: Experiment
    counted: Counted
    arms: list[Arm]
    visitors: dict[str, int]
    tables: Tables


class _Known(NamedTuple):
    """Of a metric, by arm; arms that lack something have no moments."""

    sums: ByArm
    raw: dict[str, Moments]
    adjusted: dict[str, Moments] | None


def compare(asked: Asked, metric: Metric) -> MetricResult:
    sums, faults = asked.tables.totals(metric.key), asked.tables.faults(metric.key)
    raw = {arm: moments(each, metric) for arm, each in sums.items() if not lack(each, metric)}
    adjusted, note = _adjusted(asked, metric, {arm: sums[arm] for arm in raw})
    known = _Known(sums, raw, adjusted)
    notes = {
        ONE_ARM: len(asked.arms) < 2,
        NO_EVENTS: bool(raw) and not any(each.y or each.hits for each in sums.values()),
        NO_CAP: metric.kind is Kind.REVENUE and metric.cap_minor is None,
        note: bool(note and raw),
    }
    return MetricResult(
        metric,
        [_arm(asked.experiment, metric, arm, sums[arm.key], faults.get(arm.key, "")) for arm in asked.arms],
        [_comparison(asked, metric, arm.key, known) for arm in asked.arms[1:]],
        [text for text, holds in notes.items() if holds],
    )


def _adjusted(asked: Asked, metric: Metric, sums: ByArm) -> tuple[dict[str, Moments] | None, str]:
    """As the experiment says; None where it says nothing or it cannot be, with a note why."""
    kind = asked.experiment.adjustment
    if kind is Adjustment.NONE or len(sums) < 2:
        return None, ""
    if metric.kind is Kind.RATIO:
        return None, NO_RATIO
    if kind is Adjustment.CUPED:
        found = cuped.adjusted(sums, metric)
        return found, "" if found else NO_BEFORE
    groups = asked.tables.strata(metric.key).items()
    found = strata.adjusted({value: {arm: arms.get(arm, Sums()) for arm in sums} for value, arms in groups}, metric)
    return found, "" if found else NO_STRATA


def _arm(experiment: Experiment, metric: Metric, arm: Arm, sums: Sums, fault: str) -> ArmResult:
    note = fault or lack(sums, metric)
    estimate = None if note else _estimate(experiment, metric, sums)
    return ArmResult(arm.key, sums.n, sums.hits, sums.y, estimate, note)


def _estimate(experiment: Experiment, metric: Metric, sums: Sums) -> Estimate | None:
    """At 95 %, as all results."""
    of = moments(sums, metric)
    if experiment.is_adaptive:
        found = intervals.always_valid(of.mean, sqrt(of.squared_error), of.n)
    elif metric.kind is Kind.PROPORTION:
        return share(sums.y, sums.n)
    else:
        found = intervals.fixed(of.mean, sqrt(of.squared_error), of.df)
    return Estimate(of.mean, found.low, found.high, sums.hits, sums.n)


def _comparison(asked: Asked, metric: Metric, arm: str, known: _Known) -> Comparison:
    control, alpha = asked.arms[0].key, asked.experiment.alpha
    found = _pair(asked, known.adjusted or known.raw, arm)
    before = _pair(asked, known.raw, arm) if known.adjusted else None
    enough = pairs.is_enough(metric, known.sums[control], known.sums[arm])
    days = asked.tables.days(metric.key)
    return Comparison(
        arm=arm,
        is_enough=enough,
        difference=found.difference,
        lift=found.lift,
        p=found.p,
        belief=bayes.believe(found.lift, more_is_better=metric.more_is_better, alpha=alpha) if found.lift else None,
        guarded=_guarded(metric, found if enough else Pair()),
        impact=_impact(asked, metric, known.sums[arm].n, found),
        novelty=daily.trend(metric, days, control, arm) if days else None,
        series=daily.cumulative(metric, days, control, arm, alpha),
        by_day=daily.by_day(metric, days, control, arm, alpha),
        breakdowns=_breakdowns(asked, metric, arm),
        noise_left=_noise_left(found, before),
        unadjusted=before.effect if before else None,
        notes=[found.note] if found.note else [],
    )


def _pair(asked: Asked, known: dict[str, Moments], arm: str) -> Pair:
    one_look = not asked.experiment.is_adaptive
    return pairs.pair(known.get(asked.arms[0].key), known.get(arm), asked.experiment.alpha, with_one_look=one_look)


def _guarded(metric: Metric, found: Pair) -> guardrails.Guarded | None:
    if metric.role is not Role.GUARDRAIL:
        return None
    lift, difference = found.lift, found.difference
    return guardrails.judge(metric, lift.always if lift else None, difference.always if difference else None)


def _impact(asked: Asked, metric: Metric, visitors: int, found: Pair) -> impact.Impact | None:
    if found.difference is None:
        return None
    traffic = asked.counted.traffic_per_day or asked.counted.visitors_per_day
    return impact.of_difference(metric, found.difference, visitors, traffic)


def _noise_left(found: Pair, before: Pair | None) -> float | None:
    if before is None or found.difference is None or before.difference is None:
        return None
    return (found.difference.se / before.difference.se) ** 2


def _breakdowns(asked: Asked, metric: Metric, arm: str) -> list[Breakdown]:
    control, alpha = asked.arms[0].key, asked.experiment.alpha
    found = []
    for dimension, values in asked.tables.groups(metric.key).items():
        groups: dict[str, Estimated | None] = {}
        for value, arms in values.items():
            of = pairs.measured(metric, arms.get(control, Sums()), arms.get(arm, Sums()))
            groups[value] = Estimated(of.n, *of.lift) if of.lift else None
        found.append(shrinkage.pool(dimension, groups, alpha))
    return found
