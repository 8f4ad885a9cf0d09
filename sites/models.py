"""Which web properties are there, and what are their settings?"""

import re
import secrets
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from sites import crediting
from sites.money import CODE
from sites.unwanted_referrers import RETURNS

HOST = re.compile(r"[\w.-]+(:\d{1,5})?")
CURRENCY_CODE = RegexValidator(rf"^{CODE.pattern}\Z")
ORIGIN = re.compile(r"https?://[\w.-]+(:\d{1,5})?/?", re.IGNORECASE)


# What `Site.verify_users` keeps closed.
UNVERIFIED = (
    "everybody who guesses a userId can read that person's offers, change their profile, "
    "and take over the history of people who have not signed in yet"
)


def new_write_key() -> str:
    return "wk_" + secrets.token_urlsafe(18)


def new_secret_key() -> str:
    return "wsk_" + secrets.token_urlsafe(32)


def new_salt() -> str:
    return secrets.token_hex(32)


def default_personal_traits() -> list[str]:
    return ["email", "phone", "name", "firstName", "lastName", "username", "address", "birthday", "ip"]


def default_unwanted_referrers() -> list[str]:
    return [host for hosts in RETURNS.values() for host in hosts.split()]


class Site(models.Model):
    """A web property. Its settings reach the edge through `sites.push`, never by a query."""

    class Consent(models.TextChoices):
        OPT_OUT = "opt_out", "Process unless the visitor objects"
        OPT_IN = "opt_in", "Process only what the visitor agreed to"

    name = models.CharField(max_length=100)
    domain = models.CharField(
        max_length=255, help_text="Main host name, such as shop.example; other hosts count as outside."
    )
    write_key = models.CharField(
        max_length=64,
        unique=True,
        default=new_write_key,
        help_text="Public: it may only send events and ask for decisions.",
    )
    secret_key = models.CharField(
        max_length=64,
        unique=True,
        default=new_secret_key,
        help_text=(
            "For your servers only: it names any user, and signs the userIds that your pages send (docs/tracker.md)."
        ),
    )
    verify_users = models.BooleanField(
        "verify users",
        default=True,
        help_text=f"With the public write key a userId counts only with its userHash. Without this, {UNVERIFIED}.",
    )
    allowed_origins = ArrayField(
        models.CharField(max_length=255),
        default=list,
        blank=True,
        help_text="Origins that may use the key from a browser, such as https://shop.example. Empty: any.",
    )
    internal_hosts = ArrayField(
        models.CharField(max_length=255), default=list, blank=True, help_text="Further hosts that count as this site."
    )
    unwanted_referrers = ArrayField(
        models.CharField(max_length=255),
        default=default_unwanted_referrers,
        blank=True,
        help_text=(
            "Hosts, with all below them, where visitors only pay or sign in: who comes back from there comes from"
            " nowhere new."
        ),
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR", validators=[CURRENCY_CODE])
    attribution = models.CharField(
        "credit for an order",
        max_length=12,
        choices=crediting.CHOICES,
        default=crediting.LAST_CLICK,
        help_text="Of the campaigns that touched a visitor before an order, one is credited; the others “also touched”"
        " it. Holds from the next release on.",
    )
    view_through = models.BooleanField(
        "looks count",
        default=True,
        help_text="Whether a campaign that was only seen may be credited (view-through). A goal may say otherwise.",
    )
    consent_mode = models.CharField("consent elsewhere", max_length=10, choices=Consent, default=Consent.OPT_OUT)
    consent_in_europe = models.CharField(
        "consent in Europe",
        max_length=10,
        choices=Consent,
        default=Consent.OPT_IN,
        help_text="For visitors from the European Economic Area, the United Kingdom and Switzerland. Where the country"
        " is not known, the stricter of the two holds; a proxy in front of Segue says it (docs/configuration.md).",
    )
    honour_dnt = models.BooleanField("honour Do Not Track", default=False)
    drop_data_centres = models.BooleanField("drop events from data centres", default=False)
    personal_traits = ArrayField(
        models.CharField(max_length=64),
        default=default_personal_traits,
        blank=True,
        help_text="Traits and properties stored only as keyed hashes.",
    )
    salt = models.CharField(max_length=64, default=new_salt, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    secret_fields = ("secret_key",)  # the change log says that they changed, not what they became

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def local_day(self, moment: datetime) -> date:
        """The day that it then is by the site's clocks."""
        return moment.astimezone(ZoneInfo(self.time_zone)).date()

    def address_of(self, address: str) -> str:
        """An address that the site's own pages use, for pages of ours: what begins with one slash is on its domain."""
        on_its_own = address.startswith("/") and not address.startswith("//")
        return f"//{self.domain}{address}" if on_its_own and self.domain else address

    @property
    def credit_in_words(self) -> str:
        """Behind "credit goes to"; a goal may want clicks alone."""
        return crediting.in_words(self.attribution, self.view_through)

    def clean(self) -> None:
        """What the edge could not work with: one word wrong here would be felt by every visitor."""
        errors: dict[str, list[str]] = {}
        if self.time_zone not in available_timezones():
            errors["time_zone"] = [f"“{self.time_zone}” is no time zone. Write it like Europe/Berlin."]
        if wrong := [origin for origin in self.allowed_origins if not ORIGIN.fullmatch(origin.strip())]:
            errors["allowed_origins"] = [
                f"“{origin}” is no origin. Write it like https://shop.example, with commas between several."
                for origin in wrong
            ]
        if self.domain and not HOST.fullmatch(self.domain):
            errors["domain"] = ["Write the host alone, like shop.example."]
        for field in ("internal_hosts", "unwanted_referrers"):
            if wrong := [host for host in getattr(self, field) if not HOST.fullmatch(host.strip())]:
                errors[field] = [
                    f"“{host}” is no host. Write it like shop.example, with commas between several." for host in wrong
                ]
        if errors:
            raise ValidationError(errors)
