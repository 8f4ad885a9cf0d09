"""How is a condition typed? As groups of rows, or as JSON where those cannot say it; checked before anything is
saved."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from segments.attributes import ATTRIBUTES, attribute_of
from segments.builder import BREAKS, LABELS, MONEY, UNTYPED, BadRow, Fields, Row
from segments.conditions import validate
from segments.conditions.shapes import Condition
from segments.grouping import ALL, JOINS, QUANTIFIERS, Group, Groups, condition_of_groups, groups_of
from segments.models import Segment
from segments.models_in_force import version_in_force
from segments.wording import describe
from sites.models import Site
from sites.pages.edits import EditForm, SiteForm
from sites.pages.shell import whole

JSON, ROWS = "json", "rows"
# What a condition speaks of: the attributes of a visitor, or the properties of an event, which nobody registers.
VISITOR, EVENT = "visitor", "event"


def kind_of(attribute: str) -> str | None:
    known = attribute_of(attribute)
    if known is None:
        return None
    return MONEY if known.unit == "minor" else known.type


def kind_of_property(name: str) -> str | None:
    """None for what is no name, or would come back from a browser's field as another one."""
    is_name = name[:1] not in ("", "$") and name == name.strip() and not BREAKS & set(name)
    return UNTYPED if is_name else None


def fields_of(about: str, currency: str) -> Fields:
    return Fields(kind_of_property, currency, "Name a property.") if about == EVENT else Fields(kind_of, currency)


def check(condition: Condition) -> Condition:
    """The condition itself. Raises ValidationError with each fault and its path."""
    if faults := validate(condition):
        raise forms.ValidationError(list(map(str, faults)))
    return condition


def faithful_groups(condition: Condition, fields: Fields) -> Groups | None:
    """The groups of rows that become this very condition again, each value of its type, or None where there are
    none."""
    groups = groups_of(condition, fields)
    if groups is None or any(row.fault for row in groups.check(fields).rows):
        return None
    return groups if is_same(condition_of_groups(groups, fields), condition) else None


def is_same(one: Condition, other: Condition) -> bool:
    """Equal with their types: Python's own == takes true for 1, which no condition does."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


class CheckedCondition(EditForm):
    """For the admin, where a condition is typed as JSON."""

    def clean_condition(self) -> Condition:
        return check(self.cleaned_data["condition"] or {})


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

    @classmethod
    def of_post(cls, data: QueryDict, currency: str) -> "Draft":
        draft = cls(currency, about=EVENT if data.get("condition-about") == EVENT else VISITOR)
        draft.mode = JSON if data.get("condition-mode") == JSON else ROWS
        draft.text = data.get("condition-json", "{}")
        names = [name.strip() for name in data.getlist("condition-attribute")]
        rows = list(map(Row, names, *(data.getlist(f"condition-{part}") for part in ("operator", "value"))))
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
        """Adds or removes a row, adds a group, or changes between groups and JSON."""
        what, _, which = button.partition(":")
        place = whole(which)
        if what == "add":
            self._add_row(len(self.groups.groups) - 1 if place is None else place)
        elif what == "remove" and place is not None:
            self._remove_row(place)
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
            return check(condition_of_groups(self.groups, self.fields))
        try:
            condition = json.loads(self.text or "{}")
        except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
            raise forms.ValidationError(f"This is not JSON: {error}") from None
        return check(condition)

    def _add_row(self, place: int) -> None:
        groups = self.groups.groups
        self.groups = replace(
            self.groups,
            groups=tuple(
                replace(group, rows=(*group.rows, Row())) if i == place else group for i, group in enumerate(groups)
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


class ConditionWidget(forms.Widget):
    """Draws `segments/_condition.html`."""

    template_name = "segments/_condition.html"
    about = VISITOR
    site: Site  # whose currency and segments the rows speak of

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Draft:
        return Draft.of_post(data, self.site.currency)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        draft = value if isinstance(value, Draft) else Draft(self.site.currency, value, self.about)
        return render_to_string(self.template_name, condition_context(draft, self.site))


class ConditionField(forms.Field):
    widget = ConditionWidget

    def __init__(self, *, about: str = VISITOR, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.about = about

    @property
    def site(self) -> Site:
        return self.widget.site

    @site.setter
    def site(self, site: Site) -> None:
        self.widget.site = site

    def in_words(self, condition: Condition | None) -> str:
        if self.widget.about == EVENT:
            return describe(condition) if condition else "any"
        return describe(condition or {}, self.site.currency)

    def clean(self, value: Draft) -> Condition:
        return value.value()

    def bound_data(self, data: Draft, initial: Any) -> Draft:
        """What was typed, each row with what is wrong with it, to be shown again."""
        with suppress(forms.ValidationError):
            data.value()
        return data

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return not is_same(initial or {}, data.value())
        except forms.ValidationError:
            return True


def condition_context(draft: Draft, site: Site) -> dict[str, Any]:
    groups: dict[str, list[Any]] = {}
    is_of_visitor = draft.about == VISITOR
    for attribute in ATTRIBUTES.values() if is_of_visitor else ():
        if attribute.member is None:  # the head of a family is no value to compare with
            groups.setdefault(attribute.group.capitalize(), []).append(attribute)
    return {
        "draft": draft,
        "groups": groups.items(),
        "others": [row.attribute for row in draft.groups.rows if row.attribute and row.attribute not in ATTRIBUTES],
        "operators": LABELS.items(),
        "quantifiers": QUANTIFIERS.items(),
        "joins": JOINS.items(),
        "choices": choices_of(site) if is_of_visitor else {},
        "currency": site.currency,
    }


def choices_of(site: Site) -> dict[str, list[str]]:
    """What is worth offering as a value: attribute -> values. Two queries."""
    model = version_in_force(site)
    offered = {
        attribute.name: ["yes", "no"] if attribute.type == "boolean" else list(attribute.domain.choices)
        for attribute in ATTRIBUTES.values()
    }
    offered["segment"] = list(Segment.objects.filter(site=site, archived=False).values_list("key", flat=True))
    offered["cluster.name"] = [cluster["name"] for cluster in model.clusters] if model else []
    return {name: values for name, values in offered.items() if values}


class SegmentForm(SiteForm):
    condition = ConditionField(required=False, label="Who is in it")

    class Meta:
        model = Segment
        fields = ["name", "key", "description", "condition"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"key": "What conditions and reports call it; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        condition: Any = self.fields["condition"]
        condition.site = site
