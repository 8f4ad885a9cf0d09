"""Whose arm does somebody set by hand, and to which one?"""

from typing import Any

from django import forms

from campaigns.models import Arm, Override, Treatment
from sites.models import Site
from tracking.models import Visitor
from tracking.visitors import find


def name_of(arm: Arm) -> str:
    if arm.treatment.kind == Treatment.Kind.HOLDOUT:
        return "does without" if arm.key == "held" else "sees everything"
    return f"{arm.variant.name if arm.variant else 'Control'} (arm {arm.key})"


class _ArmForm(forms.Form):
    note = forms.CharField(
        required=False,
        max_length=Override._meta.get_field("note").max_length,
        label="Note",
        help_text="Who it is, or why. Stands in the change log.",
    )

    def clean_note(self) -> str:
        return str(self.cleaned_data["note"]).strip()


class VisitorForm(_ArmForm):
    """On the page of an experiment: which visitor?"""

    field_order = ("visitor", "arm", "note")
    visitor = forms.CharField(
        max_length=200,
        label="Visitor",
        help_text="The id of a visitor, a device or a user.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    arm = forms.ChoiceField(label="Sees")

    def __init__(self, data: Any, *, site: Site, treatment: Treatment) -> None:
        super().__init__(data)
        self.site = site
        arms = treatment.arms.select_related("variant", "treatment").order_by("id")
        self.fields["arm"].choices = [(arm.key, name_of(arm)) for arm in arms]  # type: ignore[attr-defined]

    def clean_visitor(self) -> Visitor:
        text = self.cleaned_data["visitor"].replace("\0", "").strip()
        found = list(find(self.site, text).select_related("merged_into")[:2]) if text else []
        if not found:
            raise forms.ValidationError("Nobody has this id. Look them up under Visitors.")
        if len(found) > 1 and found[0].pk.hex != text:
            raise forms.ValidationError("More than one id begins so. Write more of it.")
        return found[0].merged_into or found[0]


class ArmForm(_ArmForm):
    """On the page of a visitor: which experiment, and which of its arms?"""

    field_order = ("arm", "note")
    arm = forms.ChoiceField(label="Sees")

    def __init__(self, data: Any, *, site: Site) -> None:
        super().__init__(data)
        arms = Arm.objects.filter(treatment__site=site).select_related("variant", "treatment")
        self.by_id = {str(arm.pk): arm for arm in arms.order_by("treatment__name", "treatment_id", "id")}
        grouped: dict[str, list[tuple[str, str]]] = {}
        for key, arm in self.by_id.items():
            grouped.setdefault(arm.treatment.name, []).append((key, name_of(arm)))
        self.fields["arm"].choices = [("", "Choose"), *grouped.items()]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Arm:
        """Of a form that is valid."""
        return self.by_id[self.cleaned_data["arm"]]
