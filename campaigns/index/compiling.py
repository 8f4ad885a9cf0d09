"""How do conditions become an index? Each alternative of each condition gets a slot, each predicate goes to the column
of its attribute."""

from collections.abc import Sequence

from campaigns.index.atoms import Atom, Bound, Normal, normalise
from campaigns.index.bits import bitmap, positions_of
from campaigns.index.columns import Column, ColumnBuilder
from campaigns.index.packing import Packed
from segments.conditions.shapes import Condition, SavedGroups


def compile_index(conditions: Sequence[Condition], groups: SavedGroups) -> Packed:
    slots = _Slots(len(conditions))
    for i, condition in enumerate(conditions):
        slots.add(i, normalise(condition, groups))
    size = slots.count + len(slots.owners)
    columns = [builder.build(size) for builder in slots.builders.values()]
    columns.sort(key=lambda column: -column.cares.bit_count())  # those that rule out most come first
    to_confirm = {slots.owner(slot) for slot in (*slots.unsure, *_rounded_slots(columns))}
    return Packed(
        count=slots.count,
        start=((1 << size) - 1) & ~bitmap(slots.never, size),
        owners=slots.owners,
        unsure=bitmap(slots.unsure, size),
        columns=columns,
        conditions={i: conditions[i] for i in to_confirm},
        groups=dict(groups),
    )


class _Slots:
    """The first alternative of condition i has slot i; further ones follow behind all conditions."""

    def __init__(self, count: int):
        self.count = count
        self.owners: list[int] = []
        self.unsure: list[int] = []
        self.never: list[int] = []
        self.builders: dict[tuple[str, int], ColumnBuilder] = {}

    def owner(self, slot: int) -> int:
        return slot if slot < self.count else self.owners[slot - self.count]

    def add(self, i: int, normal: Normal) -> None:
        if not normal.alternatives:
            self.never.append(i)
        for k, atoms in enumerate(normal.alternatives):
            # Most conditions have one alternative: then slots are rules, and nothing has to be mapped back.
            slot = i if k == 0 else self.count + len(self.owners)
            if k:
                self.owners.append(i)
            if not normal.exact:
                self.unsure.append(slot)
            self._distribute(slot, atoms)

    def _distribute(self, slot: int, atoms: list[Atom]) -> None:
        """A second `Member` on the same attribute goes to a second column of that attribute: a column knows one of a
        slot, and columns are joined by and. Bounds share the first one, where they make up an interval."""
        seen: dict[str, int] = {}
        builders = self.builders
        for atom in atoms:
            path = atom.path
            nth = 0 if isinstance(atom, Bound) else seen.get(path, 0)
            builder = builders.get((path, nth))
            if builder is None:
                builder = builders[path, nth] = ColumnBuilder(path)
            if isinstance(atom, Bound):
                builder.add_bound(slot, atom)
            else:
                seen[path] = nth + 1
                builder.add_member(slot, atom)


def _rounded_slots(columns: list[Column]) -> list[int]:
    """Slots with a limit that is no cut of its column."""
    found = 0
    for column in columns:
        for bits in column.unsure:
            found |= bits
    return list(positions_of(found))
