"""Whom is something shown to? Everybody, a segment, or visitors described on the spot, who may become a segment: a part
of the forms that ask it."""

from typing import Any

from django import forms
from django.db.models import OuterRef, Q, Subquery
from django.http import QueryDict

from segments.conditions.shapes import Condition
from segments.drafting import Draft
from segments.forms import ConditionField
from segments.models import Segment, SegmentSize
from sites.models import Site
from sites.pages.copying import free_key
from sites.pages.shell import whole

EVERYBODY, SEGMENT, DESCRIBED = "everybody", "segment", "described"
WHOM = [
    (EVERYBODY, "Everybody"),
    (SEGMENT, "A segment that there is"),
    (DESCRIBED, "Visitors described here"),
]


class SegmentChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic in its stubs only
    """A list to choose from by eye."""

    widget = forms.RadioSelect

    def label_from_instance(self, row: Segment) -> str:
        return f"{row} (archived)" if row.archived else str(row)

    def in_words(self, value: Any) -> str:
        """For the change log."""
        row = value if isinstance(value, Segment) else Segment.objects.filter(pk=value).first()
        return str(row or "Everybody")


class WhomFields(forms.Form):
    """A form that is sent without `whom` means the segment, if one is chosen, and the condition beside it."""

    whom = forms.ChoiceField(choices=WHOM, widget=forms.RadioSelect, required=False, label="Whom")
    segment = SegmentChoice(Segment.objects.none(), required=False, label="Show to", empty_label=None)
    condition = ConditionField(required=False, label="And only when")
    segment_name = forms.CharField(
        max_length=100,
        required=False,
        label="Keep it as a segment called",
        help_text="Then other rules can choose it, and its size is counted. Left empty, it is used here alone.",
    )

    def ask_of(self, site: Site, chosen: int | None = None) -> None:
        """`chosen` is the segment that is chosen already: it stays a choice, archived or not."""
        fields: dict[str, Any] = self.fields
        sizes = SegmentSize.objects.filter(segment=OuterRef("pk")).order_by("-at").values("visitors")[:1]
        rows = Segment.objects.filter(Q(archived=False) | Q(pk=chosen), site=site)
        fields["segment"].queryset = rows.annotate(size=Subquery(sizes)).order_by("name", "id")
        fields["condition"].site = site
        self.asked_of = site
        self.initial.setdefault("whom", whom_of(self.initial.get("segment"), self.initial.get("condition")))

    def settle_whom(self) -> None:
        """Leaves in `segment` and `condition` what they come to; a new segment is not stored yet."""
        cleaned = self.cleaned_data
        whom, name = cleaned.get("whom"), cleaned.get("segment_name", "")
        if whom == EVERYBODY:
            cleaned |= {"segment": None, "condition": {}}
            self.errors.pop("condition", None)
        elif whom == SEGMENT and cleaned.get("segment") is None and not self.has_error("segment"):
            self.add_error("segment", "Choose one of them, or describe visitors instead.")
        elif whom == DESCRIBED and "condition" in cleaned and not cleaned["condition"]:
            self.add_error("condition", "Say who they are: add a row, or choose everybody.")
        elif whom == DESCRIBED:
            cleaned["segment"] = None
            self.errors.pop("segment", None)
            if name and "condition" in cleaned:
                self.keep_described(name)

    def keep_described(self, name: str) -> None:
        """As a segment, which takes the condition over."""
        row = new_segment(self.asked_of, name, self.cleaned_data["condition"])
        try:
            row.clean()
        except forms.ValidationError as fault:
            self.add_error("condition", fault.messages)
        else:
            self.cleaned_data |= {"segment": row, "condition": {}}


def whom_of(segment: Any, condition: Any) -> str:
    if segment:
        return SEGMENT
    return DESCRIBED if condition else EVERYBODY


def new_segment(site: Site, name: str, condition: Condition) -> Segment:
    """Not stored yet."""
    taken = set(Segment.objects.filter(site=site).values_list("key", flat=True))
    return Segment(site=site, key=free_key(name, taken), name=name, condition=condition)


def condition_asked(data: QueryDict, site: Site) -> Condition:
    """Of a form that is being typed: whom it means so far. Raises ValidationError with what is wrong."""
    whom = data.get("whom", "")
    if whom == EVERYBODY:
        return {}
    typed = Draft.of_post(data, site.currency).value()
    if whom == DESCRIBED:
        return typed
    chosen = Segment.objects.filter(site=site, pk=whole(data.get("segment", "")) or 0).first()
    return {"$and": [chosen.condition, typed]} if chosen else typed
