"""What do the three steps ask of whoever makes a campaign? Whom; what and where, for each rule; when and how
measured."""

from typing import Any

from django import forms

from campaigns.caps import HELP, WORDS
from campaigns.forms.campaign import CampaignForm
from campaigns.forms.showing import ShowingFields
from campaigns.models import Campaign, Rule
from campaigns.priority import master_list
from segments.models import Segment
from segments.whom import DESCRIBED, EVERYBODY, WhomFields
from sites.models import Site
from sites.pages.copying import LONGEST_NAME
from sites.pages.edits import EditForm

USUAL, TOP, BOTTOM = "usual", "top", "bottom"  # else the id of the rule that it stands above


class WhomForm(WhomFields):
    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ask_of(site)

    def clean(self) -> dict[str, Any]:
        self.settle_whom()
        return self.cleaned_data

    @property
    def title(self) -> str:
        """Whom it means, in a few words; a form that was checked."""
        whom, segment = self.cleaned_data.get("whom"), self.cleaned_data.get("segment")
        if segment:
            return str(segment)
        return "Chosen visitors" if whom == DESCRIBED else "Everybody"


class NewRuleForm(ShowingFields, EditForm):
    """Named by what it shows and where."""

    audience = forms.ChoiceField(required=False, label="Shown to")

    class Meta:
        model = Rule
        fields = ["placement", "variant"]

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, instance=Rule(campaign=Campaign(site=site)), **kwargs)
        self.offer(site)
        segments = Segment.objects.filter(site=site, archived=False).order_by("name", "id")
        audience: Any = self.fields["audience"]
        audience.choices = [
            ("", "Those of step 1"),
            (EVERYBODY, "Everybody"),
            ("Segments", [(str(row.pk), str(row)) for row in segments]),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        self.settle_creative()
        if cleaned.get("placement") and cleaned.get("variant"):
            self.instance.name = f"{cleaned['variant']} in {cleaned['placement']}"[:LONGEST_NAME]
        return cleaned

    @property
    def number(self) -> str:
        return str(self.prefix).partition("-")[2]

    @property
    def is_begun(self) -> bool:
        return bool(self["placement"].value() or self["variant"].value())

    @property
    def is_whole(self) -> bool:
        return bool(self["placement"].value() and self["variant"].value())


def rule_cap(name: str, label: str) -> forms.IntegerField:
    return forms.IntegerField(min_value=1, max_value=1_000_000, required=False, label=label, help_text=HELP[name])


class NewCampaignForm(CampaignForm):
    rule_cap_per_session = rule_cap("cap_per_session", "Each rule at most, per session")
    rule_cap_per_day = rule_cap("cap_per_day", "Each rule at most, per day")
    rule_cap_total = rule_cap("cap_total", "Each rule at most, in all")
    order = forms.ChoiceField(
        required=False,
        label="Where another rule wants the same visitor",
        help_text="The first that fits is shown. It can be changed under Campaigns and priorities at any time.",
    )

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.fields["name"].required = False
        self.fields["name"].help_text = "Left empty, it is made of whom and where."
        self.suggestion = ""
        order: Any = self.fields["order"]
        order.choices = _orders(site)

    @property
    def has_caps(self) -> bool:
        """Whether there is something to see among the caps of the whole campaign."""
        return any(self[field].value() or self[field].errors for field in WORDS)

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"] or self.suggestion)


def _orders(site: Site) -> list[Any]:
    above: dict[str, list[tuple[str, str]]] = {}
    for rule in master_list(site):
        above.setdefault(f"In {rule.placement}", []).append((str(rule.pk), f"Above “{rule}” of {rule.campaign}"))
    return [
        (USUAL, "As usual: the one that asks for more of a visitor is shown"),
        (TOP, "This one: above every other rule"),
        (BOTTOM, "The other: below every rule"),
        *above.items(),
    ]
