"""Where something can be shown."""

from django.core.exceptions import ValidationError
from django.db import models

from campaigns.fitting import misfit
from campaigns.models.creatives import AdVariant
from campaigns.models.schedules import FOREIGN
from segments.models import KEY
from sites.models import Site


class Placement(models.Model):
    """A spot on a page or in an app, with what it shows when no rule wins."""

    class Spot(models.TextChoices):
        TOP = "top", "Across the page, at its top"
        MAIN = "main", "In the content"
        SIDE = "side", "Beside the content"
        FOOT = "foot", "Across the page, below the content"
        OVER = "over", "Over the page"

    site = models.ForeignKey(Site, models.CASCADE, related_name="placements")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    page = models.CharField(
        max_length=60, blank=True, help_text="The kind of page that it is on, such as Home, Product or Cart."
    )
    spot = models.CharField("where on the page", max_length=4, choices=Spot, blank=True)
    min_height = models.PositiveIntegerField(default=0, help_text="Pixels reserved on the page, so that nothing jumps.")
    width = models.PositiveIntegerField(
        default=0, help_text="Pixels that it has on a wide screen, by which creatives are told to fit; 0: not known."
    )
    default_variant = models.ForeignKey(AdVariant, models.RESTRICT, null=True, blank=True, related_name="default_in")
    enabled = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="placement_key")]

    def __str__(self) -> str:
        return self.name

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. One query."""
        rules = [f"“{rule}”" for rule in self.rules.order_by("name", "id")[:5]]
        return f"Rules show something in “{self}”: {', '.join(rules)}. Move or delete them first." if rules else ""

    def misfit(self, variant: AdVariant) -> str:
        """Why the creative does not fit here; empty where it does."""
        return self.misfit_of(variant.template)

    def misfit_of(self, template: str) -> str:
        return misfit(template, self.width, self.min_height)

    def clean(self) -> None:
        default = self.default_variant
        if default and default.site_id != self.site_id:
            raise ValidationError({"default_variant": FOREIGN})
        if default and default.default_fault:
            raise ValidationError({"default_variant": default.default_fault})
