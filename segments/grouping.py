"""How do groups of rows become a condition, and a condition groups? All, any or none of the rows of a group; all or any
of the groups. Pure.

Two levels say what marketers mean by and, or and not; what is nested deeper stays JSON.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from segments.builder import Row, condition_of, faults_of, rows_of
from segments.conditions.shapes import Condition, SavedGroups
from segments.conditions.tree import Kind, Node, conjuncts, read
from segments.contradictions import Clash, contradictions_in
from segments.typed_values import Fields

ALL, ANY, NONE = "all", "any", "none"
QUANTIFIERS = {ALL: "all of these hold", ANY: "any of these holds", NONE: "none of these holds"}
ROW = "row "  # before the number of a row, where its path begins
JOINS = {ALL: "every group", ANY: "at least one group"}


@dataclass(frozen=True)
class Group:
    """Rows, and how many of them must hold."""

    quantifier: str = ALL
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Groups:
    """What somebody typed. `join` says how many of the groups must hold."""

    join: str = ALL
    groups: tuple[Group, ...] = (Group(),)

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    def change_rows(self, change: Callable[[tuple[Row, ...]], Iterable[Row]]) -> "Groups":
        """The same groups, the rows of each changed."""
        return replace(self, groups=tuple(replace(group, rows=tuple(change(group.rows))) for group in self.groups))

    def drop_empty(self) -> "Groups":
        """Without rows of which nothing is filled in, and without groups that are left empty: somebody added them and
        did not need them."""
        kept = self.change_rows(lambda rows: [row for row in rows if not row.is_empty])
        return replace(kept, groups=tuple(group for group in kept.groups if group.rows) or (Group(),))

    def check(self, fields: Fields) -> "Groups":
        """The same, each row with what is wrong with it."""
        return self.change_rows(lambda rows: faults_of(rows, fields))


def condition_of_groups(typed: Groups, fields: Fields) -> Condition:
    """The condition that says what the groups say. Raises BadRow."""
    groups = [group for group in typed.groups if group.rows]
    if typed.join == ANY and len(groups) > 1:
        return {"$or": [part for group in groups for part in _alternatives(group, fields)]}
    together = condition_of([row for group in groups for row in _certain_rows(group)], fields)
    choices = [
        {"$or": _each(group.rows, fields)} for group in groups if group.quantifier == ANY and len(group.rows) > 1
    ]
    if len(choices) == 1:
        together |= choices[0]
    elif choices:
        together["$and"] = [*together.get("$and", []), *choices]
    if refused := [row for group in groups if group.quantifier == NONE for row in group.rows]:
        together["$nor"] = _each(refused, fields)
    return together


def groups_of(condition: SavedGroups, fields: Fields) -> Groups | None:
    """The groups that say the same, or None where two levels cannot."""
    node = read(condition)
    rows = rows_of(node, fields)
    if rows is not None:
        return Groups(ALL, (Group(ALL, tuple(rows)),))
    if node.kind is Kind.SOME and _singles(node.parts, fields) is None:
        return _alternative_groups(node.parts, fields)
    return _joint_groups(node, fields)


def clashes_of(typed: Groups, fields: Fields) -> dict[int, Clash]:
    """What contradicts what among the rows that are filled in, by the number of the row through all groups, from 0."""
    numbers = iter(range(len(typed.rows)))
    parts = [part for group in typed.groups if (part := _node(group, [next(numbers) for _ in group.rows], fields))]
    if not parts:
        return {}
    found = contradictions_in(Node(Kind.SOME if typed.join == ANY else Kind.EVERY, "", tuple(parts)))
    return {int(clash.path.removeprefix(ROW).partition(".")[0]): clash for clash in found.clashes}


def _node(group: Group, numbers: list[int], fields: Fields) -> Node | None:
    """Of the rows without faults; None where there is none."""
    parts = [
        read(condition_of([row], fields), path=f"{ROW}{number}")
        for row, number in zip(faults_of(group.rows, fields), numbers, strict=True)
        if not row.fault
    ]
    kinds = {ALL: Kind.EVERY, ANY: Kind.SOME, NONE: Kind.NONE}
    return Node(kinds[group.quantifier], "", tuple(parts)) if parts else None


# --- groups -> condition --------------------------------------------------------------------------


def _certain_rows(group: Group) -> Sequence[Row]:
    """The rows of a group that hold in any case; any of one row is that row."""
    return group.rows if group.quantifier == ALL or (group.quantifier == ANY and len(group.rows) == 1) else ()


def _alternatives(group: Group, fields: Fields) -> list[Condition]:
    if group.quantifier == ANY:
        return _each(group.rows, fields)
    return [{"$nor": _each(group.rows, fields)} if group.quantifier == NONE else condition_of(group.rows, fields)]


def _each(rows: Iterable[Row], fields: Fields) -> list[Condition]:
    return [condition_of([row], fields) for row in rows]


# --- condition -> groups --------------------------------------------------------------------------


def _alternative_groups(parts: Iterable[Node], fields: Fields) -> Groups | None:
    """Of alternatives: neighbours of one row each make one group, any of them."""
    groups: list[Group] = []
    for part in parts:
        group = _group(part, fields)
        if group is None:
            return None
        if group.quantifier == ANY and groups and groups[-1].quantifier == ANY:
            groups[-1] = Group(ANY, groups[-1].rows + group.rows)
        else:
            groups.append(group)
    return Groups(ANY, tuple(map(_simplify, groups)))


def _simplify(group: Group) -> Group:
    """Any of one row is all of it."""
    return replace(group, quantifier=ALL) if group.quantifier == ANY and len(group.rows) == 1 else group


def _group(part: Node, fields: Fields) -> Group | None:
    if part.kind is Kind.NONE:
        refused = _singles(part.parts, fields)
        return Group(NONE, refused) if refused else None
    rows = tuple(rows_of(part, fields) or ())
    if not rows:
        return None
    return Group(ANY if len(rows) == 1 else ALL, rows)


def _joint_groups(node: Node, fields: Fields) -> Groups | None:
    """Of a condition whose parts must all hold."""
    certain: list[Row] = []
    choices: list[Group] = []
    refused: list[Row] = []
    for part in conjuncts(node):
        rows = rows_of(part, fields)
        if rows is not None:
            certain += rows
            continue
        singles = _singles(part.parts, fields)
        if singles is None or part.kind not in (Kind.SOME, Kind.NONE):
            return None
        if part.kind is Kind.SOME:
            choices.append(Group(ANY, singles))
        else:
            refused += singles
    groups = [Group(ALL, tuple(certain)), *choices, Group(NONE, tuple(refused))]
    return Groups(ALL, tuple(group for group in groups if group.rows))


def _singles(parts: Iterable[Node], fields: Fields) -> tuple[Row, ...] | None:
    """The rows, where each part is one row and there is one at least."""
    singles: list[Row] = []
    for part in parts:
        rows = rows_of(part, fields)
        if rows is None or len(rows) != 1:
            return None
        singles += rows
    return tuple(singles) or None
