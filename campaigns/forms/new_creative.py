"""What does a marketer say of a creative that is made inside another form? Everything but what its own page asks
besides: its key, other languages and colours."""

from typing import Any

from django import forms

from campaigns.content_forms import VariantForm
from campaigns.models import AdVariant

FAULT = "upload-fault"  # what was wrong with the picture that came along


class NewCreativeForm(VariantForm):
    upload = forms.FileField(required=False, label="Upload a picture", widget=forms.FileInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].required = False
        self.fields["name"].help_text = "Left empty, the headline makes one."

    def clean_name(self) -> str:
        """Before the key, which is made of it."""
        headline = self.data.get(self.add_prefix("headline"), "").replace("\0", "").strip()
        return str(self.cleaned_data["name"] or headline or "Creative")[:100]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if fault := self.data.get(self.add_prefix(FAULT)):
            self.add_error("upload", fault)
        return cleaned

    def made(self) -> AdVariant:
        """Not stored yet. Expects that the form is valid."""
        row: AdVariant = self.save(commit=False)
        return row
