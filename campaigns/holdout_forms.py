"""How many visitors does a holdout leave out? In per cent, kept as thousandths."""

from decimal import Decimal
from typing import Any

from django import forms

from campaigns.models import Campaign, Treatment, new_seed
from campaigns.treatments import HELD
from campaigns.treatments.holdout import OPEN, WHOLE
from sites.models import Site
from sites.pages.copying import LONGEST_NAME, free_key
from sites.pages.edits import EditForm

LEAST, MOST = Decimal("0.1"), Decimal(50)


def held_percent(row: Treatment) -> Decimal | None:
    """None where its arms say nothing of it. One query."""
    held = next((arm.weight for arm in row.arms.all() if arm.key == HELD), None)
    return None if held is None else Decimal(held) / (WHOLE // 100)


class HoldoutForm(EditForm):
    held = forms.DecimalField(
        label="Visitors who do without, in per cent",
        min_value=LEAST,
        max_value=MOST,
        decimal_places=1,
        help_text="From 0.1 to 50. Few cost little, and take long to tell anything: 5 to 10 are usual.",
        widget=forms.NumberInput(attrs={"step": "0.1"}),
    )
    anew = forms.BooleanField(
        required=False,
        label="Deal all visitors anew",
        help_text="Others do without from the next publish on. What was measured until then ends there.",
    )

    class Meta:
        model = Treatment
        fields: list[str] = []

    def __init__(self, *args: Any, site: Site, campaign: Campaign | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.site, self.campaign = site, campaign
        if self.instance.pk:
            self.initial["held"] = held_percent(self.instance)
        else:
            self.instance.site, self.instance.campaign = site, campaign
            self.instance.kind = Treatment.Kind.HOLDOUT
            del self.fields["anew"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("anew"):
            self.instance.seed = new_seed()
        if not self.instance.pk:
            of = self.campaign.name if self.campaign else "all campaigns"
            taken = set(self.site.treatments.values_list("key", flat=True))
            self.instance.name = f"Holdout of {of}"[:LONGEST_NAME]
            self.instance.key = free_key(f"holdout {self.campaign.key if self.campaign else ''}", taken)
        return cleaned

    def arms(self) -> list[dict[str, Any]]:
        """Of a form that is valid."""
        held = int(self.cleaned_data["held"] * (WHOLE // 100))
        return [{"key": HELD, "variant": None, "weight": held}, {"key": OPEN, "variant": None, "weight": WHOLE - held}]
