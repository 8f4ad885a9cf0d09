"""What may a marketer change of a rule?"""

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse_lazy

from campaigns.forms.schedule import SCHEDULE, Scheduled
from campaigns.models import AdVariant, Placement, Rule, Treatment
from segments.forms import ConditionField
from segments.models import Segment
from sites.models import Site


class RuleForm(Scheduled):
    condition = ConditionField(required=False, label="And only when")
    rival = forms.ModelChoiceField(
        AdVariant.objects.none(),
        required=False,
        label="Tested against",
        empty_label="Nothing",
        help_text="Makes a treatment of both: each visitor keeps the one that they drew.",
    )
    share = forms.IntegerField(
        min_value=1, max_value=99, initial=50, required=False, label="Share of the first, in per cent"
    )

    class Meta:
        model = Rule
        fields = [
            "name",
            "placement",
            "segment",
            "condition",
            "variant",
            "treatment",
            "priority",
            "cap_per_day",
            "cap_total",
            "starts_at",
            "ends_at",
            "hours",
            "enabled",
        ]
        field_classes = SCHEDULE
        labels = {
            "segment": "Show to",
            "variant": "Shows",
            "treatment": "Or draws among the arms of",
            "placement": "Appears in",
            "cap_per_day": "At most, per visitor and day",
            "cap_total": "At most, per visitor in all",
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["placement"].queryset = Placement.objects.filter(site=site)
        fields["segment"].queryset = Segment.objects.filter(_offered(self.instance.segment_id), site=site)
        fields["segment"].empty_label = "Everybody"
        fields["condition"].site = site
        fields["variant"].queryset = AdVariant.objects.filter(_offered(self.instance.variant_id), site=site)
        fields["variant"].empty_label = "What is drawn"
        fields["rival"].queryset = AdVariant.objects.filter(archived=False, site=site)
        fields["treatment"].queryset = Treatment.objects.filter(site=site)
        fields["treatment"].empty_label = "Nothing: it shows one creative"
        for name in ("segment", "variant", "rival"):
            fields[name].label_from_instance = _label
        self.place = _chosen(fields["placement"], self.data.get("placement") or self.initial.get("placement"))
        for name in ("variant", "rival"):
            fields[name].choices = by_fit(fields[name], self.place)
        fields["placement"].widget.attrs |= {
            "hx-get": reverse_lazy("rule-creatives"),
            "hx-include": "[name=variant]",
            "hx-target": "#id_variant",
            "hx-swap": "outerHTML",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        variant, rival = cleaned.get("variant"), cleaned.get("rival")
        if rival and (variant is None or rival == variant):
            self.add_error("rival", "A test needs two creatives: choose another one above.")
        elif rival and cleaned.get("treatment"):
            self.add_error("rival", "It draws among the arms of a treatment already.")
        return cleaned

    @property
    def misfits(self) -> list[str]:
        """Of the creatives chosen, in sentences; a form that was checked."""
        place, shown = self.instance.placement, (self.cleaned_data.get("variant"), self.cleaned_data.get("rival"))
        return [f"“{row}” does not fit {place}: {fault}." for row in shown if row and (fault := place.misfit(row))]

    @property
    def shares(self) -> list[tuple[AdVariant | None, int]]:
        """The variants that are to stand against each other, each with its share in per cent; none: it shows one."""
        if not (rival := self.cleaned_data["rival"]):
            return []
        share = self.cleaned_data["share"] or 50
        return [(self.instance.variant, share), (rival, 100 - share)]


def _offered(chosen: int | None) -> Q:
    """What may be chosen: nothing archived, but for what is chosen already; a form that left it out would save that
    nothing is."""
    return Q(archived=False) | Q(pk=chosen)


def _chosen(field: "forms.ModelChoiceField[Placement]", value: Any) -> Placement | None:
    try:
        return field.to_python(value) if value else None
    except forms.ValidationError:
        return None


def by_fit(field: "forms.ModelChoiceField[AdVariant]", place: Placement | None) -> list[Any]:
    """The choices of a field: creatives that fit the placement first, then the others with what is in the way; all of
    one kind where no placement is chosen yet."""
    fitting: list[tuple[Any, str]] = []
    others: list[tuple[Any, str]] = []
    for row in field.queryset or []:
        label = f"{_label(row)} · {row.template_title}"
        fault = place.misfit(row) if place else ""
        (others if fault else fitting).append((row.pk, f"{label}: {fault}" if fault else label))
    groups = [(f"Fit {place}", fitting), ("Have another shape", others)]
    return [("", field.empty_label), *([group for group in groups if group[1]] if others else fitting)]


def _label(row: Segment | AdVariant) -> str:
    return f"{row} (archived)" if row.archived else str(row)
