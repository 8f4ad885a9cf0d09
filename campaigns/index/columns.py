"""Given an attribute's value, which conditions do its predicates allow? One column per attribute, from predicates to
bitmaps.

Every kind of value has its exact answer, also those that a rule did not expect: text where a number was meant, a list
where one value was.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import Any

import msgspec

from campaigns.index.atoms import Bound, Member
from campaigns.index.bits import bitmap
from segments.conditions.values import number_of

# Above this many literals in one column most have few rules: their bits are kept as a list, 10,000 bitmaps would fill
# 12 MB.
MAX_DENSE = 512
# Above this many limits in one column neighbours share a bitmap, and the rules between them are confirmed one by one.
MAX_CUTS = 512

_TRUE, _FALSE, _NULL, _NOTHING = ("true",), ("false",), ("null",), ("nothing",)
Bits = int | tuple[int, ...]


def key_of(value: Any) -> Any:
    """What a scalar is looked up by: True is not 1. What no literal equals gets a key that no literal has."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return _TRUE if value else _FALSE
    if isinstance(value, (int, float)):
        return value
    return _NULL if value is None else _NOTHING


def literal_of(key: Any) -> Any:
    return {_TRUE: True, _FALSE: False, _NULL: None}[key] if isinstance(key, tuple) else key


def _as_bitmap(bits: Bits) -> int:
    return bits if isinstance(bits, int) else sum(1 << slot for slot in bits)


class Column(msgspec.Struct, gc=False):
    """The bitmaps of one attribute. `other` answers a value that no literal equals: it satisfies the negated predicates
    only.

    scalars: the answer for each literal; or, with `is_sparse`, the bits in which that differs from `other`. gains,
    losses: the bits that an element of a list adds to, or takes from, `other`. ranges: the answers for numbers; entry
    2k lies between cuts k-1 and k, entry 2k+1 on cut k. `unsure`: bits to confirm there. unranged: the answer for what
    is not a number.
    """

    path: str
    cares: int  # bits with a predicate here
    other: int
    scalars: dict[Any, Bits]
    is_sparse: bool
    gains: dict[Any, Bits]
    losses: dict[Any, Bits]
    cuts: list[float]
    ranges: list[int]
    unsure: list[int]
    unranged: int

    def allowed(self, value: Any) -> int:
        found = self._among_elements(value) if isinstance(value, (list, tuple)) else self._among_scalars(value)
        if self.cuts:
            position = self._position(value)
            found &= self.unranged if position is None else self.ranges[position]
        return found

    def doubtful(self, value: Any) -> int:
        position = self._position(value)
        return 0 if position is None else self.unsure[position]

    def _among_scalars(self, value: Any) -> int:
        found = self.scalars.get(key_of(value))
        if found is None:
            return self.other
        return self.other ^ _as_bitmap(found) if self.is_sparse else found  # type: ignore[return-value]  # a bitmap, but where sparse

    def _among_elements(self, value: list[Any] | tuple[Any, ...]) -> int:
        # `other` is the answer to a list without any of the literals. An element that is one adds the predicates that
        # ask for it, and takes away those that refuse it; no slot has one of each kind in a column.
        found = self.other
        keys = [element if type(element) is str else key_of(element) for element in value]
        for key in keys:
            if key in self.gains:
                found |= _as_bitmap(self.gains[key])
        if self.losses:
            for key in keys:
                if key in self.losses:
                    found &= ~_as_bitmap(self.losses[key])
        return found

    def _position(self, value: Any) -> int | None:
        number = number_of(value)
        if number is None or number != number:  # NaN is on no side of anything
            return None
        return bisect_left(self.cuts, number) + bisect_right(self.cuts, number)


