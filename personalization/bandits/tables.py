"""What is known of the arms of bandits, and the weights that were made of it."""

from datetime import datetime

from django.db import models

SPOT = ("treatment_id", "arm", "cluster", "is_random", "hour")


class _Spot(models.Model):
    """Of which decisions."""

    treatment_id = models.BigIntegerField()
    arm = models.CharField(max_length=64)
    cluster = models.IntegerField(help_text="Of the visitor then; -1: in none, or not known.")
    is_random = models.BooleanField(help_text="Drawn in the slice that gets all arms alike.")
    hour = models.DateTimeField(help_text="In which they were made.")

    class Meta:
        abstract = True


class Trial(_Spot):
    """How many decisions showed an arm, and what came of them."""

    pk = models.CompositePrimaryKey(*SPOT)
    trials = models.BigIntegerField(default=0)
    rewards = models.BigIntegerField(default=0, help_text="Decisions that were rewarded, each once.")
    total = models.FloatField(default=0, help_text="Of what they brought, in minor units.")
    squares = models.FloatField(default=0)
    unmatched = models.BigIntegerField(
        default=0, help_text="Rewards of decisions that are not known: counted for the arm that they name."
    )

    class Meta:
        db_table = "personalization_trial"

    def __str__(self) -> str:
        return f"{self.arm}, {self.hour}"


class Delay(_Spot):
    """How many of them were rewarded after how long."""

    pk = models.CompositePrimaryKey(*SPOT, "delay")
    delay = models.SmallIntegerField(help_text="Bucket of the time from the decision to its first reward.")
    rewards = models.BigIntegerField(default=0)

    class Meta:
        db_table = "personalization_delay"

    def __str__(self) -> str:
        return f"{self.arm}, {self.hour}"


class Reward(models.Model):
    """One reward of a decision: told again, it counts once."""

    pk = models.CompositePrimaryKey("decision_id", "key")
    decision_id = models.UUIDField()
    key = models.CharField(max_length=200, help_text="click, or the message that told of a conversion.")
    treatment_id = models.BigIntegerField()
    at = models.DateTimeField()
    value_minor = models.BigIntegerField(default=0)

    class Meta:
        db_table = "personalization_reward"

    def __str__(self) -> str:
        return self.key


class Batch(models.Model):
    """Weights that a bandit drew by, and what they were made of. Kept as long as decisions that name them."""

    pk = models.CompositePrimaryKey("treatment_id", "version")
    treatment_id = models.BigIntegerField()
    version = models.IntegerField()
    made_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True, help_text="When the policy was asked last, and said the same.")
    weights = models.BinaryField(help_text="campaigns.treatments.weights.FrozenWeights")
    arms = models.JSONField(help_text="Of each: its share, trials, rewards and worth, matured and faded.")
    digest = models.CharField(max_length=32, help_text="Of what the weights say: the same again makes no batch.")

    class Meta:
        db_table = "personalization_batch"

    def __str__(self) -> str:
        return f"version {self.version}"

    @property
    def latest_at(self) -> datetime:
        return self.asked_at or self.made_at
