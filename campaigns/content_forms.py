"""What may a marketer change of what is shown? Creatives, and the theme that they share."""

from typing import Any

from django import forms
from django.db.models import Q

from campaigns import looks
from campaigns.content import Picture, Theme
from campaigns.coupons.tables import Coupon
from campaigns.creatives import SPOKEN_FIELDS
from campaigns.looks import contrast_faults
from campaigns.models import AdVariant
from campaigns.translating import NAMES, Translations, field_of, fields_for, gathered, languages_in, name_of
from campaigns.variants import problems_of
from sites.models import Site
from sites.pages.clock import current_zone
from sites.pages.edits import EditForm, SiteForm
from sites.pages.moments import LocalMoment
from sites.zones import title

COLOUR_PICKER = {"type": "color"}


class VariantForm(SiteForm):
    """Checks what `campaigns.variants` checks before publishing, so that nobody learns of it only then."""

    own_colours = forms.BooleanField(
        required=False,
        label="Colours of its own",
        help_text="Without, it has those of the site's theme, light and dark.",
    )

    class Meta:
        model = AdVariant
        fields = [
            "name", "key", "template", "slot", "badge", "headline", "body", "old_price", "new_price", "coupon",
            "discount_percent", "ends_at", "picture", "image_url", "image_alt", "picture_at", "call_to_action", "link",
            "align", "translations", "background", "foreground",
        ]  # fmt: skip
        field_classes = {"translations": Translations, "ends_at": LocalMoment}
        widgets = {
            "translations": forms.HiddenInput,
            "body": forms.Textarea(attrs={"rows": 3}),
            "background": forms.TextInput(attrs=COLOUR_PICKER),
            "foreground": forms.TextInput(attrs=COLOUR_PICKER),
        }
        labels = {
            "slot": "Personal text comes from",
            "picture": "From the library",
            "image_url": "Or the address of one",
            "image_alt": "What the picture shows",
            "picture_at": "Where the picture stands",
            "align": "Text is aligned",
            "translations": "Other languages",
            "call_to_action": "Button",
            "link": "Where the button leads",
            "old_price": "Price before",
            "new_price": "Price now",
            "discount_percent": "Discount in per cent",
            "background": "Background colour",
            "foreground": "Text colour",
        }
        help_texts = {
            "key": "Stands in reports and in the API; small letters, digits, - and _.",
            "body": "Plain text or simple HTML, such as bold and links.",
            "badge": "A few words that stand out, such as New, {discount} off or {item.saving}: −20%.",
            "headline": "Personal text in braces differs between visitors, such as {item.name} or {category.name}.",
            "slot": "What stands for {item.name}, {category.name} and the like.",
            "old_price": "Crossed out, such as {item.old_price}: empty for an item of which nothing is taken off.",
            "new_price": "Such as {item.reduced_price}: the price less the discount.",
            "image_alt": "For those who cannot see it. Empty: what the library says.",
            "image_url": "Of the web, or {item.image_url} for that of the visitor's own item.",
            "picture": "",
            "coupon": "",
            "discount_percent": "For {discount} and {item.reduced_price}. Empty: what the coupon takes off.",
            "ends_at": "Of a countdown. It is shown in the last 30 days before, and no longer after.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        self.fields["ends_at"].label = f"Counts down to ({title(current_zone().key)})"
        labels = {name: str(self.fields[name].label or name) for name in SPOKEN_FIELDS}
        self.languages = languages_in(self.data, row.translations)
        self.fields |= fields_for(self.languages, labels, row.translations)
        self.fields["translations"].required = False
        pictures: Any = self.fields["picture"]
        pictures.queryset = Picture.objects.filter(site=self.site)
        pictures.empty_label = "None"
        coupons: Any = self.fields["coupon"]
        shown = Q(archived=False) | Q(pk=row.coupon_id)
        coupons.queryset = Coupon.objects.filter(shown, site=self.site).exclude(code="").select_related("site")
        coupons.label_from_instance = lambda coupon: f"{coupon.code}: {coupon.in_words()} ({coupon})"
        coupons.empty_label = "None"
        self.initial.setdefault("own_colours", bool(row.background or row.foreground))
        for name, usual in (("background", looks.PLAIN.foreground), ("foreground", looks.PLAIN.background)):
            self.initial[name] = self.initial.get(name) or usual  # a picker of colours cannot be empty

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        cleaned["translations"] = gathered(self.languages, cleaned)
        if not cleaned.get("own_colours"):
            cleaned |= {"background": "", "foreground": ""}
        return cleaned

    def spoken(self) -> list[tuple[str, str, list[forms.BoundField]]]:
        """For each language its code, its name and its fields."""
        return [
            (language, name_of(language), [self[field_of(language, name)] for name in SPOKEN_FIELDS])
            for language in self.languages
        ]

    @property
    def further_languages(self) -> list[tuple[str, str]]:
        return [(language, name) for language, name in NAMES.items() if language not in self.languages]

    def _post_clean(self) -> None:
        """Django's hook after the instance has taken the values: what follows looks at the whole creative."""
        if "image_url" in self.changed_data:
            self.instance.picture_fault = ""
        self.instance.translations = self.cleaned_data.get("translations", {})  # Django passes over what is empty
        super()._post_clean()  # type: ignore[misc]  # Django's, unknown to its stubs
        self.warnings = []
        for problem in problems_of(self.instance):
            if not problem.is_error:
                self.warnings.append(problem)
            elif problem.field in self.fields and not self.has_error(problem.field):
                self.add_error(problem.field, problem.message)


class PictureForm(EditForm):
    class Meta:
        model = Picture
        fields = ["name", "alt"]
        labels = {"alt": "What it shows"}
        help_texts = {"alt": "For those who cannot see it; a creative may say something else."}

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class ThemeForm(EditForm):
    class Meta:
        model = Theme
        fields = [
            "font", "heading_font", "font_name", "radius", "edge", "button", "button_corners", "tinted", "language",
            "background", "foreground", "accent", "on_accent",
            "dark_background", "dark_foreground", "dark_accent", "dark_on_accent",
        ]  # fmt: skip
        widgets = {
            **{
                prefix + name: forms.TextInput(attrs=COLOUR_PICKER)
                for prefix in ("", "dark_")
                for name in looks.COLOURS
            },
            "radius": forms.NumberInput(attrs={"min": 0, "max": looks.MOST_RADIUS}),
        }
        labels = {
            "font": "Text",
            "heading_font": "Headlines",
            "font_name": "Name of the site's font",
            "radius": "Corners, in pixels",
            "edge": "Edge",
            "button": "Buttons",
            "button_corners": "Corners of buttons",
            "tinted": "Tint the background with the button's colour",
            "language": "Language of the texts",
            "background": "Background",
            "foreground": "Text",
            "accent": "Button",
            "on_accent": "Text on the button",
            "dark_background": "Background",
            "dark_foreground": "Text",
            "dark_accent": "Button",
            "dark_on_accent": "Text on the button",
        }
        help_texts = {
            "font": "The page's own looks like the text around it.",
            "font_name": "As the site's style sheet names it; the page has to load it.",
            "language": "Two letters, such as de: screen readers pronounce by it. Empty: that of the page.",
        }

    def __init__(self, *args: Any, site: Site, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.site = site

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's, unknown to its stubs
        self.warnings = [] if self.errors else list(contrast_faults(self.instance.freeze()))