class ColumnBuilder:
    """Collects predicates on one attribute, at most one `Member` for each slot; bounds of one slot are joined to an
    interval."""

    def __init__(self, path: str):
        self.path = path
        self.positive: list[int] = []
        self.negated: list[int] = []
        self.scalars: dict[Any, list[int]] = defaultdict(list)
        self.gains: dict[Any, list[int]] = defaultdict(list)
        self.losses: dict[Any, list[int]] = defaultdict(list)
        self.intervals: dict[int, tuple[tuple[float, int], tuple[float, int]]] = {}

    def add_member(self, slot: int, atom: Member) -> None:
        (self.negated if atom.negated else self.positive).append(slot)
        literals = atom.literals
        # A literal named twice would flip its bit twice.
        keys = (key_of(literals[0]),) if len(literals) == 1 else set(map(key_of, literals))
        if atom.scalar:
            for key in keys:
                self.scalars[key].append(slot)
        if atom.array:
            elements = self.losses if atom.negated else self.gains
            for key in keys:
                elements[key].append(slot)

    def add_bound(self, slot: int, atom: Bound) -> None:
        """An interval runs from (limit, side) to (limit, side); side 1 lies right behind the limit, -1 right before, 0
        on it."""
        low, high = self.intervals.get(slot, (_LOWEST, _HIGHEST))
        if atom.is_lower:
            low = max(low, (atom.limit, int(atom.is_open)))
        else:
            high = min(high, (atom.limit, -int(atom.is_open)))
        self.intervals[slot] = (low, high)

    def build(self, size: int) -> Column:
        full = (1 << size) - 1
        other = full & ~bitmap(self.positive, size)
        is_sparse = len(self.scalars) > MAX_DENSE
        ranged = bitmap(self.intervals, size)
        cuts, ranges, unsure = _ranges(self.intervals, full & ~ranged, size)
        return Column(
            path=self.path,
            cares=ranged | bitmap(self.positive, size) | bitmap(self.negated, size),
            other=other,
            scalars={
                key: tuple(slots) if is_sparse else other ^ bitmap(slots, size) for key, slots in self.scalars.items()
            },
            is_sparse=is_sparse,
            gains=_bits_by_key(self.gains, size),
            losses=_bits_by_key(self.losses, size),
            cuts=cuts,
            ranges=ranges,
            unsure=unsure,
            unranged=full & ~ranged,
        )


_LOWEST, _HIGHEST = (float("-inf"), 0), (float("inf"), 0)


def _bits_by_key(slots_by_key: dict[Any, list[int]], size: int) -> dict[Any, Bits]:
    is_sparse = len(slots_by_key) > MAX_DENSE
    return {key: tuple(slots) if is_sparse else bitmap(slots, size) for key, slots in slots_by_key.items()}


def _ranges(
    intervals: dict[int, tuple[Any, ...]], unranged: int, size: int
) -> tuple[list[float], list[int], list[int]]:
    """Sweeps over the limits once: at each position the bits of the intervals that begin there join, those that ended
    before leave."""
    limits = sorted({limit for interval in intervals.values() for limit, _ in interval} - {_LOWEST[0], _HIGHEST[0]})
    cuts = limits if len(limits) <= MAX_CUTS else limits[:: len(limits) // MAX_CUTS + 1]
    places = {limit: bisect_left(cuts, limit) + bisect_right(cuts, limit) for limit in limits} | {
        _LOWEST[0]: 0,
        _HIGHEST[0]: 2 * len(cuts),
    }
    rounded = set(limits).difference(cuts)
    joins: dict[int, list[int]] = defaultdict(list)
    leaves: dict[int, list[int]] = defaultdict(list)
    doubts: dict[int, list[int]] = defaultdict(list)
    for slot, ((low, low_side), (high, high_side)) in intervals.items():
        # Of a limit that is no cut, all of the gap in which it lies belongs to the interval, to be confirmed.
        first = places[low] if low in rounded else places[low] + low_side
        last = places[high] if high in rounded else places[high] + high_side
        if first > last:
            continue
        joins[first].append(slot)
        leaves[last + 1].append(slot)
        if low in rounded:
            doubts[first].append(slot)
        if high in rounded:
            doubts[last].append(slot)
    positions = range(2 * len(cuts) + 1 if cuts else 0)
    ranges = _sweep(joins, leaves, positions, unranged, size)
    unsure = [bitmap(doubts.get(position, ()), size) for position in positions] if doubts else []
    return cuts, ranges, unsure


def _sweep(
    joins: dict[int, list[int]], leaves: dict[int, list[int]], positions: range, active: int, size: int
) -> list[int]:
    """The bits that are active at each position. Each interval is touched twice, however many positions it spans."""
    ranges = []
    for position in positions:
        if position in joins:
            active |= bitmap(joins[position], size)
        if position in leaves:
            active &= ~bitmap(leaves[position], size)
        ranges.append(active)
    return ranges
