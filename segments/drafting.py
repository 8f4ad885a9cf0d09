"""What has somebody typed of a condition so far? Groups of rows, or JSON where those cannot say it."""

import json
from dataclasses import replace

from django import forms
from django.http import QueryDict

from segments import domains
from segments.attributes import TRAIT, attribute_of
from segments.builder import OFFERED, Row, as_stored, event_row
from segments.conditions import validate
from segments.conditions.event_rows import KEY
from segments.conditions.shapes import Condition
from segments.event_form import PRESSES, EventRow, canonical, posted_event
from segments.grouping import ALL, JOINS, QUANTIFIERS, Group, Groups, condition_of_groups, groups_of
from segments.spelling import respell
from segments.typed_values import BREAKS, CHOICE, FLAG, MONEY, UNTYPED, WEEKDAY, BadRow, Fields, split
from segments.wording import title_of
from sites.pages.shell import whole

JSON, ROWS = "json", "rows"
# What a condition speaks of: the attributes of a visitor, or the properties of an event, which nobody registers.
VISITOR, EVENT = "visitor", "event"
KINDS_OF_NUMBERS = {domains.FLAG: FLAG, domains.WEEKDAY: WEEKDAY}


def kind_of(attribute: str) -> str | None:
    """How its values are typed; None for an attribute that nobody knows."""
    known = attribute_of(attribute)
    if known is None:
        return None
    if attribute.startswith(TRAIT):
        return UNTYPED
    if known.domain.choices:
        return CHOICE
    if known.type == "number" and (kind := KINDS_OF_NUMBERS.get(replace(known.domain, usual=None))):
        return kind
    return MONEY if known.unit == "minor" else known.type


def kind_of_property(name: str) -> str | None:
    """None for what is no name, or would come back from a browser's field as another one."""
    is_name = name[:1] not in ("", "$") and name == name.strip() and not BREAKS & set(name)
    return UNTYPED if is_name else None


def fields_of(about: str, currency: str) -> Fields:
    if about == EVENT:
        return Fields(kind_of_property, currency, "Name a property.")
    return Fields(kind_of, currency, choices_of=choices_of, title_of=title_of, has_events=True)


def choices_of(attribute: str) -> tuple[str, ...]:
    known = attribute_of(attribute)
    return known.domain.choices if known else ()


def check(condition: Condition) -> Condition:
    """The condition itself. Raises ValidationError with each fault and its path."""
    if faults := validate(condition):
        raise forms.ValidationError(list(map(str, faults)))
    return condition


def faithful_groups(condition: Condition, fields: Fields) -> Groups | None:
    """The groups of rows that become this very condition again, each value of its type, or None where there are
    none."""
    groups = groups_of(as_stored(condition), fields)
    if groups is None or any(row.fault for row in groups.check(fields).rows):
        return None
    return groups if is_same(canonical(condition_of_groups(groups, fields)), canonical(condition)) else None


