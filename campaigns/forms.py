"""What may a marketer change? Drafts of campaigns, goals, rules and variants; nothing here reaches visitors before it
is published."""

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q

from campaigns.models import AdVariant, Campaign, Goal, Placement, Rule, Treatment
from campaigns.variants import problems_of
from segments.forms import EVENT, ConditionField
from segments.models import Segment
from sites import money
from sites.models import Site
from sites.pages.edits import EditForm, SiteForm


class When(forms.DateTimeInput):
    """The browser's own picker for a date and time, in UTC."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        # As exact as what the API stores, or saving would cut it.
        super().__init__(attrs={"step": 1}, format="%Y-%m-%dT%H:%M:%S")


class Scheduled(EditForm):
    """Keeps the fractions of seconds that its pickers do not show."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("starts_at", "ends_at"):
            cleaned[name] = self._to_the_fraction(name, cleaned.get(name))
        return cleaned

    def _to_the_fraction(self, name: str, typed: datetime | None) -> datetime | None:
        """What is stored, where the same second was typed: the picker shows no fractions."""
        stored = self.initial.get(name)
        return stored if isinstance(stored, datetime) and typed == stored.replace(microsecond=0) else typed


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
        fields = ["name", "key", "goal", "event", "starts_at", "ends_at"]
        widgets = {"starts_at": When, "ends_at": When}
        labels = {"starts_at": "Starts (UTC)", "ends_at": "Ends (UTC)"}
        help_texts = {"key": "Stands in reports and on the wire; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        goal: Any = self.fields["goal"]
        goal.queryset = Goal.objects.filter(site=site)
        goal.empty_label = "None: only looks and clicks are counted"
        self.order_fields(["name", "key", "goal", "event"])
        if not self.instance.pk and "goal" not in self.initial:
            usual = goal.queryset.filter(event=USUAL_EVENT, condition={}).first()
            self.initial.update({"goal": usual} if usual else {"event": USUAL_EVENT})


class AmountField(forms.CharField):
    """An amount in major units of a currency, kept in minor ones; None where nothing is typed."""

    currency = "EUR"  # set by the form: the site's

    def prepare_value(self, value: Any) -> Any:
        return money.major(value, self.currency) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]  # not text
        text = (value or "").strip()
        try:
            return money.to_minor(text, self.currency) if text else None
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    def in_words(self, minor: int | None) -> str:
        return "nothing" if minor is None else money.write_amount(minor, self.currency)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return initial != self.to_python(data)
        except forms.ValidationError:
            return True


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
        fields = ["name", "key", "event", "condition", "value_kind", "value_minor", "value_property", "window_days"]
        labels = {
            "event": "The event that counts",
            "value_kind": "Each is worth",
            "value_property": "Property that says it",
            "window_days": "Counts within, in days",
        }
        help_texts = {"key": "Stands in the API and in lists of changes; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        condition: Any = self.fields["condition"]
        condition.site = site
        amount: Any = self.fields["value_minor"]
        amount.currency, amount.label = site.currency, f"Amount, in {site.currency}"
        amount.help_text = "Of each, where it is always the same."


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
            "enabled",
        ]
        widgets = {"starts_at": When, "ends_at": When}
        labels = {
            "starts_at": "Starts (UTC)",
            "ends_at": "Ends (UTC)",
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
        fields["treatment"].empty_label = "Nothing: it shows one variant"
        for name in ("segment", "variant", "rival"):
            fields[name].label_from_instance = _label

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        variant, rival = cleaned.get("variant"), cleaned.get("rival")
        if rival and (variant is None or rival == variant):
            self.add_error("rival", "A test needs two variants: choose another one above.")
        elif rival and cleaned.get("treatment"):
            self.add_error("rival", "It draws among the arms of a treatment already.")
        return cleaned

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


def _label(row: Segment | AdVariant) -> str:
    return f"{row} (archived)" if row.archived else str(row)


class VariantForm(SiteForm):
    """Checks what `campaigns.variants` checks before publishing, so that nobody learns of it only then."""

    class Meta:
        model = AdVariant
        fields = [
            "name", "key", "template", "slot", "headline", "body", "image_url", "image_alt",
            "call_to_action", "link", "coupon", "discount_percent", "background", "foreground",
        ]  # fmt: skip
        widgets = {
            "body": forms.Textarea(attrs={"rows": 4}),
            "background": forms.TextInput(attrs={"type": "color"}),
            "foreground": forms.TextInput(attrs={"type": "color"}),
        }
        labels = {
            "slot": "Fills its holes with",
            "image_url": "Address of the picture",
            "image_alt": "What the picture shows",
            "link": "Where the button leads",
            "background": "Background colour",
            "foreground": "Text colour",
        }
        help_texts = {
            "key": "Stands in reports and on the wire; small letters, digits, - and _.",
            "headline": "Values in braces are filled in for each visitor, such as {item.name} or {category.name}.",
            "slot": "What stands behind {item.name}, {category.name} and the like.",
        }

    def _post_clean(self) -> None:
        """Django's hook after the instance has taken the values: what follows looks at the whole variant."""
        super()._post_clean()  # type: ignore[misc]  # Django's, unknown to its stubs
        self.warnings = []
        for problem in problems_of(self.instance):
            if not problem.is_error:
                self.warnings.append(problem)
            elif problem.field in self.fields and not self.has_error(problem.field):
                self.add_error(problem.field, problem.message)
