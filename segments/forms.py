"""Which forms ask for a condition? Its field and widget, and the form of a segment."""

from contextlib import suppress
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from segments.conditions.shapes import Condition
from segments.drafting import EVENT, VISITOR, Draft, check, is_same
from segments.drawing import condition_context
from segments.models import Segment
from segments.wording import describe
from sites.models import Site
from sites.pages.edits import EditForm, SiteForm


class CheckedCondition(EditForm):
    """For the admin, where a condition is typed as JSON."""

    def clean_condition(self) -> Condition:
        return check(self.cleaned_data["condition"] or {})


class ConditionWidget(forms.Widget):
    """Draws `segments/_condition.html`."""

    template_name = "segments/_condition.html"
    about = VISITOR
    site: Site  # whose currency and segments the rows speak of

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Draft:
        """With what its buttons do, which without scripts send the whole form."""
        draft = Draft.of_post(data, self.site.currency)
        draft.press(data.get("do", ""))
        return draft

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        draft = value if isinstance(value, Draft) else Draft(self.site.currency, value, self.about)
        return render_to_string(self.template_name, condition_context(draft, self.site))


class ConditionField(forms.Field):
    widget = ConditionWidget

    def __init__(self, *, about: str = VISITOR, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.about = about

    @property
    def site(self) -> Site:
        return self.widget.site

    @site.setter
    def site(self, site: Site) -> None:
        self.widget.site = site

    def in_words(self, condition: Condition | None) -> str:
        if self.widget.about == EVENT:
            return describe(condition) if condition else "any"
        return describe(condition or {}, self.site.currency)

    def clean(self, value: Draft) -> Condition:
        return value.value()

    def bound_data(self, data: Draft, initial: Any) -> Draft:
        """What was typed, each row with what is wrong with it, to be shown again."""
        with suppress(forms.ValidationError):
            if not data.is_pressed:
                data.value()
        return data

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return not is_same(initial or {}, data.value())
        except forms.ValidationError:
            return True


class SegmentForm(SiteForm):
    condition = ConditionField(required=False, label="Who is in it")

    class Meta:
        model = Segment
        fields = ["name", "key", "description", "tags", "condition"]
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}
        help_texts = {"key": "What conditions and reports call it; small letters, digits, - and _."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, site=site, **kwargs)
        condition: Any = self.fields["condition"]
        condition.site = site