def is_same(one: Condition, other: Condition) -> bool:
    """Equal with their types: Python's own == takes true for 1, which no condition does."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


class Draft:
    """A condition as somebody is typing it: groups of rows or JSON, what was pressed, and what is wrong so far. Rows
    tell amounts of a visitor in major units of the currency, JSON in minor ones. `about`: VISITOR or EVENT."""

    def __init__(self, currency: str, condition: Condition | None = None, about: str = VISITOR) -> None:
        self.about, self.fields = about, fields_of(about, currency)
        groups = faithful_groups(condition or {}, self.fields)
        self.mode = ROWS if groups is not None else JSON
        self.groups = groups or Groups()
        self.text = json.dumps(condition or {}, indent=2, ensure_ascii=False)
        self.note = ""
        self.is_pressed = False  # by a button: nobody has finished it yet

    @classmethod
    def of_post(cls, data: QueryDict, currency: str) -> "Draft":
        draft = cls(currency, about=EVENT if data.get("condition-about") == EVENT else VISITOR)
        draft.mode = JSON if data.get("condition-mode") == JSON else ROWS
        draft.text = data.get("condition-json", "{}")
        names = [name.strip() for name in data.getlist("condition-attribute")]
        rows = list(map(Row, names, *(data.getlist(f"condition-{part}") for part in ("operator", "value"))))
        rows = [
            replace(row, event=posted_event(data, i)) if row.attribute == KEY else row for i, row in enumerate(rows)
        ]
        places = data.getlist("condition-group") or ["0"] * len(rows)
        groups = [
            Group(
                quantifier if quantifier in QUANTIFIERS else ALL,
                tuple(row for row, place in zip(rows, places, strict=False) if place == str(i)),
            )
            for i, quantifier in enumerate(data.getlist("condition-quantifier") or [ALL])
        ]
        join = data.get("condition-join", ALL)
        draft.groups = Groups(join if join in JOINS else ALL, tuple(groups))
        return draft

    @property
    def pieces(self) -> list[tuple[Group, list[tuple[int, Row]]]]:
        """Each group with its rows, numbered through the whole condition from 0."""
        numbered = enumerate(self.groups.rows)
        return [(group, [next(numbered) for _ in group.rows]) for group in self.groups.groups]

    def press(self, button: str) -> None:
        """Adds or removes a row, adds a group, takes the value that was meant, or changes between groups and JSON."""
        what, _, which = button.partition(":")
        place = whole(which)
        self.is_pressed = bool(button)
        if what == "add":
            self._add_row(len(self.groups.groups) - 1 if place is None else place)
        elif what == "remove" and place is not None:
            self._remove_row(place)
        elif what == "fit" and place is not None:
            self._fit(place)
        elif what == "event":
            self._add_row(len(self.groups.groups) - 1 if place is None else place, event_row(EventRow()))
        elif what in PRESSES:
            self._press_event(what, which)
        elif what == "take":
            self._take(*which.partition(":")[::2])
        elif what == "group":
            self.groups = replace(self.groups, groups=(*self.groups.groups, Group(ALL, (Row(),))))
        elif what == JSON:
            self._to_json()
        elif what == ROWS:
            self._to_rows()

    def value(self) -> Condition:
        """The condition. Raises ValidationError with each fault and its path."""
        if self.mode == ROWS:
            self.groups = self.groups.drop_empty().check(self.fields)
            if faults := [f"Row {i}: {row.fault}" for i, row in enumerate(self.groups.rows, 1) if row.fault]:
                raise forms.ValidationError(faults)
            return self._spelled(condition_of_groups(self.groups, self.fields))
        try:
            condition = json.loads(self.text or "{}")
        except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
            raise forms.ValidationError(f"This is not JSON: {error}") from None
        return self._spelled(condition)

    def _spelled(self, condition: Condition) -> Condition:
        """Checked, and spelled as visitors' attributes are."""
        return check(condition) if self.about == EVENT else respell(check(condition))

    def _fit(self, number: int) -> None:
        """A comparison for the attribute that has just been chosen: the one asked for most."""
        rows = self.groups.rows
        kind = self.fields.kind_of(rows[number].attribute) if number < len(rows) else None
        if kind:
            self._put(rows[number], replace(rows[number], operator=OFFERED[kind][0]))

    def _put(self, row: Row, changed: Row) -> None:
        self.groups = self.groups.change_rows(lambda own: [changed if one is row else one for one in own])

    def _take(self, row: str, choice: str) -> None:
        """`choice`: which of the row's values, counted from 0, and what it becomes."""
        number, (place, _, value) = whole(row), choice.partition(":")
        rows, part = self.groups.rows, whole(place)
        if number is None or number >= len(rows) or part is None or not value:
            return
        parts = split(rows[number].value)
        attribute = rows[number].attribute
        is_as_typed = self.fields.kind_of(attribute) == UNTYPED
        parts[part : part + 1] = [value if is_as_typed else self.fields.write(attribute, value) or value]
        self._put(rows[number], replace(rows[number], value=", ".join(parts)))

    def _press_event(self, what: str, which: str) -> None:
        number, _, rest = which.partition(":")
        place, rows = whole(number), self.groups.rows
        if place is not None and place < len(rows) and (event := rows[place].event):
            self._put(rows[place], replace(rows[place], event=PRESSES[what](event, rest)))

    def _add_row(self, place: int, row: Row = Row()) -> None:  # noqa: B008 - it is frozen
        groups = self.groups.groups
        self.groups = replace(
            self.groups,
            groups=tuple(
                replace(group, rows=(*group.rows, row)) if i == place else group for i, group in enumerate(groups)
            ),
        )

    def _remove_row(self, number: int) -> None:
        """A group that loses its last row goes with it."""
        left = [replace(group, rows=tuple(row for i, row in rows if i != number)) for group, rows in self.pieces]
        self.groups = replace(self.groups, groups=tuple(group for group in left if group.rows) or (Group(),))

    def _to_json(self) -> None:
        try:
            condition = condition_of_groups(self.groups.drop_empty(), self.fields)
        except BadRow as error:
            self.note = f"Mend the rows first: {error}"
            return
        self.text, self.mode = json.dumps(condition, indent=2, ensure_ascii=False), JSON

    def _to_rows(self) -> None:
        try:
            groups = faithful_groups(self.value(), self.fields)
        except forms.ValidationError as error:
            self.note = " ".join(error.messages)
            return
        if groups is None:
            self.note = "Groups of rows cannot say this; it stays as JSON."
        else:
            self.groups, self.mode = groups, ROWS
