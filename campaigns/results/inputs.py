"""What is handed over to be judged: an experiment as it was set up, and what was counted of it.

Everything is keyed by an arm's and a metric's key. Rows may come in any order, and several with the same keys add up,
so they can be read as they stand in tables. Days are ISO dates of the site's time zone, and belong to a visitor: the
day of the first exposure, to which all that the visitor does later is added (`sums.step`). Pure.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from campaigns.results.causes import Count
from campaigns.results.intervals import ALPHA
from campaigns.results.metrics import Metric
from campaigns.results.mismatch import Phase
from campaigns.results.power import POWER
from campaigns.results.sums import Sums, of_row


class Adjustment(StrEnum):
    """How noise is taken out of shares, means and revenue. Chosen before the experiment starts."""

    NONE = "none"
    CUPED = "cuped"  # by what visitors did before; needs the covariate sums
    STRATA = "strata"  # by cluster; needs `Counted.strata`


class Arm(msgspec.Struct, frozen=True):
    key: str
    name: str
    weight: float  # in proportion to the other arms'; of adaptive arms the present one
    is_control: bool = False


class Experiment(msgspec.Struct, frozen=True):
    arms: list[Arm]
    metrics: list[Metric]
    alpha: float = ALPHA
    power: float = POWER
    least_lift: float = 0.05  # the smallest lift of the primary metric that is worth finding, above 0
    is_adaptive: bool = False  # weights follow results, as a bandit's do
    adjustment: Adjustment = Adjustment.NONE


class Row(msgspec.Struct, frozen=True):
    """Sums of a metric among the visitors of an arm, in all, of one day, or of one group."""

    arm: str
    metric: str
    sums: Sums
    day: str = ""
    dimension: str = ""  # "segment", "cluster", "device"
    value: str = ""


def row_of(record: Mapping[str, Any]) -> Row:
    """Of a row of SQL: columns `arm` and `metric`, those of `sums.FIELDS` that there are, and `day` (a date, or text),
    `dimension` and `value` where it is of a part."""
    parts = {name: str(record[name]) for name in ("day", "dimension", "value") if record.get(name) is not None}
    return Row(str(record["arm"]), str(record["metric"]), of_row(record), **parts)


class Counted(msgspec.Struct, frozen=True):
    """What was counted. Sums are those of visitors who were first exposed in the latest phase: earlier ones came with
    other weights, and to add them would compare times with each other. `days` or `totals` are enough: without the one
    there is no chart by day, without the other they are the sum of the days. An arm without a row of a metric has the
    visitors of the latest phase, and nothing else."""

    phases: list[Phase]  # in order of time
    totals: list[Row] = []
    days: list[Row] = []
    groups: list[Row] = []  # breakdowns
    strata: list[Row] = []  # groups of the dimension by which `Adjustment.STRATA` adjusts
    counts: list[Count] = []  # visitors of all phases by dimension, in which the cause of a mismatch is looked for
    crossed: int = 0  # visitors of the latest phase who were seen in more than one arm
    days_running: int = 0  # whole days since the latest phase began
    visitors_per_day: float = 0.0  # who enter the experiment, all arms together, lately
    traffic_per_day: float = 0.0  # who would see the winner; 0: the same
