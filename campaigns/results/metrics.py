"""What is measured of each visitor of an experiment, which way is better, and from how much data on is it spoken of?

Revenue has few large orders, and one of them can decide an experiment. So each visitor's sum is winsorised: held
between minus and plus a cap, which is fixed when the experiment starts (a cap chosen afterwards chooses the result).
Refunds count against the visitor's sum, which may fall below zero where they return what they bought before. Pure.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from campaigns.rates import ENOUGH_EVENTS, ENOUGH_TRIALS

CAP_PERCENTILE = 0.99


class Kind(StrEnum):
    PROPORTION = "proportion"  # y is 1 for who did it, else 0
    MEAN = "mean"  # y per visitor: a count, milliseconds
    RATIO = "ratio"  # sum of y by sum of d: clicks of looks, revenue of orders
    REVENUE = "revenue"  # the mean of minor units per visitor, winsorised


class Role(StrEnum):
    PRIMARY = "primary"  # decides
    SECONDARY = "secondary"  # explains; corrected for how many there are
    GUARDRAIL = "guardrail"  # must not get worse than its bound


class Metric(msgspec.Struct, frozen=True):
    key: str
    name: str
    kind: Kind = Kind.PROPORTION
    role: Role = Role.PRIMARY
    more_is_better: bool = True
    bound: float = 0.0  # of a guardrail: how much worse it may get, in parts of control's; .02 is 2 %
    cap_minor: int | None = None  # of revenue: the most of one visitor; None: not winsorised
    least_visitors: int = ENOUGH_TRIALS  # of each arm, before anything is said
    least_hits: int = ENOUGH_EVENTS  # visitors whose value is not 0, on average of the arms that are compared
    unit: str = ""  # for people: "minor", "ms", "pages"
    currency: str = ""

    @property
    def sign(self) -> int:
        """By which a difference is multiplied so that above zero is better."""
        return 1 if self.more_is_better else -1


def winsorised(value_minor: int, cap_minor: int | None) -> int:
    """A visitor's sum, held between minus and plus the cap."""
    return value_minor if cap_minor is None else max(-cap_minor, min(value_minor, cap_minor))


def proposed_cap(totals_minor: Sequence[int], percentile: float = CAP_PERCENTILE) -> int | None:
    """Of sums of visitors in the past, the one that this share of those who bought anything does not exceed (nearest
    rank). None where fewer than ENOUGH_TRIALS bought: too few to tell what is usual."""
    bought = sorted(total for total in totals_minor if total > 0)
    if len(bought) < ENOUGH_TRIALS:
        return None
    rank = -int(-percentile * len(bought) // 1)  # rounded up
    return bought[min(max(rank, 1), len(bought)) - 1]
