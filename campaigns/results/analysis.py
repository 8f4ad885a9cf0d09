"""What does an experiment say? Puts the answers of the other modules together into one report. Pure."""

from collections import defaultdict

import msgspec

from campaigns.results import causes, comparing, corrections, crossover, mismatch, planning, verdict
from campaigns.results.causes import Cause
from campaigns.results.comparing import Asked
from campaigns.results.inputs import Arm, Counted, Experiment
from campaigns.results.metrics import Role
from campaigns.results.mismatch import Level, Mismatch, Phase
from campaigns.results.report import ArmTraffic, MetricResult, Report
from campaigns.results.tables import Tables

ORDER = {Role.PRIMARY: 0, Role.GUARDRAIL: 1, Role.SECONDARY: 2}


def analyse(experiment: Experiment, counted: Counted) -> Report:
    """Never raises, whatever was counted: what cannot be reckoned is None, and said."""
    arms, notes = _arms(experiment)
    latest = counted.phases[-1] if counted.phases else Phase("", {}, {})
    visitors = {arm.key: latest.visitors.get(arm.key, 0) for arm in arms}
    if len(counted.phases) > 1:
        notes.append(f"Its weights were changed: results are those of visitors since then (“{latest.name}”).")
    asked = Asked(experiment, counted, arms, visitors, Tables(counted, visitors))
    metrics = sorted(experiment.metrics, key=lambda each: ORDER[each.role]) if arms else []
    found = _corrected([comparing.compare(asked, metric) for metric in metrics])
    names = {arm.key: arm.name for arm in arms}
    split = mismatch.check(counted.phases, names)
    sources, cause = _cause(counted, split, names)
    crossed = crossover.check(sum(visitors.values()), counted.crossed)
    duration = planning.duration_of(asked, found)
    told = f"{split.sentence} {cause}".strip()
    faults = [told] if split.is_broken else []
    warnings = [told] if split.level is Level.DOUBTFUL else []
    warnings += [crossed.sentence] if crossed.is_alarm else []
    return Report(
        arms=_traffic(arms, visitors),
        control=arms[0].key if arms else "",
        metrics=found,
        mismatch=split,
        causes=sources,
        cause=cause,
        crossover=crossed,
        duration=duration,
        verdict=verdict.decide(planning.facts_of(asked, found, faults, warnings, duration)),
        is_adaptive=experiment.is_adaptive,
        notes=notes,
    )


def _arms(experiment: Experiment) -> tuple[list[Arm], list[str]]:
    """Control first; notes on what had to be taken for granted."""
    notes = []
    controls = [arm for arm in experiment.arms if arm.is_control]
    control = next(iter(controls or experiment.arms), None)
    if control is not None and len(controls) != 1:
        which = "No arm is" if not controls else "Several arms are"
        notes.append(f"{which} marked as control: {control.name} is taken.")
    weights = [arm.weight for arm in experiment.arms]
    if odd := [arm.name for arm in experiment.arms if not 0 <= arm.weight < float("inf")]:
        notes.append(f"The weight of {odd[0]} is no share: it counts as 0.")
    elif weights and not abs(sum(weights) - 1) < 1e-6 and not abs(sum(weights) - 100) < 1e-4:
        notes.append("The weights do not sum to 100 %: they are taken in proportion to each other.")
    if experiment.is_adaptive:
        notes.append(
            "Its weights follow the results, so an interval for one look would be wrong: always-valid intervals and"
            " chances to win stand alone."
        )
    rest = [arm for arm in experiment.arms if arm is not control]
    return ([control, *rest] if control else []), notes


def _cause(counted: Counted, split: Mismatch, names: dict[str, str]) -> tuple[list[Cause], str]:
    if split.level is Level.FINE:
        return [], ""
    # Days of phases with other weights are not divided as all are together.
    counts = [count for count in counted.counts if count.dimension != causes.DAY or len(counted.phases) == 1]
    found = causes.find(counts, _weights(counted), names)
    return found, causes.summary(found, (count.dimension for count in counts))


def _weights(counted: Counted) -> dict[str, float]:
    """Expected visitors by arm, over all phases."""
    expected: dict[str, float] = defaultdict(float)
    for phase in counted.phases:
        for arm, number in mismatch.expectations(phase.visitors, phase.weights).items():
            expected[arm] += number
    return dict(expected)


def _traffic(arms: list[Arm], visitors: dict[str, int]) -> list[ArmTraffic]:
    usable = [arm.weight if 0 <= arm.weight < float("inf") else 0.0 for arm in arms]
    all_weights, everybody = sum(usable) or 1.0, sum(visitors.values()) or 1
    return [
        ArmTraffic(
            arm=arm.key,
            name=arm.name,
            is_control=place == 0,
            visitors=visitors[arm.key],
            share=visitors[arm.key] / everybody,
            weight=weight / all_weights,
        )
        for place, (arm, weight) in enumerate(zip(arms, usable, strict=True))
    ]


def _corrected(found: list[MetricResult]) -> list[MetricResult]:
    """Probabilities corrected within the primary metrics, and within the secondary ones. Guardrails are read by their
    intervals: there it is worse to miss a harm than to see one too many."""
    corrected = found
    for role in (Role.PRIMARY, Role.SECONDARY):
        family = [
            (result.metric.key, comparison.arm, comparison.p)
            for result in found
            if result.metric.role is role
            for comparison in result.comparisons
            if comparison.p is not None
        ]
        adjusted = corrections.benjamini_hochberg([p for _, _, p in family])
        table = {(metric, arm): p for (metric, arm, _), p in zip(family, adjusted, strict=True)}
        corrected = [_with_p(result, table) for result in corrected]
    return corrected


def _with_p(result: MetricResult, table: dict[tuple[str, str], float]) -> MetricResult:
    comparisons = [
        msgspec.structs.replace(each, p=table.get((result.metric.key, each.arm), each.p)) for each in result.comparisons
    ]
    return msgspec.structs.replace(result, comparisons=comparisons)
