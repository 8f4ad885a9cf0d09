"""How long does the experiment take by what is measured so far, and how does each arm stand? For the verdict. Pure."""

import msgspec

from campaigns.rates import Change
from campaigns.results import pairs, power
from campaigns.results.comparing import Asked
from campaigns.results.guardrails import Guarded
from campaigns.results.metrics import Metric, Role
from campaigns.results.moments import NOT_RIGHT, lack, moments
from campaigns.results.power import Duration
from campaigns.results.report import Comparison, MetricResult
from campaigns.results.standing import Facts, Standing, days_until
from campaigns.results.sums import Sums


def duration_of(asked: Asked, found: list[MetricResult]) -> Duration | None:
    """For the lift worth finding, in the metric that decides. None where nothing can be planned: with one arm, without
    a metric or data, and where weights follow the results."""
    deciding = _deciding(found)
    if deciding is None or len(asked.arms) < 2 or asked.experiment.is_adaptive:
        return None
    control = asked.tables.totals(deciding.metric.key)[asked.arms[0].key]
    if lack(control, deciding.metric):
        return None
    shares = _share(asked, 0), min(_share(asked, place) for place in range(1, len(asked.arms)))
    plan = power.setting(deciding.metric, moments(control, deciding.metric), shares)
    plan = msgspec.structs.replace(plan, alpha=asked.experiment.alpha, power=asked.experiment.power)
    if noise := [each.noise_left for each in deciding.comparisons if each.noise_left is not None]:
        # The variance after the adjustment does not follow from a share's mean.
        plan = msgspec.structs.replace(plan, variance=plan.variance * max(noise), is_share=False)
    wanted = asked.experiment.least_lift * deciding.metric.sign
    return power.duration(plan, wanted, asked.counted.visitors_per_day)


def facts_of(
    asked: Asked, found: list[MetricResult], faults: list[str], warnings: list[str], duration: Duration | None
) -> Facts:
    deciding = _deciding(found)
    standings = []
    if deciding is not None:
        standings = [_standing(asked, found, deciding, comparison) for comparison in deciding.comparisons]
    return Facts(
        metric=deciding.metric.name if deciding else "",
        standings=standings,
        faults=[*_faults(asked, deciding), *faults],
        warnings=warnings,
        duration=duration,
        days_running=asked.counted.days_running,
        least_lift=asked.experiment.least_lift,
        alpha=asked.experiment.alpha,
        sign=deciding.metric.sign if deciding else 1,
        is_adaptive=asked.experiment.is_adaptive,
    )


def _deciding(found: list[MetricResult]) -> MetricResult | None:
    """The first primary metric: a decision by the best of several would find one by chance."""
    return next((each for each in found if each.metric.role is Role.PRIMARY), None)


def _share(asked: Asked, place: int) -> float:
    weights = [arm.weight if 0 <= arm.weight < float("inf") else 0.0 for arm in asked.arms]
    return weights[place] / (sum(weights) or 1.0)


def _faults(asked: Asked, deciding: MetricResult | None) -> list[str]:
    if not asked.arms:
        return ["It has no arms."]
    if len(asked.arms) < 2:
        return ["There is only one arm, and nothing to compare it with."]
    if deciding is None:
        return ["It has no primary metric, so nothing can decide it."]
    lost = [arm.note for arm in deciding.arms if arm.note.startswith(NOT_RIGHT)]
    return lost[:1]


def _standing(asked: Asked, found: list[MetricResult], deciding: MetricResult, of: Comparison) -> Standing:
    names = {arm.key: arm.name for arm in asked.arms}
    guards: list[Guarded] = [
        each.guarded for result in found for each in result.comparisons if each.arm == of.arm and each.guarded
    ]
    return Standing(
        arm=of.arm,
        name=names[of.arm],
        is_enough=of.is_enough,
        days_until_enough=_days_until_enough(asked, deciding.metric, of.arm),
        gain=_gain(deciding.metric, of),
        is_lift=of.lift is not None,
        p=of.p,
        days_until_clear=power.days_until_clear(of.effect, asked.counted.days_running) if of.effect else None,
        chance_to_win=of.belief.chance_to_win if of.belief else None,
        guards=guards,
    )


def _gain(metric: Metric, of: Comparison) -> Change | None:
    if of.effect is None:
        return None
    low, high = sorted((metric.sign * of.effect.always.low, metric.sign * of.effect.always.high))
    return Change(metric.sign * of.effect.value, low, high)


def _days_until_enough(asked: Asked, metric: Metric, arm: str) -> int | None:
    totals = asked.tables.totals(metric.key)
    control, other = totals[asked.arms[0].key], totals.get(arm, Sums())
    running = asked.counted.days_running
    waits = [
        days_until(control.n, metric.least_visitors, running),
        days_until(other.n, metric.least_visitors, running),
        days_until(pairs.telling(metric, control, other), 2 * metric.least_hits, running),
    ]
    known = [each for each in waits if each is not None]
    return max(known) if len(known) == len(waits) else None
