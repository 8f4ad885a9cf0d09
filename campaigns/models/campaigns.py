"""What is shown to whom, when, and why."""

from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from campaigns import caps, hours
from campaigns.hours import Hours
from campaigns.models.creatives import AdVariant
from campaigns.models.goals import Goal
from campaigns.models.placements import Placement
from campaigns.models.schedules import (
    FOREIGN,
    caps_field,
    ends_after_start,
    hours_faults,
    hours_field,
    schedule_faults,
)
from campaigns.models.treatments import Treatment
from campaigns.rules import UNDATED, join_conditions, precedence
from campaigns.windows import Window
from segments.conditions.shapes import Condition
from segments.models import KEY, Segment, keys_of
from segments.spelling import respell
from segments.users import User
from segments.vocabulary import faults_of
from sites.models import Site
from sites.tags import tags_field, tidy
from sites.times import moment_of, ms_of


class Campaign(models.Model):
    """A goal, a schedule, and the rules that pursue it."""

    class Status(models.TextChoices):
        """What somebody wants of it. What visitors see of it is another question: `campaigns.standings`."""

        DRAFT = "draft", "Not launched"
        LIVE = "live", "Launched"
        PAUSED = "paused", "Paused"
        ARCHIVED = "archived", "Archived"

    site = models.ForeignKey(Site, models.CASCADE, related_name="campaigns")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    goal = models.ForeignKey(
        Goal,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="What counts as its conversion; without one, only looks and clicks are counted.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    hours = hours_field()
    cap_per_session = caps_field("Impressions of all its rules together, per visitor and session.")
    cap_per_day = caps_field("Impressions of all its rules together, per visitor and day (site's time zone).")
    cap_total = caps_field("Impressions of all its rules together, per visitor in all.")
    tags = tags_field()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="campaign_key"),
            ends_after_start("campaign_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def limits(self) -> str:
        """ "at most 2 a session, 9 in all"; "" without a cap."""
        return caps.in_words(self)

    def clean(self) -> None:
        self.tags = tidy(self.tags)
        errors = schedule_faults(self) | hours_faults(self) | caps.zeros(self)
        if self.goal and self.site_id and self.goal.site_id != self.site_id:
            errors["goal"] = [FOREIGN]
        if errors:
            raise ValidationError(errors)


class Rule(models.Model):
    """Condition -> treatment in one placement. The segment, where named, and the condition must both hold."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="rules")
    placement = models.ForeignKey(Placement, models.RESTRICT, related_name="rules")
    name = models.CharField(max_length=100)
    segment = models.ForeignKey(Segment, models.RESTRICT, null=True, blank=True, related_name="rules")
    condition = models.JSONField(default=dict, blank=True)
    variant = models.ForeignKey(
        AdVariant, models.RESTRICT, null=True, blank=True, related_name="rules", help_text="What it shows to everybody."
    )
    treatment = models.ForeignKey(
        Treatment,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="rules",
        help_text="Instead of one variant: arms, among which a lot is drawn.",
    )
    priority = models.PositiveSmallIntegerField(
        default=500, validators=[MaxValueValidator(999)], help_text="0 to 999; the higher wins."
    )
    enabled = models.BooleanField(default=True)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    hours = hours_field()
    cap_per_session = caps_field("Impressions per visitor and session.")
    cap_per_day = caps_field("Impressions per visitor and day (site's time zone).")
    cap_total = caps_field("Impressions per visitor in all.")
    first_published_at = models.DateTimeField(null=True, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-priority", "id"]
        constraints = [
            ends_after_start("rule_ends_after_start"),
            models.CheckConstraint(condition=models.Q(priority__lte=999), name="rule_priority_range"),
            models.CheckConstraint(
                condition=models.Q(variant__isnull=True) ^ models.Q(treatment__isnull=True),
                name="rule_shows_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shows(self) -> AdVariant | Treatment:
        return self.variant or self.treatment  # type: ignore[return-value]  # one of them: `rule_shows_one_thing`

    @property
    def limits(self) -> str:
        """ "at most 2 a session, 9 in all"; "" without a cap."""
        return caps.in_words(self)

    def window(self) -> Window:
        """When it may win: within its own dates and those of its campaign."""
        return Window(self.starts_at, self.ends_at).within(Window(self.campaign.starts_at, self.campaign.ends_at))

    def open_hours(self) -> Hours:
        """In which it may win: its own within those of its campaign. Expects that both can be read."""
        return hours.both(hours.parse(self.hours), hours.parse(self.campaign.hours))

    def next_run(self, now: datetime, time_zone: str) -> datetime | None:
        """The first moment from `now` on at which dates and hours let it win; None where there is none."""
        window = self.window()
        since = max(now, window.starts_at) if window.starts_at else now
        opens = hours.next_open(self.open_hours(), time_zone, ms_of(since))
        if opens is None or window.has_ended(moment_of(opens)):
            return None
        return max(since, moment_of(opens))

    def full_condition(self) -> Condition:
        """Its segment's and its own, joined; {} holds everybody."""
        return join_conditions([self.segment.condition if self.segment else {}, self.condition])

    @property
    def targeted(self) -> bool:
        """Does it ask for anything? A segment that holds everybody does not."""
        return bool(self.full_condition())

    @property
    def place(self) -> tuple[int, bool, int, int]:
        """Sorts drafts as a release sorts them. A rule that was never published stands behind all that were."""
        published = ms_of(self.first_published_at) if self.first_published_at else UNDATED
        return precedence(self.priority, self.targeted, published, self.pk)

    def clean(self) -> None:
        errors = schedule_faults(self) | hours_faults(self) | caps.zeros(self)
        if self.condition != {} and (
            faults := faults_of(self.condition, segments=keys_of(self.campaign.site_id if self.campaign_id else None))
        ):
            errors["condition"] = list(map(str, faults))
        else:
            self.condition = respell(self.condition)
        if (self.variant is None) == (self.treatment is None):
            errors["variant"] = ["Choose one creative, or a treatment that draws among several."]
        for field in ("placement", "variant", "treatment", "segment"):
            named = getattr(self, field, None)
            if named and self.campaign_id and named.site_id != self.campaign.site_id:
                errors[field] = [FOREIGN]
        if errors:
            raise ValidationError(errors)


def users_of_segments(site_id: int) -> list[User]:
    """The rules of a site, for whoever asks which segments they name. One query."""
    return [
        User(rule, rule.condition)
        for rule in Rule.objects.filter(campaign__site=site_id).exclude(condition={}).order_by("id")
    ]
