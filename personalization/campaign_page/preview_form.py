"""Whom does somebody want to be, and when, to look at a campaign? Read from the address, so that it can be sent to a
colleague; what cannot be read is told at its field."""

from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.utils import timezone
from redis import RedisError

from campaigns.translating import name_of
from personalization.campaign_page.preview import Visit
from personalization.context import LONGEST_URL, place
from segments.population import profiles_of
from segments.profile import Profile, fold
from sites.models import Site
from sites.pages.clock import current_zone
from sites.pages.moments import LocalMoment
from sites.pseudonyms import visitor_of
from sites.times import ms_of
from sites.zones import title
from tracking.event import CHANNELS, DEVICES, Event, Referral
from tracking.models import Visitor
from tracking.visitors import find

SOMEBODY_NEW = "preview of somebody new"  # no tracker makes such an id
CONSENTS = {"": "as the visitor has it", "refused": "refused"}
SCHEMES = {"light": "Light", "dark": "Dark"}


class Wanted(NamedTuple):
    """What a form asks for, as far as it can be read: `visit` is None where it cannot be told who looks."""

    visit: Visit | None
    at: datetime
    visitor: Visitor | None = None  # None: somebody new
    language: str = ""
    scheme: str = "light"


class PreviewForm(forms.Form):
    """`may_look_up`: whoever asks may see visitors."""

    visitor = forms.CharField(
        required=False,
        max_length=200,
        label="As",
        help_text="The id of a visitor, a device or a user. Empty: somebody new.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Somebody new"}),
    )
    at = LocalMoment(required=False)
    language = forms.ChoiceField(required=False)
    device = forms.ChoiceField(required=False, label="On", choices=[("", "Any device")])
    page = forms.CharField(
        required=False,
        max_length=LONGEST_URL,
        label="On the page",
        help_text="An address of the site, or a path such as /sale. Empty: the home page.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "/", "inputmode": "url"}),
    )
    channel = forms.ChoiceField(
        required=False, label="Coming from", help_text="Of somebody new.", choices=[("", "Nowhere in particular")]
    )
    source = forms.CharField(
        required=False, max_length=100, label="Source", help_text="Such as Google. Of somebody new."
    )
    consent = forms.ChoiceField(required=False, choices=list(CONSENTS.items()), label="Consent")
    scheme = forms.ChoiceField(required=False, choices=list(SCHEMES.items()), label="Page")

    def __init__(self, data: Any, *, site: Site, languages: list[str], may_look_up: bool) -> None:
        super().__init__(data)
        self.site, self.may_look_up = site, may_look_up
        fields: dict[str, Any] = self.fields
        fields["at"].label = f"At ({title(current_zone().key)})"
        fields["at"].help_text = "Empty: now."
        fields["language"].choices = [("", "As written"), *((each, name_of(each)) for each in languages)]
        fields["device"].choices += [(each, each) for each in DEVICES]
        fields["channel"].choices += [(each, each) for each in CHANNELS]

    def clean_visitor(self) -> tuple[Visitor, Profile] | None:
        text = self.cleaned_data["visitor"].replace("\0", "").strip()
        if not text:
            return None
        if not self.may_look_up:
            raise forms.ValidationError("Your role may not look at visitors. Leave it empty, for somebody new.")
        found = list(find(self.site, text).select_related("merged_into")[:2])
        if not found:
            raise forms.ValidationError("Nobody has this id. Choose one of those seen last, or leave it empty.")
        if len(found) > 1 and found[0].pk.hex != text:
            raise forms.ValidationError("More than one id begins so. Write more of it.")
        visitor = found[0].merged_into or found[0]
        try:
            return visitor, profiles_of([visitor.pk.hex]).get(visitor.pk.hex, Profile())
        except RedisError:
            told = "Profiles cannot be read at the moment. Try again, or look as somebody new."
            raise forms.ValidationError(told) from None

    def clean_page(self) -> tuple[str, str]:
        """Path and host, as a request for a decision tells them; the site's own home page where nothing is typed."""
        text = self.cleaned_data["page"].replace("\0", "").strip()
        if not text:
            return "/", ""
        if text.startswith("/"):
            text = self.site.domain + text
        path, host = place(text if "://" in text else f"https://{text}", self.site.salt)
        if not host:
            raise forms.ValidationError("This is no address. Copy it from the browser, or write a path such as /sale.")
        return path, host

    def wanted(self) -> Wanted:
        told, is_valid = self.cleaned_data if self.is_valid() else {}, self.is_valid()
        at = told.get("at") or timezone.now()
        if not is_valid:
            return Wanted(None, at)
        visitor, profile = told["visitor"] or (None, _newcomer(told, at))
        name = visitor.pk.hex if visitor else visitor_of(self.site.salt, SOMEBODY_NEW)
        visit = Visit(name, profile, told["language"], told["device"], told["consent"] != "refused", *told["page"])
        return Wanted(visit, at, visitor, told["language"], told["scheme"] or "light")


def _newcomer(told: dict[str, Any], at: datetime) -> Profile:
    """On their first page, a moment ago; where they come from counts as it does for everybody."""
    profile, moment = Profile(), ms_of(at) - 1000
    channel = told["channel"] or ("referral" if told["source"] else "")
    path, _ = told["page"]
    referral = Referral(channel, told["source"], landing_path=path) if channel else None
    fold(profile, Event("preview", "page", "", moment, moment, path=path, device=told["device"], referral=referral))
    return profile
