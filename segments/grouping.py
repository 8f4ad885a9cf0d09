"""How do groups of rows become a condition, and a condition groups? All, any or none of the rows of a group; all or any
of the groups. Pure.

Two levels say what marketers mean by and, or and not; what is nested deeper stays JSON. Money is as in
`segments.builder`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from segments.builder import Kind, Row, condition_of, faults_of, rows_of

ALL, ANY, NONE = "all", "any", "none"
QUANTIFIERS = {ALL: "all of these hold", ANY: "any of these holds", NONE: "none of these holds"}
JOINS = {ALL: "every group", ANY: "at least one group"}

KindOf = Callable[[str], Kind]


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

    def changed(self, change: Callable[[tuple[Row, ...]], Iterable[Row]]) -> "Groups":
        """The same groups, the rows of each changed."""
        return replace(self, groups=tuple(replace(group, rows=tuple(change(group.rows))) for group in self.groups))

    def filled(self) -> "Groups":
        """Without rows of which nothing is filled in, and without groups that are left empty: somebody added them and
        did not need them."""
        kept = self.changed(lambda rows: [row for row in rows if row.attribute or row.value])
        return replace(kept, groups=tuple(group for group in kept.groups if group.rows) or (Group(),))

    def checked(self, kind_of: Callable[[str], Kind | None]) -> "Groups":
        """The same, each row with what is wrong with it."""
        return self.changed(lambda rows: faults_of(rows, kind_of))


def condition_of_groups(typed: Groups, kind_of: KindOf) -> dict:
    """The condition that says what the groups say. Raises BadRow."""
    groups = [group for group in typed.groups if group.rows]
    if typed.join == ANY and len(groups) > 1:
        return {"$or": [part for group in groups for part in _alternatives(group, kind_of)]}
    together = condition_of([row for group in groups for row in _certain(group)], kind_of)
    choices = [
        {"$or": _each(group.rows, kind_of)} for group in groups if group.quantifier == ANY and len(group.rows) > 1
    ]
    if len(choices) == 1:
        together |= choices[0]
    elif choices:
        together["$and"] = [*together.get("$and", []), *choices]
    if refused := [row for group in groups if group.quantifier == NONE for row in group.rows]:
        together["$nor"] = _each(refused, kind_of)
    return together


def groups_of(condition: Mapping) -> Groups | None:
    """The groups that say the same, or None where two levels cannot."""
    rows = rows_of(condition)
    if rows is not None:
        return Groups(ALL, (Group(ALL, tuple(rows)),))
    if set(condition) == {"$or"} and _singles(condition["$or"]) is None:
        return _alternative_groups(condition["$or"])
    return _joint_groups(condition)


# --- groups -> condition --------------------------------------------------------------------------


def _certain(group: Group) -> Sequence[Row]:
    """The rows of a group that hold in any case; any of one row is that row."""
    return group.rows if group.quantifier == ALL or (group.quantifier == ANY and len(group.rows) == 1) else ()


def _alternatives(group: Group, kind_of: KindOf) -> list[dict]:
    if group.quantifier == ANY:
        return _each(group.rows, kind_of)
    return [{"$nor": _each(group.rows, kind_of)} if group.quantifier == NONE else condition_of(group.rows, kind_of)]


def _each(rows: Iterable[Row], kind_of: KindOf) -> list[dict]:
    return [condition_of([row], kind_of) for row in rows]


# --- condition -> groups --------------------------------------------------------------------------


def _alternative_groups(parts: object) -> Groups | None:
    """Of `$or`: neighbours of one row each make one group, any of them."""
    groups: list[Group] = []
    for part in parts if isinstance(parts, list) and parts else [None]:
        group = _group(part)
        if group is None:
            return None
        if group.quantifier == ANY and groups and groups[-1].quantifier == ANY:
            groups[-1] = Group(ANY, groups[-1].rows + group.rows)
        else:
            groups.append(group)
    return Groups(
        ANY,
        tuple(
            replace(group, quantifier=ALL) if group.quantifier == ANY and len(group.rows) == 1 else group
            for group in groups
        ),
    )


def _group(part: object) -> Group | None:
    if not isinstance(part, Mapping):
        return None
    if set(part) == {"$nor"}:
        refused = _singles(part["$nor"])
        return Group(NONE, refused) if refused else None
    rows = rows_of(part) or ()
    return Group(ANY if len(rows) == 1 else ALL, tuple(rows)) if rows else None


def _joint_groups(condition: Mapping) -> Groups | None:
    """Of a condition whose parts must all hold."""
    certain: list[Row] = []
    choices: list[Group] = []
    refused: list[Row] = []
    for key, value in condition.items():
        for part in value if key == "$and" and isinstance(value, list) else [{key: value}]:
            rows = rows_of(part) if isinstance(part, Mapping) else None
            if rows is not None:
                certain += rows
            elif (choice := _singles(_only(part, "$or"))) is not None:
                choices.append(Group(ANY, choice))
            elif (members := _singles(_only(part, "$nor") or [_only(part, "$not")])) is not None:
                refused += members
            else:
                return None
    groups = [Group(ALL, tuple(certain)), *choices, Group(NONE, tuple(refused))]
    return Groups(ALL, tuple(group for group in groups if group.rows))


def _only(part: object, key: str) -> object:
    """What stands behind the key, if there is no other."""
    return part[key] if isinstance(part, Mapping) and set(part) == {key} else None


def _singles(parts: object) -> tuple[Row, ...] | None:
    """The rows, where each part is one row and there is one at least."""
    each = [rows_of(part) if isinstance(part, Mapping) else None for part in parts] if isinstance(parts, list) else []
    rows = [rows[0] for rows in each if rows and len(rows) == 1]
    return tuple(rows) if rows and len(rows) == len(each) else None
