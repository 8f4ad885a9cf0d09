"""What is an effect worth: of what was measured so far, and of all traffic in a month? Pure."""

import msgspec

from campaigns.rates import Change
from campaigns.results.effects import Effect
from campaigns.results.metrics import Kind, Metric

DAYS_OF_MONTH = 30


class Impact(msgspec.Struct, frozen=True):
    """In the metric's unit: conversions, minor units; each with its always-valid interval. None for ratios, whose
    difference belongs to no number of visitors."""

    so_far: Change | None  # among the arm's own visitors, against what control would have brought with them
    per_month: Change | None  # if all traffic of DAYS_OF_MONTH days got the arm instead of control


def of_difference(metric: Metric, difference: Effect, visitors: int, visitors_per_day: float) -> Impact:
    """`visitors` are those of the arm so far, `visitors_per_day` those of all arms and of whoever is left out."""
    if metric.kind is Kind.RATIO:
        return Impact(None, None)
    return Impact(
        _times(difference.always, visitors),
        _times(difference.always, visitors_per_day * DAYS_OF_MONTH) if visitors_per_day > 0 else None,
    )


def _times(change: Change, factor: float) -> Change:
    return Change(*(part * factor for part in change))
