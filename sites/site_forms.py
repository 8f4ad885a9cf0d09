"""What may an administrator say of a site? Where it is, whose clocks and money count, what visitors agree to, and which
hosts and keys are its own."""

from typing import Any

from django import forms

from sites import currencies, zones
from sites.models import Site, new_secret_key
from sites.pages.edits import EditForm

LISTS = ("allowed_origins", "internal_hosts", "unwanted_referrers", "personal_traits")


class Lines(forms.Textarea):
    """A list, one a line; commas are taken too."""

    def __init__(self) -> None:
        super().__init__(attrs={"rows": 2, "spellcheck": "false"})

    def format_value(self, value: Any) -> str:
        return "\n".join(value) if isinstance(value, list) else str(value or "")


class LinesField(forms.CharField):
    widget = Lines

    def prepare_value(self, value: Any) -> Any:
        return value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]  # not text
        parts = value if isinstance(value, list) else str(value or "").replace(",", "\n").splitlines()
        return [part.strip() for part in parts if part.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)

    def in_words(self, value: Any) -> str:
        return ", ".join(value) or "nothing"


def _lines(label: str, help_text: str) -> LinesField:
    return LinesField(required=False, label=label, help_text=help_text)


class PropertyForm(EditForm):
    allowed_origins = _lines("Origins that may use the key", "Such as https://shop.example, one a line. Empty: any.")
    internal_hosts = _lines("Further hosts that are this site", "Such as help.shop.example, one a line.")
    unwanted_referrers = _lines(
        "Hosts where visitors only pay or sign in",
        "With all below them: who comes back from there comes from nowhere new. The usual ones are here already.",
    )
    personal_traits = _lines("Traits and properties that are personal", "Kept only as keyed hashes; one a line.")
    new_secret = forms.BooleanField(
        required=False,
        label="Make another secret key",
        help_text="The old one, and all that it signed, then count no more: change it on your servers at once.",
    )

    class Meta:
        model = Site
        fields = [
            "name", "domain", "time_zone", "currency", "consent_in_europe", "consent_mode", "honour_dnt",
            "drop_data_centres", "personal_traits", "attribution", "view_through", "allowed_origins", "internal_hosts",
            "unwanted_referrers", "verify_users",
        ]  # fmt: skip
        labels = {
            "consent_in_europe": "In Europe",
            "consent_mode": "Elsewhere",
            "attribution": "Credit for an order",
        }
        help_texts = {
            "domain": "The main host alone, such as shop.example; other hosts count as outside.",
            "time_zone": "Pages tell and take times by its clocks; days, hours and caps of rules follow it.",
            "currency": "Of all amounts but the prices of items, which name theirs.",
            "consent_in_europe": "For visitors from the European Economic Area, the United Kingdom and Switzerland."
            " Where the country is not known, the stricter of the two holds; a proxy in front of Segue says it (Help,"
            " Configuration).",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, what, listed in (("time_zone", "time zone", zones), ("currency", "currency", currencies)):
            field = self.fields[name]
            self.fields[name] = forms.ChoiceField(
                choices=listed.choices(getattr(self.instance, name)),
                label=field.label,
                help_text=field.help_text,
                error_messages={"invalid_choice": f"“%(value)s” is no {what}. Choose one of the list."},
            )
        if not self.instance.pk:
            del self.fields["new_secret"]
            for name in LISTS:  # Django shows the defaults of fields that it makes itself, and these are declared
                self.initial.setdefault(name, getattr(self.instance, name))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("new_secret"):
            self.instance.secret_key = new_secret_key()
        return cleaned
