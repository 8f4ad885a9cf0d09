"""What may be said of a new API token: what it is for, which site and calls it opens, until when."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone

from personalization.login import is_again
from personalization.models import ApiToken
from sites.models import Site

LASTS = {"30": 30, "90": 90, "365": 365, "": None}  # days; None: for ever
SENTENCES = {
    "read": "Every list and detail that its owner may see, and previews.",
    "write": (
        "Makes, changes and deletes campaigns, rules, creatives, segments, products and sites. Campaigns reach visitors"
        " once somebody publishes."
    ),
    "publish": "Changes what visitors see: publishes, launches, stops, approves and rolls back.",
    "explain": "Is told why a visitor was shown something, while a site is being built.",
    "redeem": "For the server of a shop, when an order is paid. It needs no other.",
}


class TokenForm(forms.Form):
    """`request` is that of the person who issues it."""

    name = forms.CharField(max_length=100, help_text="The program that will use it, such as “Nightly import”.")
    site = forms.ModelChoiceField(
        Site.objects.order_by("name", "id"),
        required=False,
        empty_label="Every site",
        help_text="A program for one site needs that one alone.",
    )
    scopes = forms.MultipleChoiceField(
        choices=ApiToken.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        label="What it may do",
        error_messages={"required": "Choose at least one."},
    )
    lasts = forms.ChoiceField(required=False, label="Ends")
    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        help_text="Asked again: a token outlives your log-in.",
    )
    sentences = SENTENCES

    def __init__(self, *args: Any, request: HttpRequest, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.now = request, now
        self.fields["lasts"] = forms.ChoiceField(
            choices=[(key, _words(now, days)) for key, days in LASTS.items()], required=False, label="Ends"
        )

    def clean_password(self) -> None:
        if not is_again(self.request, self.cleaned_data["password"]):
            raise forms.ValidationError("This is not your password, or it was tried too often.")

    @property
    def expires_at(self) -> datetime | None:
        """By what was chosen; None: never."""
        days = LASTS[self.cleaned_data["lasts"]]
        return None if days is None else self.now + timedelta(days=days)


def _words(now: datetime, days: int | None) -> str:
    if days is None:
        return "Never, until somebody revokes it"
    return f"In {days} days, on {timezone.localtime(now + timedelta(days=days)):%-d %b %Y}"
