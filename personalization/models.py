"""What was decided, what came of it, and who may ask over the API."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models

from personalization.bandits.tables import Batch, Delay, Reward, Trial
from personalization.experiments.tables import Outcome, OutcomeSum, Unit, UnitSum
from personalization.off_policy.tables import PolicyEvaluation
from segments.bounds import ORDER_ID
from sites.keys import token_digest
from sites.models import Site

__all__ = [
    "ApiToken",
    "Batch",
    "Conversion",
    "DailyResult",
    "DailyVisitors",
    "Decision",
    "DecisionRollup",
    "Delay",
    "Outcome",
    "OutcomeSum",
    "PolicyEvaluation",
    "Reward",
    "Trial",
    "Unit",
    "UnitSum",
]


class Exposed(models.Model):
    """The columns of `tracking.exposure.Exposure`. Results belong to the ids; the keys are those of the release that
    decided."""

    placement = models.CharField(max_length=64)
    campaign_id = models.BigIntegerField(default=0, help_text="0: no rule won.")
    campaign = models.CharField(max_length=64, blank=True, help_text="Its key then.")
    rule_id = models.BigIntegerField(default=0, help_text="0: no rule won.")
    treatment_id = models.BigIntegerField(default=0, help_text="0: the rule shows one variant alone.")
    arm = models.CharField(max_length=64, blank=True, help_text="Of the treatment: its key.")
    variant_id = models.BigIntegerField(default=0, help_text="0: nothing was shown.")
    variant = models.CharField(max_length=64, blank=True, help_text="Its key then.")
    segment = models.CharField(
        max_length=64,
        default="",
        db_default="",
        blank=True,
        help_text="Key of the segment that the rule was for; empty where it named none.",
    )

    class Meta:
        abstract = True


class Decision(Exposed):
    """What one visitor got in one placement. Partitioned by month; carries what a recomputation needs."""

    pk = models.CompositePrimaryKey("id", "at")
    id = models.UUIDField()
    at = models.DateTimeField()
    site = models.ForeignKey(Site, models.DO_NOTHING, db_constraint=False, related_name="+")
    visitor_id = models.UUIDField()
    seq = models.IntegerField(help_text="Events folded into the profile that was read.")
    reason = models.TextField()
    detail = models.TextField()
    propensity = models.FloatField(help_text="The chance of this arm when it was drawn; 1 where nothing was drawn.")
    weights = models.IntegerField(
        default=0, help_text="Version of the weights that were drawn by; 0: those of the release."
    )
    release = models.TextField()
    context = models.JSONField(help_text="The request's part of the context; the rest derives from the profile.")

    class Meta:
        managed = False  # partitioned; the migration creates it in SQL
        db_table = "personalization_decision"

    def __str__(self) -> str:
        return f"{self.variant or self.reason} in {self.placement}"


class DecisionRollup(Exposed):
    """Decisions and what became of them per hour and of what was shown.

    Impressions, clicks and dismissals stand in the hour of their decision, conversions in their own.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="decision_rollups")
    hour = models.DateTimeField()
    decisions = models.PositiveBigIntegerField(default=0)
    impressions = models.PositiveBigIntegerField(default=0)
    clicks = models.PositiveBigIntegerField(default=0)
    dismissals = models.PositiveBigIntegerField(default=0)
    conversions = models.PositiveBigIntegerField(default=0)
    value_minor = models.BigIntegerField(
        default=0, help_text="Of the conversions, in minor units of the site's currency."
    )
    assists = models.PositiveBigIntegerField(
        default=0, db_default=0, help_text="Conversions that it also touched, credited to another campaign."
    )
    assisted_minor = models.BigIntegerField(default=0, db_default=0, help_text="Of the assists, as its own goal says.")

    class Meta:
        # Consumers of two partitions count the same hour; its index finds a site's hours.
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("site", "hour", "placement", "campaign_id", "campaign", "rule_id"),
                    *("treatment_id", "arm", "variant_id", "variant", "segment"),
                ],
                name="decision_rollup_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.variant} in {self.placement}, {self.hour:%Y-%m-%d %H:00}"


