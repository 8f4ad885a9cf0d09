"""How does an arm stand, as far as it is needed to say what should be done? Pure."""

from math import ceil

import msgspec

from campaigns.rates import Change
from campaigns.results.guardrails import Guarded
from campaigns.results.power import Duration


class Standing(msgspec.Struct, frozen=True):
    """How an arm stands against control in the metric that decides. Gains are above zero where the arm is better."""

    arm: str
    name: str
    is_enough: bool
    days_until_enough: int | None  # at the present pace; None: it cannot be told
    gain: Change | None  # always valid; a lift where `is_lift`, else in the metric's unit
    is_lift: bool
    p: float | None  # corrected for the number of arms
    chance_to_win: float | None
    days_until_clear: int | None  # should the effect stay as it is now
    guards: list[Guarded]


class Facts(msgspec.Struct, frozen=True):
    metric: str  # name of the one that decides
    standings: list[Standing]
    faults: list[str]  # what must be repaired before anything is concluded
    warnings: list[str]  # what is to be known beside any conclusion
    duration: Duration | None
    days_running: int
    least_lift: float
    alpha: float
    sign: int = 1  # -1 where less of the metric is better
    is_adaptive: bool = False


def days_until(have: int, need: int, days_running: int) -> int | None:
    """Days until a number that grew evenly so far is large enough. None where nothing grew."""
    if have >= need:
        return 0
    if have <= 0 or days_running <= 0:
        return None
    return ceil((need - have) * days_running / have)
