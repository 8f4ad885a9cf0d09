"""What may a marketer change of a rule?"""

from typing import Any

from campaigns.caps import HELP
from campaigns.forms.schedule import SCHEDULE, Scheduled
from campaigns.forms.showing import ShowingFields
from campaigns.models import Rule, Treatment
from segments.whom import WhomFields
from sites.models import Site


class RuleForm(WhomFields, ShowingFields, Scheduled):
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
            "cap_per_session",
            "cap_per_day",
            "cap_total",
            "starts_at",
            "ends_at",
            "hours",
            "enabled",
        ]
        field_classes = SCHEDULE
        labels = {
            "treatment": "Or draws among the arms of",
            "cap_per_session": "At most, per session",
            "cap_per_day": "At most, per day",
            "cap_total": "At most, in all",
        }
        help_texts = HELP | {
            "treatment": "In place of one creative: each visitor is given one of its arms, and keeps it."
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        self.ask_of(site, self.instance.segment_id)
        self.offer(site, self.instance.variant_id)
        fields["treatment"].queryset = Treatment.objects.filter(site=site)
        fields["treatment"].empty_label = "Nothing: it shows one creative"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.settle_whom()
        self.settle_creative()
        if cleaned.get("rival") and cleaned.get("treatment"):
            self.add_error("rival", "It draws among the arms of a treatment already.")
        return cleaned

    @property
    def made(self) -> list[Any]:
        """Rows that are made along with it, not stored yet; a form that was checked."""
        rows = map(self.cleaned_data.get, ("segment", "variant"))
        return [row for row in rows if row is not None and row.pk is None]
