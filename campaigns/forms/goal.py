"""What may a marketer change of a goal? Which event counts, and what it is worth."""

from typing import Any

from campaigns.forms.seen_events import SeenEvents
from campaigns.models import Goal
from segments.drafting import EVENT
from segments.forms import ConditionField
from sites.models import Site
from sites.pages.amounts import AmountField
from sites.pages.edits import SiteForm


class GoalForm(SiteForm):
    condition = ConditionField(
        about=EVENT,
        required=False,
        label="Only where",
        help_text="Properties as the site sends them; dots lead inside, as in plan.price. Digits that are text need"
        ' quotes: "0123".',
    )
    value_minor = AmountField(required=False)

    class Meta:
        model = Goal
        fields = [
            "name",
            "key",
            "event",
            "condition",
            "value_kind",
            "value_minor",
            "value_property",
            "window_days",
            "view_through",
        ]
        labels = {
            "event": "The event that counts",
            "value_kind": "Each is worth",
            "value_property": "Property that says it",
            "window_days": "Counts within, in days",
        }
        help_texts = {"key": "Stands in the API and in lists of changes; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.fields["event"].widget = SeenEvents(site)
        condition: Any = self.fields["condition"]
        condition.site = site
        amount: Any = self.fields["value_minor"]
        amount.currency, amount.label = site.currency, f"Amount, in {site.currency}"
        amount.help_text = "Of each, where it is always the same."
