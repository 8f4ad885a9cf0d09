"""Which conditions hold? ANDs the answers of the columns, then confirms the few candidates that bitmaps cannot decide.

Bitmaps in place of counted postings (`docs/decisions/0005-bitmaps-for-rules.md`): at 10,000 rules one AND of 1,250
bytes costs 0.15 us, less than counting one posting list.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from campaigns.index.bits import positions_of
from campaigns.index.columns import Column
from campaigns.index.compiling import compile_index
from campaigns.index.packing import Packed, pack, unpack
from segments.conditions import compile_condition, paths_of
from segments.conditions.saved import NO_GROUPS
from segments.conditions.shapes import Condition, SavedGroups, Values
from segments.conditions.values import walk


class Index:
    """Immutable. `match(attributes)` equals asking `segments.conditions.matches` for each condition.

    The first alternative of condition i is slot i; further alternatives (of an `$or`) have slots from `count` on, and
    `owners` says whose they are.
    """

    def __init__(self, packed: Packed):
        self._packed = packed
        self.count = packed.count
        self._full = packed.start
        self._own = (1 << packed.count) - 1
        self._extras = packed.start & ~self._own
        self._plan = [_plan(column) for column in packed.columns]
        self._tests: dict[int, Callable[[Values], bool]] = {}

    @classmethod
    def build(cls, conditions: Sequence[Condition], groups: SavedGroups = NO_GROUPS) -> "Index":
        """A malformed condition is accepted and never matches."""
        return cls(compile_index(conditions, groups))

    def match(self, attributes: Values, within: int = -1) -> int:
        """Bit i is set when condition i holds. Conditions outside the bitmap `within` are not looked at."""
        found = self._full & within | self._extras
        doubt = self._packed.unsure
        for path, cares, of_text, other, cuts, ranges, column in self._plan:
            if not found & cares:
                continue  # a look-up may have to compute the attribute
            try:
                value = attributes[path]
            except (KeyError, TypeError, IndexError, AttributeError):
                value = walk(attributes, path) if "." in path else None
            kind = type(value)
            if of_text is not None and kind is str:
                found &= of_text(value, other)
            elif cuts is not None and (kind is int or (kind is float and value == value)):
                found &= ranges[bisect_left(cuts, value) + bisect_right(cuts, value)]
            else:
                found &= column.allowed(value)
                if column.unsure:
                    doubt |= column.doubtful(value)
        if doubt:
            found = self._confirm(found, found & doubt, attributes)
        if found > self._own:
            found = self._fold(found)
        return found & within

    def speaking_of(self, is_meant: Callable[[str], bool]) -> int:
        """The conditions that look at an attribute whose name is meant, as a bitmap."""
        found = 0
        for column in self._packed.columns:
            if is_meant(column.path):
                found |= column.cares
        found = self._fold(found)
        for i, condition in self._packed.conditions.items():
            if any(map(is_meant, paths_of(condition, self._packed.groups))):
                found |= 1 << i
        return found

    def to_bytes(self) -> bytes:
        return pack(self._packed)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Index":
        """Rebuilds nothing; conditions that need confirming are compiled when first met."""
        return cls(unpack(data))

    def _owner(self, slot: int) -> int:
        return slot if slot < self._packed.count else self._packed.owners[slot - self._packed.count]

    def _confirm(self, found: int, doubt: int, attributes: Values) -> int:
        for slot in positions_of(doubt):
            if not self._test(self._owner(slot))(attributes):
                found ^= 1 << slot
        return found

    def _test(self, i: int) -> Callable[[Values], bool]:
        test = self._tests.get(i)
        if test is None:
            test = self._tests[i] = compile_condition(self._packed.conditions[i], self._packed.groups)
        return test

    def _fold(self, found: int) -> int:
        owners = self._packed.owners
        folded = found & self._own
        for slot in positions_of(found >> self._packed.count):
            folded |= 1 << owners[slot]
        return folded


def _plan(column: Column) -> tuple[Any, ...]:
    """What `match` needs of a column, unpacked: the usual value of a usual column is answered without a call of ours.
    A column that may leave a doubt has none that is usual."""
    has_members = column.scalars or column.gains or column.losses or column.cares & ~column.other
    of_text = None if column.is_sparse or column.cuts or column.unsure else column.scalars.get
    cuts = column.cuts if column.cuts and not (has_members or column.unsure) else None
    return column.path, column.cares, of_text, column.other, cuts, column.ranges, column
