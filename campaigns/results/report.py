"""What does a report hold? Plain structs, ready for pages, CSV and JSON: no NaN, and a sentence for what is missing.

Lifts are parts of control's mean (.1 is 10 % more), differences have the metric's unit. `None` stands where a figure
cannot be reckoned; then `notes` of the same struct say why. Pure.
"""

import msgspec

from campaigns.rates import Estimate
from campaigns.results.bayes import Belief
from campaigns.results.causes import Cause
from campaigns.results.crossover import Crossover
from campaigns.results.daily import Point
from campaigns.results.effects import Effect
from campaigns.results.guardrails import Guarded
from campaigns.results.impact import Impact
from campaigns.results.metrics import Metric
from campaigns.results.mismatch import Mismatch
from campaigns.results.novelty import Novelty
from campaigns.results.power import Duration
from campaigns.results.shrinkage import Breakdown
from campaigns.results.verdict import Verdict


class ArmResult(msgspec.Struct, frozen=True):
    """Of one arm, as it was counted: without adjustment."""

    arm: str
    visitors: int
    hits: int  # visitors whose value is not 0
    total: int  # of y: conversions, minor units
    estimate: Estimate | None  # mean or share, with an interval for one look; of adaptive arms one that is always valid
    note: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """An arm against control, in one metric."""

    arm: str
    is_enough: bool  # both arms have the metric's least visitors and hits
    difference: Effect | None
    lift: Effect | None
    p: float | None  # that there is no effect: always valid (`Pair.p`), corrected for the number of comparisons
    belief: Belief | None
    guarded: Guarded | None  # of guardrails
    impact: Impact | None
    novelty: Novelty | None
    series: list[Point]  # of all visitors up to each day
    by_day: list[Point]
    breakdowns: list[Breakdown]
    noise_left: float | None  # what the adjustment left of the variance, in parts of 1; None: not adjusted
    unadjusted: Effect | None  # the lift, else the difference, before the adjustment
    notes: list[str]

    @property
    def effect(self) -> Effect | None:
        """The lift, or the difference where there is none."""
        return self.lift or self.difference


class MetricResult(msgspec.Struct, frozen=True):
    metric: Metric
    arms: list[ArmResult]
    comparisons: list[Comparison]  # of all arms but control
    notes: list[str]


class ArmTraffic(msgspec.Struct, frozen=True):
    arm: str
    name: str
    is_control: bool
    visitors: int
    share: float  # of all visitors
    weight: float  # configured, in parts of 1


class Report(msgspec.Struct, frozen=True):
    arms: list[ArmTraffic]  # control first
    control: str  # key
    metrics: list[MetricResult]  # primary, guardrails, secondary
    mismatch: Mismatch
    causes: list[Cause]  # of a mismatch, the likeliest first
    cause: str  # in words; "" where there is none
    crossover: Crossover
    duration: Duration | None  # by what was measured of control so far, for the lift that is worth finding
    verdict: Verdict
    is_adaptive: bool
    notes: list[str]
