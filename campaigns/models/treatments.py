"""What is drawn among several, and for which of the visitors."""

import secrets
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns import policies
from campaigns.bandits.base import Settings
from campaigns.models.creatives import AdVariant
from campaigns.models.schedules import FOREIGN
from campaigns.slots import SLOTS
from segments.models import KEY, ModelVersion
from sites.models import Site


def new_seed() -> str:
    return secrets.token_hex(8)


class ExclusionGroup(models.Model):
    """Experiments of which no visitor takes part in two: each has a part of the group's visitors for itself."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="exclusion_groups")
    key = models.CharField(max_length=64, validators=[KEY], help_text="Hashed with each visitor, so it never changes.")
    name = models.CharField(max_length=100)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="exclusion_group_key")]

    def __str__(self) -> str:
        return self.name

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        members = [f"“{row}”" for row in self.members.order_by("name", "id")[:5]]
        return f"These share its visitors: {', '.join(members)}. Take them out first." if members else ""


class Treatment(models.Model):
    """What a rule shows where that is not one variant alone: arms, among which a lot is drawn for each visitor. Or a
    holdout: visitors who do without a campaign, or without all.

    The lot is a hash of the seed and the visitor (`campaigns.bucketing`), so a visitor keeps an arm as long as neither
    the seed nor the weights change.
    """

    class Kind(models.TextChoices):
        SPLIT = "split", "A/B test: each arm has a fixed share"
        BANDIT = "bandit", "Bandit: shares follow what comes of each arm"
        HOLDOUT = "holdout", "Holdout: some visitors do without"
        TUNING = "tuning", "Test of settings: another model, other recommendations"

    class Reward(models.TextChoices):
        CLICK = "click", "A click on it"
        CONVERSION = "conversion", "The goal of its campaign, reached"
        VALUE = "value", "What the goal of its campaign brings"

    site = models.ForeignKey(Site, models.CASCADE, related_name="treatments")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=16, choices=Kind, default=Kind.SPLIT)
    campaign = models.ForeignKey(
        "Campaign",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="holdouts",
        help_text="Of a holdout: what its visitors do without; empty for all campaigns.",
    )
    hypothesis = models.TextField(
        max_length=2000, blank=True, help_text="What you expect, why, and what you will do when it is so."
    )
    coverage = models.PositiveSmallIntegerField(
        "traffic",
        default=100,
        validators=[MaxValueValidator(100)],
        help_text="Per cent of the visitors of its rules who take part. The others see what there is without it."
        " More moves nobody who takes part already.",
    )
    seed = models.CharField(
        max_length=64, default=new_seed, help_text="Of the hash that draws. Another one deals all visitors anew."
    )
    generation = models.PositiveIntegerField(default=0, editable=False, help_text="How often all were dealt anew.")
    phase = models.PositiveIntegerField(
        default=1, editable=False, help_text="Number of its shares among those that visitors drew by."
    )
    keeps = models.BooleanField(
        "visitors keep their arm",
        default=False,
        help_text="Also when shares change later, and when they log in on another device.",
    )
    group = models.ForeignKey(
        ExclusionGroup,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="members",
        help_text="No visitor takes part in two experiments of one group.",
    )
    group_from = models.PositiveSmallIntegerField(default=0, validators=[MaxValueValidator(100)])
    group_to = models.PositiveSmallIntegerField(
        default=100, validators=[MinValueValidator(1), MaxValueValidator(100)], help_text="In per cent of the group."
    )
    running = models.BooleanField(
        default=False, help_text="Of a test of settings: whether visitors are to take part, once it is published."
    )
    reward = models.CharField(
        max_length=10,
        choices=Reward,
        default=Reward.CLICK,
        help_text="Of a bandit: what it makes more of.",
    )
    policy = models.JSONField(
        default=dict, blank=True, help_text="Of a bandit: its settings that are not the usual ones (docs/bandits.md)."
    )
    least_lift_percent = models.PositiveSmallIntegerField(
        "smallest lift worth finding",
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(500)],
        help_text="Per cent of control, in the metric that decides. Half of it takes four times as many visitors.",
    )
    archived = models.BooleanField(default=False, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="treatment_key"),
            models.UniqueConstraint(
                fields=["site", "campaign"],
                name="one_holdout_of_each",
                condition=models.Q(kind="holdout"),
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=models.Q(coverage__lte=100), name="treatment_coverage_range"),
            models.CheckConstraint(
                condition=models.Q(group_from__lt=models.F("group_to"), group_to__lte=100), name="treatment_group_part"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if faults := self.faults():
            raise ValidationError(faults)

    def faults(self) -> dict[str, list[str]]:
        """By field. One query where it is in an exclusion group."""
        errors: dict[str, list[str]] = {}
        if self.policy_faults:
            errors["policy"] = self.policy_faults
        if self.campaign and self.campaign.site_id != self.site_id:
            errors["campaign"] = [FOREIGN]
        if self.group and self.group.site_id != self.site_id:
            errors["group"] = [FOREIGN]
        elif self.group and self.group_from >= self.group_to:
            errors["group_to"] = ["The part must end after it begins."]
        elif self.group:
            others = self.group.members.exclude(pk=self.pk).filter(group_from__lt=self.group_to)
            if sharing := others.filter(group_to__gt=self.group_from).order_by("name", "id").first():
                taken = f"{sharing.group_from} to {sharing.group_to} %"
                errors["group_to"] = [f"“{sharing}” has {taken} of “{self.group}”: parts must not overlap."]
        return errors

    @property
    def policy_faults(self) -> list[str]:
        return policies.faults_in(self.policy)

    @property
    def settings(self) -> Settings:
        """Of a bandit. Expects that they can be read."""
        return policies.settings_of(self.policy, counts_worth=self.reward == self.Reward.VALUE)

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        rules = [f"“{rule}”" for rule in self.rules.order_by("name", "id")[:5]]
        return f"Rules draw among its arms: {', '.join(rules)}. Let them show something else first." if rules else ""

    def arm_faults(self, arms: Collection["Arm"]) -> list[str]:
        """What is wrong with these as all arms of it, which may not be stored yet. Reads the variant of each."""
        faults = [f"{arm.variant}: {FOREIGN}" for arm in arms if arm.variant and arm.variant.site_id != self.site_id]
        if len({arm.key for arm in arms}) < len(arms):
            faults.append("Each arm needs a key of its own.")
        if not any(arm.weight for arm in arms):
            faults.append("No arm has a weight, so there is nothing to draw.")
        if self.kind == self.Kind.TUNING:
            return [*faults, *(fault for arm in arms for fault in arm.setting_faults(self.site_id))]
        if self.kind == self.Kind.HOLDOUT:
            return faults
        if arms and not any(arm.variant for arm in arms):
            faults.append("No arm shows a creative, so there is nothing to compare.")
        if sum(not arm.variant for arm in arms) > 1:
            faults.append("One control is enough: two would see the same.")
        if self.kind == self.Kind.BANDIT and not all(arm.variant for arm in arms):
            faults.append("A bandit has no control: nothing shown is never clicked. Its random slice prices it.")
        return faults


class Arm(models.Model):
    """One variant of a treatment, with its share; or its control."""

    treatment = models.ForeignKey(Treatment, models.CASCADE, related_name="arms")
    key = models.CharField(max_length=64, validators=[KEY])
    variant = models.ForeignKey(
        AdVariant,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="arms",
        help_text="Empty for a control: what there is without the rule.",
    )
    weight = models.PositiveIntegerField(
        default=1, validators=[MaxValueValidator(10_000)], help_text="Its share is this of the sum of all arms."
    )

    setting = models.JSONField(
        default=dict,
        blank=True,
        help_text='Of a test of settings: {"model": id of a version} in place of the one in force, or'
        ' {"slots": {"related": "similar"}} for what fills a slot instead; empty: as it is.',
    )

    class Meta:
        ordering = ["treatment", "id"]
        constraints = [models.UniqueConstraint(fields=["treatment", "key"], name="arm_key")]

    def __str__(self) -> str:
        return f"{self.key}: {self.variant or 'control'}"

    def setting_faults(self, site_id: int) -> list[str]:
        """Of a test of settings. One query where it names a model."""
        setting = self.setting
        if not isinstance(setting, dict) or setting.keys() - {"model", "slots"}:
            return [f"{self.key}: A setting names a model, or slots."]
        faults = []
        model = setting.get("model", 0)
        if model and not (isinstance(model, int) and ModelVersion.objects.filter(pk=model, site=site_id).exists()):
            faults.append(f"{self.key}: There is no such model.")
        slots = setting.get("slots", {})
        if not isinstance(slots, dict) or not {*slots, *map(str, slots.values())} <= SLOTS.keys():
            faults.append(f"{self.key}: Slots are {', '.join(SLOTS)}.")
        return faults
