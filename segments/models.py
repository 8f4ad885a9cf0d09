"""Who is this visitor like? Named sets of visitors, and the models that find them."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from segments.clustering.base import CLUSTER
from segments.clustering.kinds import DEFAULT, KINDS
from segments.histograms import edges_of, quantile
from segments.references import names
from segments.spelling import respell
from segments.users import User, users_in_other_rooms
from segments.vocabulary import faults_of
from sites.models import Site
from sites.tags import tags_field, tidy

KEY = RegexValidator(r"^[a-z0-9][a-z0-9_-]*$", "Use small letters, digits, - and _.")


class Segment(models.Model):
    """A named set of visitors, by a condition (`segments.conditions`)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="segments")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True, help_text="Who is in it, in a sentence for marketers.")
    condition = models.JSONField(default=dict, blank=True)
    shipped = models.BooleanField(
        default=False, editable=False, help_text="Came with Segue; its thresholds may be edited."
    )
    archived = models.BooleanField(default=False)
    tags = tags_field()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="segment_key")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors: dict[str, list[str]] = {}
        self.tags = tidy(self.tags)
        if faults := faults_of(self.condition, of_segment=True, segments=keys_of(self.site_id)):
            errors["condition"] = list(map(str, faults))
        else:
            self.condition = respell(self.condition)
        stored = Segment.objects.filter(pk=self.pk).first() if self.pk else None
        if stored and stored.key != self.key and (users := stored.named_by()):
            errors["key"] = [f"Conditions name it “{stored.key}”: {', '.join(map(str, users))}. Change them first."]
        if stored and self.archived and not stored.archived and (fault := stored.archive_fault()):
            errors["archived"] = [fault]
        if errors:
            raise ValidationError(errors)

    def named_by(self) -> list[models.Model]:
        """The rows of its site whose condition names its key, itself left out. One query, and one for each room that
        keeps conditions."""
        others = Segment.objects.filter(site=self.site_id).exclude(pk=self.pk)
        users = [*users_in_other_rooms(self.site_id), *(User(row, row.condition) for row in others)]
        return [user.row for user in users if names(user.condition, self.key)]

    def users(self) -> list[models.Model]:
        """The rules and segments that need it: chosen as their segment, or named in their condition."""
        named = self.named_by()
        return [*(rule for rule in self.rules.all() if rule not in named), *named]

    def archive_fault(self) -> str:
        """Why it cannot be archived; empty where it can."""
        users = ", ".join(map(str, self.users()))
        return f"It is needed by {users}. Choose another segment there first." if users else ""

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. The database would refuse it, too."""
        return self.archive_fault()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises ProtectedError where a condition names it, as the database does for a rule that chose it. With its
        site it goes without a word."""
        if users := self.named_by():
            raise models.ProtectedError("conditions name this segment", set(users))
        return super().delete(*args, **kwargs)


def keys_of(site_id: int | None) -> set[str]:
    """The segments that a condition may name."""
    return set(Segment.objects.filter(site=site_id, archived=False).values_list("key", flat=True))


class SegmentSize(models.Model):
    """How many visitors active in the last 30 days were in a segment at one time (see `segments.tasks`)."""

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="sizes")
    at = models.DateTimeField()
    visitors = models.PositiveIntegerField()
    active = models.PositiveIntegerField(help_text="Visitors looked at: the denominator.")
    figures = models.JSONField(default=dict, help_text="Of the newest: segments.segment_figures.")

    class Meta:
        # A task that is delivered twice counts the same moment; its index finds a segment's sizes in order.
        constraints = [models.UniqueConstraint(fields=["segment", "at"], name="segment_size_once")]

    def __str__(self) -> str:
        return f"{self.visitors} on {self.at:%Y-%m-%d %H:%M}"


class KnownValue(models.Model):
    """A value that an attribute of a site's visitors has had, and how many have it (see `segments.known_values`)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    attribute = models.CharField(max_length=300)
    value = models.CharField(max_length=200, help_text="As somebody types it into a condition.")
    label = models.CharField(max_length=200, blank=True, help_text="Its name, where it has one of its own.")
    folded = models.TextField(help_text="Value and name in small letters, to be looked for.")
    visitors = models.PositiveIntegerField(help_text="Active visitors who have it; 0: only the catalogue knows it.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "attribute", "value"], name="known_value_once")]
        # The first values of a picker, and the few thousands among which one is looked for.
        indexes = [models.Index(fields=["site", "attribute", "-visitors"], name="known_value_of_most")]

    def __str__(self) -> str:
        return self.label or self.value


class ValuesCounted(models.Model):
    """As of when the known values of a site are counted."""

    site = models.OneToOneField(Site, models.CASCADE, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class FeatureDistribution(models.Model):
    """How a feature was spread over the visitors last seen on one day (see `segments.distributions`)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="feature_distributions")
    feature = models.CharField(max_length=64)
    day = models.DateField(help_text="In the site's time zone.")
    visitors = models.PositiveIntegerField(help_text="Visitors looked at, with those who have nothing of the kind.")
    missing = models.PositiveIntegerField(help_text="Visitors who have nothing of the kind: they are in no count.")
    mean = models.FloatField(null=True, help_text="Of the others.")
    low = models.FloatField(help_text="The first edge of the counts, and the last: those between are even in log1p.")
    high = models.FloatField()
    counts = models.JSONField(
        help_text="Visitors up to and with the first edge, up to and with each other, beyond the last."
    )

    class Meta:
        # Its index also finds the days of a site's feature, in order.
        constraints = [models.UniqueConstraint(fields=["site", "feature", "day"], name="feature_distribution_once")]
        # All features of a day: the latest one, and those a week and four weeks before.
        indexes = [models.Index(fields=["site", "day"], name="feature_distribution_day")]

    def __str__(self) -> str:
        return f"{self.feature} {self.day}"

    @property
    def some(self) -> float:
        """Share of visitors above the lowest value: who looked, searched, bought at all."""
        return sum(self.counts[1:]) / self.visitors

    def quantile(self, share: float) -> float | None:
        """The value that this share of the visitors who have one does not exceed."""
        return quantile(self.counts, edges_of(self.low, self.high, len(self.counts) - 2), share)


