"""What did visitors do? Visitors, sessions, referrals, events and their rollups."""

from django.db import models

from sites.models import Site


class Visitor(models.Model):
    """One pseudonymous person. `id` is the keyed hash that `sites.pseudonyms` makes; the live state is the profile."""

    id = models.UUIDField(primary_key=True, editable=False)
    # Each index below begins with it.
    site = models.ForeignKey(Site, models.CASCADE, related_name="visitors", db_index=False)
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
            # Who was here last: the list of visitors, its pages, and those active in the last days for training and
            # counting.
            models.Index(fields=["site", "-last_seen_at"], name="visitor_last_seen"),
            # A userId typed into the search, as its pseudonym. Most visitors have none, and are not in it.
            models.Index(fields=["site", "user"], name="visitor_user", condition=~models.Q(user="")),
            # Whose histories a visitor has taken in: each visitor's page asks. Few are absorbed.
            models.Index(
                fields=["merged_into"], name="visitor_merged_into", condition=models.Q(merged_into__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.id.hex[:8]


class Session(models.Model):
    """Events of one visitor with less than 30 minutes between them; `number` counts from 1, as sessions become known to
    the fold."""

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
        # What the consumer's upsert meets; its index also finds a visitor's sessions.
        constraints = [models.UniqueConstraint(fields=["visitor", "number"], name="session_once")]
        # The API's list: a site's sessions, the latest first.
        indexes = [models.Index(fields=["site", "-started_at"], name="session_started")]

    def __str__(self) -> str:
        return f"Session {self.number} of {self.visitor_id.hex[:8]}"


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
        # One click a moment, which the consumer's inserts meet; its index also finds a visitor's and a session's first.
        constraints = [models.UniqueConstraint(fields=["visitor", "session", "at"], name="referral_once")]
        # The API's list: a site's referrals, the latest first.
        indexes = [models.Index(fields=["site", "-at"], name="referral_at")]

    def __str__(self) -> str:
        return f"{self.source or self.channel} {self.at:%Y-%m-%d %H:%M}"


class Event(models.Model):
    """One stored event. Partitioned by month of `at` (see `tracking.partitions`); written by COPY only
    (`tracking.consumer`)."""

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

    def __str__(self) -> str:
        return f"{self.name or self.type} {self.message_id}"


class DropCount(models.Model):
    """Events that the pipeline dropped, by reason (`tracking.reasons.Reason`) and hour."""

    site = models.ForeignKey(
        Site, models.CASCADE, null=True, related_name="drops", help_text="Empty where the key was unknown."
    )
    hour = models.DateTimeField()
    reason = models.CharField(max_length=32)
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        # Two workers may move the same hour from Redis. `nulls_distinct`: an unknown key's drops are one row as well.
        constraints = [
            models.UniqueConstraint(fields=["site", "hour", "reason"], name="drop_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.hour:%Y-%m-%d %H:00}"


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
        # Consumers of two partitions count the same minute; its index finds a site's minutes and hours.
        constraints = [models.UniqueConstraint(fields=["site", "grain", "at", "name"], name="rollup_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M}"


class LogOffset(models.Model):
    """How far a reader of the log has come in one partition (`tracking.readers`). That of `store` is written in the
    transaction that stores the rows, so nothing is stored twice."""

    reader = models.CharField(max_length=32, help_text="Its name: `store` fills Postgres.")
    epoch = models.CharField(max_length=32, help_text="Identity of the log: a new, empty log starts at its beginning.")
    partition = models.PositiveIntegerField()
    last_id = models.CharField(max_length=40)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        # Two that appear under one name begin at one place (`readers.start`).
        constraints = [models.UniqueConstraint(fields=["epoch", "partition", "reader"], name="offset_once")]

    def __str__(self) -> str:
        return f"{self.reader} in partition {self.partition}"


class ArchiveHour(models.Model):
    """One hour of events as a Parquet file; `dirty` while the table has rows of that hour that the file has not."""

    hour = models.DateTimeField(primary_key=True)
    dirty = models.BooleanField(default=True)
    events = models.PositiveBigIntegerField(default=0)
    file = models.CharField(max_length=255, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    archived_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}"
