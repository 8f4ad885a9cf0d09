"""What did visitors do? Sites, visitors, sessions, referrals, events and their rollups."""

import re
import secrets
from zoneinfo import available_timezones

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from tracking.referrer_hosts import RETURNS

HOST = re.compile(r"[\w.-]+(:\d{1,5})?")
ORIGIN = re.compile(r"https?://[\w.-]+(:\d{1,5})?/?", re.IGNORECASE)


# What `Site.verify_users` keeps closed.
UNVERIFIED = "everybody who guesses a userId can read that person's offers, change their profile, and take over the history of people who have not signed in yet"


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
    """A web property. Its settings reach the edge through `tracking.sites`, never by a query."""

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
        help_text="For your servers only: it names any user, and signs the userIds that your pages send (docs/tracker.md).",
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
        help_text="Hosts, with all below them, where visitors only pay or sign in: who comes back from there comes from nowhere new.",
    )
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR", validators=[RegexValidator(r"^[A-Z]{3}$")])
    consent_mode = models.CharField(max_length=10, choices=Consent, default=Consent.OPT_OUT)
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

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

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


class Visitor(models.Model):
    """One pseudonymous person. `id` is the keyed hash that `tracking.pseudonyms` makes; the live state is the profile."""

    id = models.UUIDField(primary_key=True, editable=False)
    site = models.ForeignKey(
        Site, models.CASCADE, related_name="visitors", db_index=False
    )  # each index below begins with it
    user = models.CharField(max_length=64, blank=True, help_text="Pseudonym of the userId, once known.")
    merged_into = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="merged", db_index=False
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    events = models.PositiveIntegerField(default=0)
    sessions = models.PositiveIntegerField(default=0)
    channel = models.CharField(max_length=16, blank=True, help_text="Of the first visit.")
    device = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["site", "-last_seen_at"], name="visitor_last_seen"),
            models.Index(fields=["site", "user"], name="visitor_user", condition=~models.Q(user="")),
            models.Index(
                fields=["merged_into"], name="visitor_merged_into", condition=models.Q(merged_into__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.id.hex[:8]


class Session(models.Model):
    """Events of one visitor with less than 30 minutes between them; `number` counts from 1, as sessions become known to the fold."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="sessions", db_constraint=False, db_index=False)
    visitor = models.ForeignKey(
        Visitor, models.CASCADE, related_name="session_set", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    events = models.PositiveIntegerField(default=0)
    pages = models.PositiveIntegerField(default=0)
    landing_path = models.CharField(max_length=1024, blank=True)
    channel = models.CharField(max_length=16, blank=True)
    device = models.CharField(max_length=16, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visitor", "number"], name="session_once")]
        indexes = [models.Index(fields=["site", "-started_at"], name="session_started")]


class Referral(models.Model):
    """An external click, once in a session. The first of a session gave it its channel."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="referrals", db_constraint=False, db_index=False)
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="referrals", db_constraint=False, db_index=False)
    session = models.PositiveIntegerField()
    at = models.DateTimeField()
    channel = models.CharField(max_length=16)
    source = models.CharField(max_length=200, blank=True)
    medium = models.CharField(max_length=200, blank=True)
    campaign = models.CharField(max_length=200, blank=True)
    term = models.CharField(max_length=200, blank=True)
    content = models.CharField(max_length=200, blank=True)
    click_id = models.CharField("kind of click id", max_length=32, blank=True)
    referrer_host = models.CharField(max_length=255, blank=True)
    landing_path = models.CharField(max_length=1024, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visitor", "session", "at"], name="referral_once")]
        indexes = [models.Index(fields=["site", "-at"], name="referral_at")]


class Event(models.Model):
    """One stored event. Partitioned by month of `at` (see `tracking.partitions`); written by COPY only (`tracking.consumer`)."""

    pk = models.CompositePrimaryKey("site_id", "message_id", "at")
    site = models.ForeignKey(Site, models.DO_NOTHING, db_constraint=False, related_name="+")
    message_id = models.TextField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    visitor_id = models.UUIDField()
    seq = models.IntegerField()
    session = models.IntegerField()
    type = models.TextField()
    name = models.TextField()
    user = models.TextField()
    path = models.TextField()
    host = models.TextField()
    title = models.TextField()
    referral = models.JSONField(null=True)
    device = models.TextField()
    browser = models.TextField()
    os = models.TextField()
    language = models.TextField()
    country = models.TextField()
    properties = models.JSONField()
    traits = models.JSONField()
    context = models.JSONField()

    class Meta:
        managed = False  # the migration creates it in SQL: Django does not know partitions
        db_table = "tracking_event"


class DropCount(models.Model):
    """Events that the pipeline dropped, by reason (`tracking.pipeline.Reason`) and hour."""

    site = models.ForeignKey(
        Site, models.CASCADE, null=True, related_name="drops", help_text="Empty where the key was unknown."
    )
    hour = models.DateTimeField()
    reason = models.CharField(max_length=32)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "hour", "reason"], name="drop_once", nulls_distinct=False)
        ]


class EventRollup(models.Model):
    """Stored events per minute (kept two days) and per hour (kept for good), by name."""

    class Grain(models.TextChoices):
        MINUTE = "minute"
        HOUR = "hour"

    site = models.ForeignKey(Site, models.CASCADE, related_name="rollups")
    grain = models.CharField(max_length=6, choices=Grain)
    at = models.DateTimeField()
    name = models.CharField(max_length=200)
    events = models.PositiveBigIntegerField(default=0)
    sessions = models.PositiveBigIntegerField(default=0, help_text="Sessions that began with such an event.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "grain", "at", "name"], name="rollup_once")]


class LogOffset(models.Model):
    """How far one partition of the log is stored. Written in the transaction that stores the rows, so nothing is stored twice."""

    epoch = models.CharField(max_length=32, help_text="Identity of the log: a new, empty log starts at its beginning.")
    partition = models.PositiveIntegerField()
    last_id = models.CharField(max_length=40)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["epoch", "partition"], name="offset_once")]


class ArchiveHour(models.Model):
    """One hour of events as a Parquet file; `dirty` while the table has rows of that hour that the file has not."""

    hour = models.DateTimeField(primary_key=True)
    dirty = models.BooleanField(default=True)
    events = models.PositiveBigIntegerField(default=0)
    file = models.CharField(max_length=255, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    archived_at = models.DateTimeField(null=True)
