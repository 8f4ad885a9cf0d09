"""Who has which part of an exclusion group's visitors, and what is free?"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from campaigns.models import ExclusionGroup, Treatment

WHOLE = 100
STYLES = ("one", "two", "three", "four")


class Part(NamedTuple):
    """In per cent of the group's visitors; of nobody where it is free."""

    low: int
    high: int
    member: Treatment | None = None
    style: str = "five"

    @property
    def width(self) -> int:
        return self.high - self.low


class Shared(NamedTuple):
    group: ExclusionGroup
    parts: list[Part]  # from 0 to 100, the free ones among them

    @property
    def members(self) -> list[Part]:
        return [part for part in self.parts if part.member]

    @property
    def free(self) -> list[Part]:
        return [part for part in self.parts if not part.member]

    @property
    def free_percent(self) -> int:
        return sum(part.width for part in self.free)


def shared_by(group: ExclusionGroup, members: Iterable[Treatment]) -> Shared:
    parts: list[Part] = []
    at = 0
    ordered = sorted(members, key=lambda row: (row.group_from, row.pk))
    for place, row in enumerate(ordered):
        if row.group_from > at:
            parts.append(Part(at, row.group_from))
        parts.append(Part(row.group_from, row.group_to, row, STYLES[place % len(STYLES)]))
        at = max(at, row.group_to)
    if at < WHOLE:
        parts.append(Part(at, WHOLE))
    return Shared(group, parts)


def next_free(taken: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """The largest part that nobody has, the first of equals; None where all is taken. Pairs in per cent."""
    gaps: list[tuple[int, int]] = []
    at = 0
    for low, high in [*sorted(taken), (WHOLE, WHOLE)]:
        if low > at:
            gaps.append((at, low))
        at = max(at, high)
    return max(gaps, key=lambda gap: (gap[1] - gap[0], -gap[0]), default=None)
