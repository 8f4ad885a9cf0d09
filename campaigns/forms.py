"""What may a marketer change? Drafts of campaigns, goals, rules and variants; nothing here reaches visitors before it
is published."""

import re
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from campaigns import hours
from campaigns.hours import PRESETS
from campaigns.models import AdVariant, Campaign, Goal, Placement, Rule, Treatment
from segments.drafting import EVENT
from segments.forms import ConditionField
from segments.models import Segment
from sites.models import Site
from sites.pages.amounts import AmountField
from sites.pages.clock import current_zone
from sites.pages.edits import EditForm, SiteForm
from sites.pages.moments import LocalMoment
from sites.zones import title
from tracking.seen_events import LATELY, seen_events

CELL = re.compile(r"[0-6]-(?:1?[0-9]|2[0-3])")  # weekday and hour


class HoursGrid(forms.Widget):
    """A week of boxes to tick, by weekday and hour. Presets are buttons: without scripts they send the form, which
    comes back with their hours ticked."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        if wanted := PRESETS.get(data.get(f"{name}-preset", "")):
            return wanted[1]
        ticked = [cell.split("-") for cell in data.getlist(name) if CELL.fullmatch(cell)]
        return hours.write(hours.of_cells((int(day), int(hour)) for day, hour in ticked))

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        week = hours.parse(value or "")
        rows = [
            (title, [(hour, f"{day}-{hour}", week[day] >> hour & 1 if week else 0) for hour in range(24)])
            for day, title in enumerate(hours.LONG_NAMES)
        ]
        presets = [(key, words.partition(":")[0], words) for key, (words, _) in PRESETS.items()]
        context = {"name": name, "rows": rows, "presets": presets, "words": hours.in_words(week), "is_open": bool(week)}
        return render_to_string("campaigns/_hours.html", context)


class HoursField(forms.CharField):
    """Hours of the week, as their text; empty, where none is ticked, for always."""

    widget = HoursGrid

    def in_words(self, value: str) -> str:
        return hours.in_words(hours.parse(value))


SCHEDULE = {"starts_at": LocalMoment, "ends_at": LocalMoment, "hours": HoursField}


class Scheduled(EditForm):
    """By the clocks of the site, whose zone the labels say. Keeps the fractions of seconds that its pickers do not
    show."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("starts_at", "Starts"), ("ends_at", "Ends")):
            self.fields[name].label = f"{label} ({title(current_zone().key)})"
        self.fields["hours"].label = f"Hours of the week ({title(current_zone().key)})"
        self.fields["hours"].help_text = "By the clocks of the site; none ticked means always."

    def clean_hours(self) -> str:
        if wanted := PRESETS.get(self.data.get("hours-preset", "")):
            raise forms.ValidationError(f"Ticked below: {wanted[0]}. Save to keep them.")
        return str(self.cleaned_data["hours"])

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


class SeenEvents(forms.TextInput):
    """Any name, with those that the site has sent lately to choose from."""

    def __init__(self, site: Site) -> None:
        super().__init__(attrs={"list": "seen-events", "autocomplete": "off"})
        self._site = site

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        seen = seen_events(self._site, timezone.now())
        told = ((name, f"{total:,}", LATELY.days) for name, total in seen.items())
        options = format_html_join("", '<option value="{}">{} in {} days</option>', told)
        field = super().render(name, value, attrs, renderer)
        return format_html('{}<datalist id="seen-events">{}</datalist>', field, options)


class CampaignForm(SiteForm, Scheduled):
    event = forms.CharField(
        max_length=200,
        required=False,
        label="Or a new one: the event that counts",
        help_text="Such as Signed Up, by the name that the site sends. It takes the place of the goal chosen.",
    )

    class Meta:
        model = Campaign
        fields = ["name", "key", "goal", "event", "starts_at", "ends_at", "hours"]
        field_classes = SCHEDULE
        help_texts = {"key": "Stands in reports and on the wire; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        self.fields["event"].widget = SeenEvents(site)
        goal: Any = self.fields["goal"]
        goal.queryset = Goal.objects.filter(site=site)
        goal.empty_label = "None: only looks and clicks are counted"
        self.order_fields(["name", "key", "goal", "event"])
        if not self.instance.pk and "goal" not in self.initial:
            usual = goal.queryset.filter(event=USUAL_EVENT, condition={}).first()
            self.initial.update({"goal": usual} if usual else {"event": USUAL_EVENT})


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
