"""What counts as success."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns import goals
from segments.bounds import MOST_MINOR
from segments.conditions import validate
from segments.conditions.event_rows import questions_in
from segments.models import KEY
from sites.models import Site
from sites.times import DAY_MS


class Goal(models.Model):
    """What counts as a conversion: an event, perhaps of a kind only, and what it is worth."""

    class Value(models.TextChoices):
        NOTHING = goals.NOTHING, "Nothing: it is only counted"
        OF_EVENT = goals.OF_EVENT, "What the event says: total, revenue or value, else the sum of its products"
        FIXED = goals.FIXED, "Always the same"
        OF_PROPERTY = goals.OF_PROPERTY, "What one property of the event says"

    site = models.ForeignKey(Site, models.CASCADE, related_name="goals")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    event = models.CharField(max_length=200, help_text="The name of the event that counts, such as Order Completed.")
    condition = models.JSONField(
        default=dict, blank=True, help_text="On the properties of the event, in the language of rules; {} counts any."
    )
    value_kind = models.CharField(max_length=8, choices=Value, default=Value.NOTHING)
    value_minor = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MINOR)],
        help_text="Of each, where it is always the same; in minor units of the site's currency.",
    )
    value_property = models.CharField(
        max_length=200, blank=True, help_text="An amount in major units; dots lead inside, as in plan.price."
    )
    window_days = models.PositiveSmallIntegerField(
        default=7,
        validators=[MinValueValidator(1), MaxValueValidator(goals.MOST_WINDOW_DAYS)],
        help_text="So long after a click or look a campaign is credited.",
    )
    view_through = models.BooleanField(
        "looks count",
        null=True,
        blank=True,
        choices=[(None, "As the site says"), (True, "Yes: who saw it and ordered counts"), (False, "No: clicks alone")],
        help_text="Whether a campaign that was only seen, not clicked, may be credited.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="goal_key"),
            models.CheckConstraint(
                condition=models.Q(window_days__range=(1, goals.MOST_WINDOW_DAYS)), name="goal_window_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if faults := self.faults():
            raise ValidationError(faults)

    def faults(self) -> dict[str, list[str]]:
        """By field."""
        errors: dict[str, list[str]] = {}
        if faults := validate(self.condition, {}):  # no groups: a goal looks at its event, at no segment
            errors["condition"] = list(map(str, faults))
        elif questions_in(self.condition):
            errors["condition"] = ["$did asks what a visitor did; a goal looks at one event."]
        if self.value_kind == self.Value.FIXED and self.value_minor is None:
            errors["value_minor"] = ["Say what each is worth."]
        if self.value_kind == self.Value.OF_PROPERTY and not self.value_property:
            errors["value_property"] = ["Name the property that says what it is worth."]
        return errors

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        users = ", ".join(map(str, self.campaigns.all()))
        return f"It is pursued by {users}. Choose another goal there first." if users else ""

    def freeze(self, site: Site) -> goals.FrozenGoal:
        """As it counts with the settings of its site."""
        return goals.FrozenGoal(
            id=self.pk,
            key=self.key,
            event=self.event,
            condition=self.condition,
            value=self.value_kind,
            value_minor=self.value_minor or 0,
            value_property=self.value_property,
            window_ms=self.window_days * DAY_MS,
            attribution=site.attribution,
            view_through=site.view_through if self.view_through is None else self.view_through,
        )
