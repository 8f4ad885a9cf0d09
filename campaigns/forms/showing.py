"""What is shown, and where? A placement, and a creative that there is or that is made on the spot: a part of the forms
that ask it."""

from typing import Any

from django import forms
from django.db.models import Q

from campaigns.forms.new_creative import NewCreativeForm
from campaigns.models import AdVariant, Placement
from sites.models import Site
from sites.pages.edits import as_typed

NEW = "new"  # in place of the id of a creative


class CreativeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in its stubs only
    widget = forms.RadioSelect

    def to_python(self, value: Any) -> Any:
        return None if value == NEW else super().to_python(value)

    def in_words(self, value: Any) -> str:
        """For the change log."""
        row = value if isinstance(value, AdVariant) else AdVariant.objects.filter(pk=value).first()
        return str(row or "What is drawn")


class ShowingFields(forms.Form):
    placement = forms.ModelChoiceField(
        Placement.objects.none(),
        label="Appears in",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose where it appears."},
    )
    variant = CreativeChoice(AdVariant.objects.none(), required=False, label="Shows", empty_label=None)
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

    def offer(self, site: Site, chosen: int | None = None) -> None:
        """`chosen` is the creative that is shown already: it stays a choice, archived or not. A form that left it out
        would save that nothing is."""
        fields: dict[str, Any] = self.fields
        fields["placement"].queryset = Placement.objects.filter(site=site)
        fields["variant"].queryset = AdVariant.objects.filter(Q(archived=False) | Q(pk=chosen), site=site)
        fields["rival"].queryset = AdVariant.objects.filter(archived=False, site=site)
        self.place = self._chosen_place()
        fields["rival"].choices = by_fit(fields["rival"], self.place)
        self.fresh = NewCreativeForm(
            self.data if self.is_bound else None,
            prefix=self.add_prefix(NEW),
            site=site,
            initial={"template": self.fitting_template},
        )
        if not self.makes_creative:
            as_typed(self.fresh)

    @property
    def fitting_template(self) -> str:
        """The first that fits the placement."""
        place, usual = self.place, AdVariant.Template.HERO.value
        return next((key for key in AdVariant.Template.values if place and not place.misfit_of(key)), usual)

    @property
    def makes_creative(self) -> bool:
        return bool(self["variant"].value() == NEW)

    def settle_creative(self) -> None:
        """Leaves in `variant` what is shown; a new creative is not stored yet."""
        cleaned = self.cleaned_data
        if self.makes_creative and self.fresh.is_valid():
            cleaned["variant"] = self.fresh.made()
        elif self.makes_creative:
            self.add_error("variant", "Something is missing in the new creative, or is not right: see below.")
        variant, rival = cleaned.get("variant"), cleaned.get("rival")
        if rival and (variant is None or rival == variant):
            self.add_error("rival", "A test needs two creatives: choose another one above.")

    @property
    def misfits(self) -> list[str]:
        """Of the creatives chosen, in sentences; a form that was checked."""
        place, shown = self.cleaned_data["placement"], map(self.cleaned_data.get, ("variant", "rival"))
        return [f"“{row}” does not fit {place}: {fault}." for row in shown if row and (fault := place.misfit(row))]

    @property
    def shares(self) -> list[tuple[AdVariant | None, int]]:
        """The variants that are to stand against each other, each with its share in per cent; none: it shows one."""
        if not (rival := self.cleaned_data["rival"]):
            return []
        share = self.cleaned_data["share"] or 50
        return [(self.cleaned_data["variant"], share), (rival, 100 - share)]

    def _chosen_place(self) -> Placement | None:
        field: Any = self.fields["placement"]
        try:
            found: Placement | None = field.to_python(self["placement"].value())
        except forms.ValidationError:
            return None
        return found

    def _get_validation_exclusions(self) -> set[str]:
        """Django's hook: what is not stored yet has no id for the database to judge."""
        unstored = {name for name in ("variant", "segment") if (row := self.cleaned_data.get(name)) and row.pk is None}
        return super()._get_validation_exclusions() | unstored  # type: ignore[misc]  # of a ModelForm


def by_fit(field: "forms.ModelChoiceField[AdVariant]", place: Placement | None) -> list[Any]:
    """The choices of a field: creatives that fit the placement first, then the others with what is in the way; all of
    one kind where no placement is chosen yet."""
    fitting: list[tuple[Any, str]] = []
    others: list[tuple[Any, str]] = []
    for row in field.queryset or []:
        label = f"{row} · {row.template_title}"
        fault = place.misfit(row) if place else ""
        (others if fault else fitting).append((row.pk, f"{label}: {fault}" if fault else label))
    groups = [(f"Fit {place}", fitting), ("Have another shape", others)]
    return [("", field.empty_label), *([group for group in groups if group[1]] if others else fitting)]
