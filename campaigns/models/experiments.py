"""What is measured of an experiment, by which shares was drawn when, and whom has somebody set by hand?"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns.models.goals import Goal
from campaigns.models.schedules import FOREIGN
from campaigns.models.treatments import Treatment
from segments.bounds import MOST_MINOR


class Metric(models.Model):
    """One measure of an experiment. What it measures is fixed when its first visitor comes; its role may change."""

    class Kind(models.TextChoices):
        RATE = "rate", "Share of visitors who reach it"
        COUNT = "count", "How often a visitor reaches it"
        VALUE = "value", "What it brings, per visitor"
        RATIO = "ratio", "What each one brings"

    class Role(models.TextChoices):
        PRIMARY = "primary", "Decides"
        SECONDARY = "secondary", "Is looked at too"
        GUARDRAIL = "guardrail", "Must not get worse"

    treatment = models.ForeignKey(Treatment, models.CASCADE, related_name="metrics")
    goal = models.ForeignKey(
        Goal,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="metrics",
        help_text="Empty: clicks on what the experiment shows.",
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.RATE)
    role = models.CharField(max_length=10, choices=Role, default=Role.SECONDARY)
    less_is_better = models.BooleanField(default=False)
    worst_percent = models.PositiveSmallIntegerField(
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text="Of a guardrail: so many per cent worse would be too much.",
    )
    cap_minor = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_MINOR)],
        help_text="What a visitor brings beyond this counts as this, so that a single large order decides nothing.",
    )

    class Meta:
        ordering = ["treatment", "id"]
        constraints = [
            models.UniqueConstraint(fields=["treatment", "goal", "kind"], name="metric_once", nulls_distinct=False),
            models.UniqueConstraint(
                fields=["treatment"], name="one_primary_metric", condition=models.Q(role="primary")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.goal or 'Clicks'}: {self.get_kind_display()}"

    def clean(self) -> None:
        if self.goal and self.goal.site_id != self.treatment.site_id:
            raise ValidationError({"goal": [FOREIGN]})
        if self.goal is None and self.kind in (self.Kind.VALUE, self.Kind.RATIO):
            raise ValidationError({"kind": ["A click brings nothing by itself: choose a goal with a worth."]})


class Phase(models.Model):
    """Shares by which visitors drew, from a publication on. Results of two phases are not added up: a visitor of one
    need not be like those of another."""

    treatment = models.ForeignKey(Treatment, models.CASCADE, related_name="phases")
    number = models.PositiveIntegerField()
    begun_at = models.DateTimeField()
    coverage = models.PositiveSmallIntegerField(help_text="Per cent.")
    arms = models.JSONField(help_text="[key, id of the creative or null, share] of each, in their order.")
    seed = models.CharField(max_length=64)

    class Meta:
        ordering = ["treatment", "number", "id"]
        constraints = [models.UniqueConstraint(fields=["treatment", "number"], name="phase_number")]

    def __str__(self) -> str:
        return f"{self.treatment}, phase {self.number}"


class Override(models.Model):
    """One visitor whose arm somebody set by hand, to see it. Counts in no result."""

    treatment = models.ForeignKey(Treatment, models.CASCADE, related_name="overrides")
    visitor_id = models.UUIDField()
    arm = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True, help_text="Who it is, or why.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["treatment", "-created_at", "id"]
        constraints = [models.UniqueConstraint(fields=["treatment", "visitor_id"], name="override_once")]

    def __str__(self) -> str:
        return f"{self.visitor_id}: {self.arm}"


class Conclusion(models.Model):
    """What somebody decided after a phase of an experiment, and why."""

    class Outcome(models.TextChoices):
        SHIP = "ship", "Shipped"
        STOP = "stop", "Stopped"

    treatment = models.ForeignKey(Treatment, models.CASCADE, related_name="conclusions")
    phase = models.PositiveIntegerField(help_text="Whose results it was decided by.")
    outcome = models.CharField(max_length=8, choices=Outcome)
    arm = models.CharField(max_length=64, help_text="Key of the arm that all visitors get from then on.")
    arm_name = models.CharField(max_length=100, help_text="As it was called then.")
    said = models.CharField(max_length=200, blank=True, help_text="What the results advised then.")
    why = models.TextField(max_length=2000, blank=True)
    lessons = models.TextField(max_length=2000, blank=True, help_text="What you would tell who tests this next.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["treatment", "-decided_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["treatment", "phase"], name="concluded_once")]

    def __str__(self) -> str:
        return f"{self.treatment}: {self.get_outcome_display()}"
