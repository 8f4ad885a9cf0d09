"""What visitors see, and what stands between a draft and them."""

import msgspec
from django.conf import settings
from django.db import models

from campaigns.models.campaigns import Campaign
from campaigns.release import Source
from sites.models import Site


class ReleaseQuerySet(models.QuerySet["Release"]):
    def live(self, site: Site) -> "Release | None":
        """The one that visitors see."""
        return self.filter(site=site, status=Release.Status.LIVE).first()

    def pending(self, site: Site) -> "Release | None":
        """The latest one that is on its way to them."""
        return self.filter(site=site, status__in=Release.PENDING).first()


class Release(models.Model):
    """An immutable snapshot of everything that a decision reads. The only thing that reaches visitors."""

    class Status(models.TextChoices):
        COMPILING = "compiling", "Compiling"
        READY = "ready", "Ready"
        LIVE = "live", "Live"
        SUPERSEDED = "superseded", "Superseded"
        FAILED = "failed", "Failed"

    PENDING = (Status.COMPILING, Status.READY)

    site = models.ForeignKey(Site, models.CASCADE, related_name="releases")
    number = models.PositiveIntegerField()
    version = models.CharField(max_length=32, blank=True, help_text="Hash of the source: equal content, equal version.")
    status = models.CharField(max_length=10, choices=Status, default=Status.COMPILING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="Per cent.")
    source = models.JSONField(
        default=dict, help_text="Frozen plain data: segments, models, placements, rules, goals, variants, items."
    )
    compiled = models.BinaryField(default=bytes, editable=False, help_text="What the edge loads (campaigns.release).")
    changes = models.JSONField(default=list, help_text="What differs from the release before, as sentences.")
    window_days = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="The longest of its goals: so long an event may count as they say."
    )
    note = models.CharField(max_length=200, blank=True)
    error = models.TextField(blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    stops = models.BooleanField(
        default=False, help_text="Takes something away from visitors at once, and waits for Redis where it is away."
    )
    things = models.JSONField(default=list, help_text="What was chosen for it; none: whatever there was.")
    rolled_back_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    live_at = models.DateTimeField(null=True)

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ["-number", "-id"]
        permissions = [("publish_release", "Can publish and roll back")]
        constraints = [
            # Publishers take turns (`golive.lock`); these hold where somebody does not.
            models.UniqueConstraint(fields=["site", "number"], name="release_number"),
            models.UniqueConstraint(fields=["site"], name="one_live_release", condition=models.Q(status="live")),
        ]

    def __str__(self) -> str:
        return f"Release {self.number}"

    def content(self) -> Source:
        """What was frozen."""
        return msgspec.convert(self.source, Source)


class Hold(models.Model):
    """What a roll back took back: no later publication sends it out unless somebody chooses it (`campaigns.composing`).
    A row of a site that visitors see as it is drafted has no effect any more, and goes with the next release."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="holds")
    thing = models.CharField(max_length=80, help_text="Kind, colon, and id or key.")
    release = models.ForeignKey(Release, models.CASCADE, related_name="+", help_text="The roll back.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "thing"], name="hold_thing")]

    def __str__(self) -> str:
        return self.thing


class ApprovalRequest(models.Model):
    """Somebody who may not publish asks somebody who may to launch a campaign as it is drafted."""

    class Outcome(models.TextChoices):
        APPROVED = "approved", "Approved"
        SENT_BACK = "sent_back", "Sent back"
        WITHDRAWN = "withdrawn", "Withdrawn"

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="approval_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    note = models.CharField(max_length=500, blank=True, help_text="A word to whoever publishes.")
    digest = models.CharField(max_length=32, help_text="Of the draft that was asked for.")
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True, help_text="Empty as long as it waits.")
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True, help_text="A word to whoever asked.")

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["campaign"], name="one_open_request", condition=models.Q(outcome=""))
        ]

    def __str__(self) -> str:
        return f"Approval of {self.campaign}"


class DraftReview(models.Model):
    """What publishing the draft of a site would do, as it was last looked over (`campaigns.kept_review`)."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="draft_review")
    problems = models.JSONField(default=list, help_text="Fields of `campaigns.problems.Problem`.")
    changes = models.JSONField(default=list, help_text="Against the live release, as sentences.")
    offers = models.JSONField(default=list, help_text="Fields of `campaigns.offers.Offer`.")
    version = models.CharField(max_length=32, blank=True, help_text="Of the draft; empty where it has errors.")
    live = models.PositiveIntegerField(default=0, help_text="Number of the live release, 0 for none.")
    state = models.CharField(max_length=32, help_text="Of the rows that it was read from, before they were read.")
    good_until = models.DateTimeField(null=True, help_text="When time alone makes another one of it.")
    made_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    asked_at = models.DateTimeField(null=True, help_text="When a worker was asked for the next, until it begins.")
    begun_at = models.DateTimeField(null=True, help_text="When somebody began the next, until it is made.")

    def __str__(self) -> str:
        return f"Review of {self.site}"