class DailyResult(models.Model):
    """What came of what was shown, per day of the site's time zone: what the pages of results read.

    By ids alone, so that renaming changes nothing. Looks, clicks and dismissals stand on the day of their decision,
    conversions on their own. A rule that was in line and did not win has its row without a creative.
    """

    site = models.ForeignKey(Site, models.CASCADE, related_name="daily_results", db_index=False)
    day = models.DateField(help_text="In the time zone that the site had when it was counted.")
    placement = models.CharField(max_length=64)
    campaign_id = models.BigIntegerField(default=0, help_text="0: no rule won.")
    rule_id = models.BigIntegerField(default=0, help_text="0: no rule won.")
    treatment_id = models.BigIntegerField(default=0, help_text="0: the rule shows one creative alone.")
    arm = models.CharField(max_length=64, default="", blank=True)
    variant_id = models.BigIntegerField(default=0, help_text="0: nothing was shown.")
    segment = models.CharField(max_length=64, default="", blank=True, help_text="Key of the one that the rule was for.")
    decisions = models.PositiveBigIntegerField(default=0)
    impressions = models.PositiveBigIntegerField(default=0)
    clicks = models.PositiveBigIntegerField(default=0)
    dismissals = models.PositiveBigIntegerField(default=0)
    conversions = models.PositiveBigIntegerField(default=0)
    value_minor = models.BigIntegerField(default=0, help_text="Of the conversions, in the site's currency.")
    assists = models.PositiveBigIntegerField(default=0, help_text="Conversions that another touch has the credit of.")
    assisted_minor = models.BigIntegerField(default=0, help_text="Of the assists, in the site's currency.")
    value_squares = models.FloatField(
        default=0, help_text="Sum of the squares of their values, for the interval of a mean."
    )
    outranked = models.PositiveBigIntegerField(default=0, help_text="Times that the rule fitted and another one won.")
    capped = models.PositiveBigIntegerField(default=0, help_text="Times that the rule fitted and was used up.")
    held = models.PositiveBigIntegerField(
        default=0, help_text="Times that the rule fitted and its creative could not be shown there."
    )
    visitors = models.BinaryField(default=bytes, help_text="Who saw it: a sketch (personalization.results.sketch).")

    class Meta:
        # Consumers of two partitions count the same day; its index finds a site's days.
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("site", "day", "placement", "campaign_id", "rule_id"),
                    *("treatment_id", "arm", "variant_id", "segment"),
                ],
                name="daily_result_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.placement}, {self.day}"


class DailyVisitors(models.Model):
    """Who was on the site on a day of its time zone: whom those who saw something are compared with."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False)
    day = models.DateField(help_text="In the time zone that the site had when it was counted.")
    visitors = models.BinaryField(default=bytes, help_text="A sketch (personalization.results.sketch).")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "day"], name="daily_visitors_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class Conversion(Exposed):
    """A goal event, and a campaign that touched its visitor in the goal's window before it, with what was shown there.
    One is credited, by the way that the site chose (`sites.crediting`); others also touched it."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="conversions")
    message_id = models.TextField(help_text="Of the goal event.")
    at = models.DateTimeField()
    visitor_id = models.UUIDField()
    decision_id = models.UUIDField()
    goal_id = models.BigIntegerField(default=0, help_text="What was reached; it may be gone since.")
    value_minor = models.BigIntegerField(default=0, help_text="As the goal says; 0 where the event does not tell it.")
    is_credited = models.BooleanField(
        default=True,
        db_default=True,
        help_text="Whether this campaign has the credit. Of an event, or of an order, one has: add up these alone.",
    )
    order_id = models.CharField(
        max_length=ORDER_ID,
        default="",
        db_default="",
        blank=True,
        help_text="Of an order: however many messages tell of it, it converts once.",
    )

    class Meta:
        indexes = [models.Index(fields=["site", "at"], name="conversion_at")]  # the last days, for the page of goals
        constraints = [
            # A goal event that is told again, perhaps with another time. Campaign 0 is none.
            models.UniqueConstraint(
                fields=["site", "message_id", "campaign_id"],
                name="conversion_once",
                condition=models.Q(campaign_id__gt=0),
            ),
            # Page and server may both tell of an order, at the same time, in two partitions.
            models.UniqueConstraint(
                fields=["site", "order_id", "campaign_id"],
                name="order_converts_once",
                condition=models.Q(campaign_id__gt=0) & ~models.Q(order_id=""),
            ),
            # Totals of a site are of different events and orders.
            models.UniqueConstraint(
                fields=["site", "message_id"], name="conversion_credited_once", condition=models.Q(is_credited=True)
            ),
            models.UniqueConstraint(
                fields=["site", "order_id"],
                name="order_credited_once",
                condition=models.Q(is_credited=True) & ~models.Q(order_id=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} {self.message_id}"


class ApiToken(models.Model):
    """A secret key of the management API; only its hash is kept."""

    secret: str = ""  # known only where the token has just been issued

    class Scope(models.TextChoices):
        READ = "read", "Read everything"
        WRITE = "write", "Edit drafts"
        PUBLISH = "publish", "Publish and roll back"
        EXPLAIN = "explain", "Ask for traces of decisions"
        REDEEM = "redeem", "Check, redeem and give back coupons"

    site = models.ForeignKey(
        Site, models.CASCADE, related_name="tokens", null=True, blank=True, help_text="Empty: every site."
    )
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(max_length=12, editable=False)
    scopes = ArrayField(models.CharField(max_length=16, choices=Scope), default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def issue(cls, **fields: Any) -> tuple["ApiToken", str]:
        """Creates a token and returns it with its secret, which cannot be read again."""
        secret = "sk_" + secrets.token_urlsafe(32)
        return cls.objects.create(digest=token_digest(secret), prefix=secret[:10], **fields), secret
