"""Who asked what another policy would have brought, how far the answer is, and what it says."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns.models import Treatment
from sites.models import Site

LOST_AFTER = timedelta(minutes=5)  # without a sign of life


class PolicyEvaluation(models.Model):
    """A question, and its answer once a worker has it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    class Reward(models.TextChoices):
        CLICK = "click", "Clicks"
        CONVERSION = "conversion", "Goals reached"
        VALUE = "value", "What goals bring"

    site = models.ForeignKey(Site, models.CASCADE, related_name="policy_evaluations", db_index=False)
    treatment = models.ForeignKey(Treatment, models.CASCADE, related_name="policy_evaluations")
    target = models.JSONField(help_text="The policy in question (docs/bandits.md).")
    reward = models.CharField(max_length=10, choices=Reward, default=Reward.CLICK)
    days = models.PositiveSmallIntegerField(
        default=14, validators=[MinValueValidator(1), MaxValueValidator(90)], help_text="Up to when it was asked."
    )
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, editable=False)
    progress = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Per cent.")
    message = models.TextField(blank=True, editable=False, help_text="Why there is no answer.")
    result = models.JSONField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    asked_through = models.CharField(max_length=200, blank=True, help_text="By what, where it was not a page.")
    asked_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now_add=True, help_text="The last sign of life of who works at it.")
    finished_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "personalization_policyevaluation"
        ordering = ["-asked_at", "-id"]
        indexes = [models.Index(fields=["site", "-asked_at"], name="policy_evaluation_latest")]

    def __str__(self) -> str:
        return f"Another policy on past traffic of {self.treatment}"

    @property
    def since(self) -> datetime:
        return self.asked_at - timedelta(days=self.days)

    def is_under_way(self, now: datetime) -> bool:
        return self.state in UNDER_WAY and now - self.seen_at <= LOST_AFTER

    def is_lost(self, now: datetime) -> bool:
        """Its worker was killed, or none is there: it can be asked again."""
        return self.state in UNDER_WAY and now - self.seen_at > LOST_AFTER


UNDER_WAY = (PolicyEvaluation.State.WAITING, PolicyEvaluation.State.RUNNING)
