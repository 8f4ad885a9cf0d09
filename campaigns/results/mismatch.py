"""Did the arms get the visitors that they should have? If not, whatever is measured of them compares different people.

Chi-squared of the visitors per arm against the configured weights, per phase (a change of weights opens a new one), and
of all phases together by the sum of their statistics and degrees of freedom: A. Fabijan and others, "Diagnosing sample
ratio mismatch in online controlled experiments", KDD 2019. It is looked at every day, and calling a sound test broken
stops it; so at p < .001 it is broken and nothing is concluded, and between that and .01 it is doubtful, which is told
beside whatever is concluded. How large the deviation is stands beside it, since among millions of visitors one of no
consequence is found as well.

Where weights change all the time (bandits), a phase's weights are the sums of the visitors' propensities: the numbers
that each arm was expected to get. The variance of these is never larger than that of a fixed split with the same
expectations, so the check is on the safe side: fewer false alarms than promised. Pure.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from campaigns.results.distributions import chi_squared_above
from campaigns.results.wording import percent

BROKEN_BELOW, DOUBTFUL_BELOW = 0.001, 0.01
LEAST_EXPECTED = 5  # of visitors in an arm: below, chi-squared is not the statistic's distribution
OF_NO_CONSEQUENCE = 0.002  # in parts of what was expected


class Level(StrEnum):
    FINE = "fine"  # or too few visitors to tell
    DOUBTFUL = "doubtful"
    BROKEN = "broken"


class Phase(msgspec.Struct, frozen=True):
    """A time in which the weights stayed the same. Weights of arms are in proportion, whatever they sum to; where they
    change with every batch, they are sums of propensities."""

    name: str
    weights: dict[str, float]  # by arm
    visitors: dict[str, int]  # by arm, of those first exposed in the phase


class PhaseCheck(msgspec.Struct, frozen=True):
    name: str
    p: float | None  # None: too few visitors to tell
    statistic: float
    df: int
    arm: str  # the one that is farthest from what was expected
    deviation: float  # of that arm, in parts of what was expected: -.03 is 3 % too few; 1 where nobody was expected


class Mismatch(msgspec.Struct, frozen=True):
    level: Level
    p: float | None  # of all phases together; None: too few visitors to tell
    deviation: float  # the largest of an arm in a phase, as in `PhaseCheck`
    phases: list[PhaseCheck]
    sentence: str

    @property
    def is_broken(self) -> bool:
        return self.level is Level.BROKEN


class Fit(NamedTuple):
    p: float | None
    statistic: float
    df: int


def check(phases: Sequence[Phase], names: dict[str, str] | None = None) -> Mismatch:
    """`names` are those of the arms, for the sentence."""
    checks = [_check(phase) for phase in phases]
    told = [each for each in checks if each.p is not None]
    if not told:
        return Mismatch(
            Level.FINE, None, 0.0, checks, "Too few visitors to tell whether they are divided as configured."
        )
    p = _together(told)
    # A phase alone may be wrong and drown in the others; each is asked for its part of the same probability.
    worst = min(told, key=lambda each: (each.p or 0.0, -abs(each.deviation)))
    level = _level(min(p, (worst.p or 0.0) * len(told)))
    deviation = max((each.deviation for each in told), key=abs)
    return Mismatch(level, p, deviation, checks, _sentence(level, worst, len(told), names or {}))


def fit(visitors: dict[str, int], weights: dict[str, float]) -> Fit:
    """Pearson's chi-squared of counts against weights in proportion; p is None where less than LEAST_EXPECTED are
    expected somewhere. Visitors of an arm without a weight cannot be: p is 0."""
    expected = expectations(visitors, weights)
    if any(visitors.get(arm, 0) for arm in visitors if arm not in expected):
        return Fit(0.0, 0.0, max(len(expected), 1))
    if len(expected) < 2 or min(expected.values()) < LEAST_EXPECTED:
        return Fit(None, 0.0, 0)
    statistic = sum((visitors.get(arm, 0) - number) ** 2 / number for arm, number in expected.items())
    return Fit(chi_squared_above(statistic, len(expected) - 1), statistic, len(expected) - 1)


def expectations(visitors: dict[str, int], weights: dict[str, float]) -> dict[str, float]:
    """How many of these visitors each arm should have; arms that have no weight are left out."""
    usable = {arm: weight for arm, weight in weights.items() if 0 < weight < float("inf")}
    total, all_weights = sum(visitors.values()), sum(usable.values())
    return {arm: total * weight / all_weights for arm, weight in usable.items()}


def farthest(visitors: dict[str, int], weights: dict[str, float]) -> tuple[str, float]:
    """The arm whose number lies farthest from its expectation, by its part of chi-squared, and by how much. Of two that
    are equally far the one that has too few: visitors are lost more often than found."""
    expected = expectations(visitors, weights)
    for arm, number in visitors.items():
        if number and arm not in expected:
            return arm, 1.0
    if not any(expected.values()):
        return "", 0.0
    deviations = {arm: visitors.get(arm, 0) / number - 1 for arm, number in expected.items()}
    # Six digits, so that equal is what is equal but for rounding.
    arm = max(expected, key=lambda each: (float(f"{deviations[each] ** 2 * expected[each]:.6g}"), -deviations[each]))
    return arm, deviations[arm]


def _check(phase: Phase) -> PhaseCheck:
    return PhaseCheck(phase.name, *fit(phase.visitors, phase.weights), *farthest(phase.visitors, phase.weights))


def _together(checks: list[PhaseCheck]) -> float:
    if any(each.p == 0 for each in checks):
        return 0.0
    return chi_squared_above(sum(each.statistic for each in checks), sum(each.df for each in checks))


def _level(p: float) -> Level:
    if p < BROKEN_BELOW:
        return Level.BROKEN
    return Level.DOUBTFUL if p < DOUBTFUL_BELOW else Level.FINE


def _sentence(level: Level, worst: PhaseCheck, phases: int, names: dict[str, str]) -> str:
    if level is Level.FINE:
        return "Visitors are divided as configured."
    name = names.get(worst.arm, worst.arm)
    if worst.p == 0 and not worst.statistic:
        return f"{name} has visitors though it should have none: its weight is 0, or no number."
    few = "fewer" if worst.deviation < 0 else "more"
    when = f" in phase “{worst.name}”" if phases > 1 and worst.name else ""
    text = f"{name} has {percent(abs(worst.deviation))} {few} visitors than configured{when}"
    if level is Level.DOUBTFUL:
        return f"{text}: perhaps by chance, so look again tomorrow."
    if abs(worst.deviation) < OF_NO_CONSEQUENCE:
        return f"{text}: too regular for chance, though hardly large enough to change the result."
    return f"{text}: that is no chance, and whatever is measured compares different people."
