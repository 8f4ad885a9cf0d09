"""What may a marketer change of a campaign? Its name, its goal, when it runs and how often a visitor may see it."""

from typing import Any

from django import forms

from campaigns.caps import HELP, WORDS
from campaigns.forms.schedule import SCHEDULE, Scheduled
from campaigns.forms.seen_events import SeenEvents
from campaigns.models import Campaign, Goal
from sites.models import Site
from sites.pages.edits import SiteForm

USUAL_EVENT = "Order Completed"  # what a new campaign pursues, unless somebody chooses otherwise


class CampaignForm(SiteForm, Scheduled):
    event = forms.CharField(
        max_length=200,
        required=False,
        label="Or a new one: the event that counts",
        help_text="Such as Signed Up, by the name that the site sends. It takes the place of the goal chosen.",
    )

    class Meta:
        model = Campaign
        fields = ["name", "key", "goal", "event", "starts_at", "ends_at", "hours", *WORDS, "tags"]
        field_classes = SCHEDULE
        labels = {
            "cap_per_session": "All rules at most, per session",
            "cap_per_day": "All rules at most, per day",
            "cap_total": "All rules at most, in all",
        }
        help_texts = HELP | {"key": "Stands in reports and in the API; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.fields["event"].widget = SeenEvents(site)
        goal: Any = self.fields["goal"]
        goal.queryset = Goal.objects.filter(site=site)
        goal.empty_label = "None"
        self.order_fields(["name", "key", "goal", "event"])
        if not self.instance.pk and "goal" not in self.initial:
            usual = goal.queryset.filter(event=USUAL_EVENT, condition={}).first()
            self.initial.update({"goal": usual} if usual else {"event": USUAL_EVENT})
