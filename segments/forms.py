"""How is a condition typed? As rows, or as JSON where rows cannot say it; checked before anything is saved."""

import json
from collections.abc import Mapping
from contextlib import suppress

from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from segments.attributes import ATTRIBUTES
from segments.builder import MONEY, OPERATORS, BadRow, Row, condition_of, faults_of, rows_of
from segments.conditions import validate
from segments.models import Segment
from segments.money import in_major
from segments.wording import describe
from tracking.models import Site

JSON, ROWS = "json", "rows"


FAMILIES = {"visitor.trait.": "text", "cluster.p.": "number"}  # attributes whose last part is open


def kind_of(attribute: str) -> str | None:
    if known := ATTRIBUTES.get(attribute):
        return MONEY if is_money(attribute) else known.type
    return next((kind for prefix, kind in FAMILIES.items() if attribute.startswith(prefix) and attribute != prefix), None)


def is_money(attribute: str) -> bool:
    known = ATTRIBUTES.get(attribute)
    return known is not None and known.unit == "minor"


def title_of(attribute: str) -> str:
    known = ATTRIBUTES.get(attribute)
    return known.title if known else attribute


def in_words(condition: Mapping, currency: str = "") -> str:
    return describe(in_major(condition, is_money, currency), title_of)


def checked(condition: dict) -> dict:
    """The condition itself. Raises ValidationError with each fault and its path."""
    if faults := validate(condition):
        raise forms.ValidationError([f"{fault.path or 'The condition'}: {fault.message}" for fault in faults])
    return condition


class CheckedCondition(forms.ModelForm):
    """For the admin, where a condition is typed as JSON."""

    def clean_condition(self) -> dict:
        return checked(self.cleaned_data["condition"] or {})


class Draft:
    """A condition as somebody is typing it: the rows or the JSON, what was pressed, and what is wrong so far."""

    def __init__(self, condition: Mapping | None = None) -> None:
        rows = rows_of(in_major(condition or {}, is_money))
        self.mode = ROWS if rows is not None else JSON
        self.rows = rows or []
        self.text = json.dumps(condition or {}, indent=2, ensure_ascii=False)
        self.note = ""

    @classmethod
    def posted(cls, data: QueryDict) -> "Draft":
        draft = cls()
        draft.mode = JSON if data.get("condition-mode") == JSON else ROWS
        draft.text = data.get("condition-json", "{}")
        values = zip(data.getlist("condition-attribute"), data.getlist("condition-operator"), data.getlist("condition-value"), strict=False)
        draft.rows = [Row(*row) for row in values]
        return draft

    def press(self, button: str) -> None:
        """Adds or removes a row, or changes between rows and JSON."""
        if button == "add":
            self.rows.append(Row())
        elif button.startswith("remove:") and button[7:].isdecimal():
            self.rows = [row for i, row in enumerate(self.rows) if i != int(button[7:])]
        elif button == JSON:
            self._to_json()
        elif button == ROWS:
            self._to_rows()

    def value(self) -> dict:
        """The condition. Raises ValidationError with each fault and its path."""
        if self.mode == ROWS:
            # A row of which nothing is filled in is one somebody added and did not need.
            self.rows = faults_of([row for row in self.rows if row.attribute or row.value], kind_of)
            if faults := [f"Row {i}: {row.fault}" for i, row in enumerate(self.rows, 1) if row.fault]:
                raise forms.ValidationError(faults)
            return checked(condition_of(self.rows, lambda name: kind_of(name) or "text"))
        try:
            condition = json.loads(self.text or "{}")
        except (json.JSONDecodeError, RecursionError) as error:
            raise forms.ValidationError(f"This is not JSON: {error}") from None
        return checked(condition)

    def _to_json(self) -> None:
        try:
            self.text = json.dumps(
                condition_of([row for row in self.rows if row.attribute], lambda name: kind_of(name) or "text"), indent=2, ensure_ascii=False
            )
            self.mode = JSON
        except (BadRow, KeyError) as error:
            self.note = f"Mend the rows first: {error}"

    def _to_rows(self) -> None:
        try:
            rows = rows_of(in_major(self.value(), is_money))
        except forms.ValidationError as error:
            self.note = " ".join(error.messages)
            return
        if rows is None:
            self.note = "Rows cannot say this; it stays as JSON."
        else:
            self.rows, self.mode = rows, ROWS


class ConditionWidget(forms.Widget):
    """Draws `segments/_condition.html`."""

    template_name = "segments/_condition.html"
    currency = ""  # of the site, for the labels of amounts

    def value_from_datadict(self, data, files, name) -> Draft:
        return Draft.posted(data)

    def value_omitted_from_data(self, data, files, name) -> bool:
        return False

    def render(self, name, value, attrs=None, renderer=None) -> SafeString:
        return render_to_string(self.template_name, condition_context(value if isinstance(value, Draft) else Draft(value), self.currency))


class ConditionField(forms.Field):
    widget = ConditionWidget

    def clean(self, value: Draft) -> dict:
        return value.value()

    def bound_data(self, data: Draft, initial) -> Draft:
        """What was typed, each row with what is wrong with it, to be shown again."""
        with suppress(forms.ValidationError):
            data.value()
        return data

    def has_changed(self, initial, data) -> bool:
        try:
            return (initial or {}) != data.value()
        except forms.ValidationError:
            return True


def condition_context(draft: Draft, currency: str) -> dict:
    groups: dict[str, list] = {}
    for attribute in ATTRIBUTES.values():
        if f"{attribute.name}." not in FAMILIES:
            groups.setdefault(attribute.group.capitalize(), []).append(attribute)
    others = [row.attribute for row in draft.rows if row.attribute and row.attribute not in ATTRIBUTES]
    operators = [(key, words) for key, (words, _) in OPERATORS.items()]
    return {"draft": draft, "groups": groups.items(), "others": others, "operators": operators, "currency": currency}


class SegmentForm(forms.ModelForm):
    condition = ConditionField(required=False, label="Who is in it")

    class Meta:
        model = Segment
        fields = ["name", "key", "description", "condition"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"key": "What conditions and reports call it; small letters, digits, - and _."}

    def __init__(self, *args, site: Site, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        self.fields["condition"].widget.currency = site.currency

    def clean_key(self) -> str:
        key = self.cleaned_data["key"]
        if Segment.objects.filter(site=self.site, key=key).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("This key is taken.")
        return key

    def save(self, commit: bool = True) -> Segment:
        self.instance.site = self.site
        return super().save(commit)
