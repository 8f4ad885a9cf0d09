"""How do the visitors of a segment buy, and which other segments are they in? Added up visitor by visitor. Pure.

A visitor converts who has an order in the 30 days before `now`; the average order is that of the orders of those days
whose amount is known. Shares are of the visitors looked at, so a sample tells the same.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from segments.profile import Profile
from segments.state import WINDOW_MS

ALL = ""  # stands for all visitors looked at
MOST_OVERLAPS = 50  # other segments that are remembered, those with most visitors in common


@dataclass(slots=True)
class Buying:
    """What so many visitors bought."""

    visitors: int = 0
    buyers: int = 0
    orders: int = 0  # whose amount is known
    revenue_minor: int = 0

    def add(self, orders: int, priced: int, revenue_minor: int) -> None:
        self.visitors += 1
        self.buyers += orders > 0
        self.orders += priced
        self.revenue_minor += revenue_minor

    @property
    def conversion(self) -> float | None:
        return self.buyers / self.visitors if self.visitors else None

    @property
    def average_minor(self) -> int | None:
        return round(self.revenue_minor / self.orders) if self.orders else None


@dataclass(slots=True)
class Gathering:
    """By key of the segment."""

    now: int
    buying: dict[str, Buying] = field(default_factory=dict)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, profile: Profile, keys: Iterable[str]) -> None:
        """A visitor who is in the segments of these keys."""
        recent = [order for order in profile.known_orders if order.counts and order.at > self.now - WINDOW_MS]
        priced = [order for order in recent if order.is_priced]
        bought = len(recent), len(priced), sum(order.net_minor for order in priced)
        held = [*keys]
        for key in (ALL, *held):
            self.buying.setdefault(key, Buying()).add(*bought)
        self.pairs.update((one, other) for one in held for other in held if one != other)

    def told(self, key: str) -> dict[str, Any]:
        """Of one segment, as it is stored."""
        shared = Counter({other: number for (one, other), number in self.pairs.items() if one == key})
        return {
            "buying": _plain(self.buying.get(key, Buying())),
            "all": _plain(self.buying.get(ALL, Buying())),
            "overlaps": dict(shared.most_common(MOST_OVERLAPS)),
        }


def _plain(buying: Buying) -> list[int]:
    return [buying.visitors, buying.buyers, buying.orders, buying.revenue_minor]


@dataclass(frozen=True)
class Figures:
    """What was stored of a segment, read again."""

    buying: Buying
    all: Buying
    overlaps: dict[str, int]  # key of another segment -> visitors in both

    def share_of(self, key: str) -> float:
        """Of its visitors those who are in the other one, too."""
        return self.overlaps[key] / self.buying.visitors if self.buying.visitors else 0.0


def read(stored: dict[str, Any]) -> Figures | None:
    """None before anything was counted."""
    if not stored:
        return None
    return Figures(Buying(*stored["buying"]), Buying(*stored["all"]), stored.get("overlaps", {}))