class ModelVersion(models.Model):
    """One fitted model: the arrays lie in `artifact`, everything about them here. Only a promoted one enters a
    release."""

    class Status(models.TextChoices):
        PROMOTED = "promoted", "Promoted"
        REJECTED = "rejected", "Not promoted"
        RETIRED = "retired", "Retired"

    site = models.ForeignKey(Site, models.CASCADE, related_name="model_versions")
    family = models.CharField(
        max_length=32, default=CLUSTER, help_text="What it gives: the group of its attributes (segments.attributes)."
    )
    kind = models.CharField(max_length=32, default=DEFAULT, help_text="How it finds that (segments.clustering.kinds).")
    number = models.PositiveIntegerField()
    status = models.CharField(max_length=10, choices=Status)
    artifact = models.CharField(max_length=255, help_text="File below SEGUE_ARTIFACT_DIR.")
    digest = models.CharField(max_length=64)
    parameters = models.JSONField(default=dict)
    metrics = models.JSONField(default=dict, help_text="Silhouette, stability per k, sizes; see segments.registering.")
    clusters = models.JSONField(default=list, help_text="Per cluster: id, name, size, share, what sets it apart.")
    window_start = models.DateTimeField(null=True)
    window_end = models.DateTimeField(null=True)
    n_samples = models.PositiveIntegerField(default=0)
    note = models.TextField(blank=True, help_text="Why it was promoted or not.")
    created_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number", "-id"]
        constraints = [
            # Two trainings of a site take turns (`registering.register`); these hold where somebody does not.
            models.UniqueConstraint(fields=["site", "family", "number"], name="model_number"),
            models.UniqueConstraint(
                fields=["site", "family"], name="one_promoted_model", condition=models.Q(status="promoted")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def kind_title(self) -> str:
        return KINDS[self.kind].TITLE if self.kind in KINDS else self.kind


class TrainingRun(models.Model):
    """One attempt to fit a model, with its progress for those who wait."""

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    site = models.ForeignKey(Site, models.CASCADE, related_name="training_runs")
    kind = models.CharField(max_length=32, default=DEFAULT)
    status = models.CharField(max_length=10, choices=Status, default=Status.RUNNING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    message = models.TextField(blank=True)
    model = models.ForeignKey(ModelVersion, models.SET_NULL, null=True, blank=True, related_name="runs")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_through = models.CharField(
        max_length=200, blank=True, help_text="By what, where it was not a page: an API token, a command, the schedule."
    )
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]

    def __str__(self) -> str:
        return f"Training by {self.kind}"


class CountedRow(models.Model):
    """What the live release asks of visitors' events, so that profiles remember it (`segments.tallies`): one of the
    event rows that share it."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="counted_rows", db_index=False)
    tally = models.CharField(max_length=8, help_text="Its name in profiles.")
    attribute = models.TextField(help_text="The row, as the name of the attribute that is its number.")
    counted_at = models.DateTimeField(null=True, help_text="When the profiles of all visitors were complete for it.")

    class Meta:
        # Its index also finds the rows of a site.
        constraints = [models.UniqueConstraint(fields=["site", "tally"], name="counted_row_once")]

    def __str__(self) -> str:
        return self.attribute


class Recount(models.Model):
    """How far the stored events of a site's visitors are counted for its event rows; one for a site, the latest."""

    site = models.OneToOneField(Site, models.CASCADE, related_name="recount")
    visitors = models.PositiveIntegerField(default=0, help_text="To be looked at.")
    done = models.PositiveIntegerField(default=0)
    after = models.UUIDField(null=True, help_text="The last visitor looked at: who takes over goes on from there.")
    again = models.BooleanField(default=False, help_text="All were looked at; now those who came meanwhile.")
    started_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Recount for {self.site}"

    @property
    def percent(self) -> int:
        if self.finished_at:
            return 100
        return min(self.done * 100 // self.visitors, 99) if self.visitors else 0
