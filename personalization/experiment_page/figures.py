"""What stands in the table of an experiment's results? One block a metric, one row an arm."""

from dataclasses import dataclass

from campaigns.results.guardrails import Guarded
from campaigns.results.metrics import Metric, Role
from campaigns.results.report import ArmResult, Comparison, MetricResult, Report
from campaigns.results.standing import days_until
from campaigns.results.wording import chance, change, days, percent
from personalization.experiment_page import writing
from personalization.experiment_page.writing import Shown

ROLES = {Role.PRIMARY: "Decides", Role.GUARDRAIL: "Must not get worse", Role.SECONDARY: "Looked at too"}
WORTH_TELLING = 0.01  # of the noise


@dataclass(frozen=True)
class Line:
    """An arm; `shown` is None for the control, and where nothing can be said yet."""

    arm: ArmResult
    name: str
    level: str
    of: Comparison | None = None
    shown: Shown | None = None
    style: str = ""  # "good", "bad" or "": no clear difference
    verdict: str = ""
    waiting: str = ""  # why nothing is said yet, and when it will be
    chance: str = ""


@dataclass(frozen=True)
class Block:
    metric: Metric
    role: str
    lines: list[Line]
    top: float  # of the scale of its pictures
    notes: list[str]
    guards: list[Guarded]


def blocks(report: Report, way: str, days_running: int) -> list[Block]:
    names = {arm.arm: arm.name for arm in report.arms}
    return [_block(result, report, names, way, days_running) for result in report.metrics]


def _block(result: MetricResult, report: Report, names: dict[str, str], way: str, days_running: int) -> Block:
    metric, by_arm = result.metric, {each.arm: each for each in result.comparisons}
    control = next((arm for arm in result.arms if arm.arm == report.control), None)
    lines = []
    for arm in result.arms:
        level = writing.level(metric, arm.estimate.value) if arm.estimate else "–"
        if arm.arm not in by_arm or control is None:
            lines.append(Line(arm, names[arm.arm], level))
        else:
            lines.append(_line(metric, arm, control, by_arm[arm.arm], names[arm.arm], level, way, days_running))
    reaches = [abs(end) for line in lines if line.shown for end in line.shown.change]
    adjusted = [each.noise_left for each in result.comparisons if each.noise_left is not None]
    notes = [*result.notes, *(note for each in result.comparisons for note in each.notes)]
    if adjusted and 1 - max(adjusted) >= WORTH_TELLING:
        notes.append(f"What visitors did before they took part explains {percent(1 - max(adjusted))} of the noise.")
    guards = [each.guarded for each in result.comparisons if each.guarded]
    # What visitors did before is not kept of clicks: nothing that anybody can mend.
    told = [note for note in dict.fromkeys(notes) if not note.startswith("Not adjusted")]
    return Block(metric, ROLES[metric.role], lines, max(reaches, default=0.0) * 1.05, told, guards)


def _line(
    metric: Metric,
    arm: ArmResult,
    control: ArmResult,
    of: Comparison,
    name: str,
    level: str,
    way: str,
    days_running: int,
) -> Line:
    if not of.is_enough:
        return Line(arm, name, level, of, waiting=_waiting(metric, arm, control, days_running))
    found = writing.shown(metric, of, way)
    style, verdict = _verdict(metric, of)
    return Line(
        arm, name, level, of, found, style, verdict, chance=chance(of.belief.chance_to_win) if of.belief else ""
    )


def _verdict(metric: Metric, of: Comparison) -> tuple[str, str]:
    """By p, which is corrected for how many are compared."""
    if of.effect is None or of.p is None or of.p >= of.effect.alpha:
        return "", "no clear difference"
    return ("good", "better") if of.effect.value * metric.sign > 0 else ("bad", "worse")


def _waiting(metric: Metric, arm: ArmResult, control: ArmResult, days_running: int) -> str:
    """In how many days there is enough, at the present pace."""
    needs = [
        days_until(min(arm.visitors, control.visitors), metric.least_visitors, days_running),
        days_until(arm.hits + control.hits, 2 * metric.least_hits, days_running),
    ]
    known = [each for each in needs if each is not None]
    rule = f"{metric.least_visitors} visitors an arm and {2 * metric.least_hits} who did it are needed"
    if len(known) < len(needs):
        return f"Not enough data yet: {rule}."
    soon = max(known)
    return f"Not enough data yet: {rule}, in about {days(soon)}." if soon else f"Not enough data yet: {rule}."


@dataclass(frozen=True)
class Group:
    value: str
    visitors: int
    lift: float
    low: float
    high: float
    told: str
    raw: str  # as measured, before it was pulled towards all


@dataclass(frozen=True)
class Groups:
    title: str
    sentence: str
    groups: list[Group]
    top: float
    left_out: list[str]


def breakdowns(of: Comparison) -> list[Groups]:
    """Those of more than one group."""
    found = []
    for each in of.breakdowns:
        groups = [
            Group(
                group.value,
                group.n,
                group.lift,
                group.low,
                group.high,
                f"{change(group.lift)}, {change(group.low)} to {change(group.high)}",
                change(group.raw),
            )
            for group in each.groups
        ]
        top = max((max(abs(group.low), abs(group.high)) for group in groups), default=0.0) * 1.05
        if groups or len(each.left_out) > 1:
            found.append(Groups(each.dimension, each.sentence, groups, top, each.left_out))
    return found
