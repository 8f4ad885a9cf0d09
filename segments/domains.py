"""Which values can an attribute have at all? As data, for whoever reasons about all visitors at once. Pure.

A domain is a promise about every history, however odd: no visitor ever has another value. It is not what is usual.
"""

from dataclasses import dataclass, replace
from typing import Any

from segments.bounds import MAX_ITEMS, MAX_ORDERS, MAX_SESSION_CATEGORIES, MAX_TERMS
from segments.state import MAX_SESSION_STARTS
from tracking.event import CHANNELS, DEVICES


@dataclass(frozen=True, slots=True)
class Domain:
    """Numbers lie from `low` to `high`, of which None is no bound; `is_low_open`: above `low`. With `choices` there is
    no other word. `is_nullable`: nothing may be known. `usual` are the numbers beyond which nothing more is said: where
    to look first for an example, and no bound."""

    low: float | None = None
    high: float | None = None
    is_whole: bool = False
    is_low_open: bool = False
    choices: tuple[str, ...] = ()
    is_nullable: bool = True
    usual: tuple[float, float] | None = None

    def contains(self, value: Any) -> bool:
        if value is None:
            return self.is_nullable
        if self.choices:
            return value in self.choices
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self._bounds(value)
        return self.low is None and self.high is None

    def _bounds(self, value: float) -> bool:
        if self.is_whole and value != int(value):
            return False
        if self.low is not None and (value < self.low or (self.is_low_open and value == self.low)):
            return False
        return self.high is None or value <= self.high


ANY = Domain()
SURE = Domain(is_nullable=False)  # yes or no, or a list
COUNT = Domain(low=0, is_whole=True, is_nullable=False)
LEVEL = Domain(low=0, is_nullable=False)  # what fades or is measured
MEAN = Domain(low=0)  # or a time that has passed: unknown as long as there is nothing to speak of
FLAG = Domain(low=0, high=1, is_whole=True, is_nullable=False)
SHARE = Domain(low=0, high=1)
WAVE = Domain(low=-1, high=1, is_nullable=False)
CHANNEL = Domain(choices=CHANNELS)
DEVICE = Domain(choices=DEVICES)
PERCENT = replace(COUNT, high=100)
HOUR = Domain(low=0, high=23, is_whole=True, is_nullable=False)
WEEKDAY = Domain(low=1, high=7, is_whole=True, is_nullable=False)
# What is counted among things of which only so many are remembered.
CATEGORIES = replace(COUNT, high=MAX_SESSION_CATEGORIES)
ITEMS = replace(COUNT, high=MAX_ITEMS)
TERMS = replace(COUNT, high=MAX_TERMS)
ORDERS = replace(COUNT, high=MAX_ORDERS)
SESSIONS = replace(COUNT, high=MAX_SESSION_STARTS)
FOCUS = replace(SHARE, is_low_open=True)
PRICE = replace(MEAN, is_low_open=True)
IDENTIFIER = Domain(is_whole=True)
