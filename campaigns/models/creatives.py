"""What can be shown."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models

from campaigns import creatives, layouts, slots
from campaigns.content import COLOUR, Picture
from campaigns.coupons import terms
from campaigns.coupons.tables import Coupon
from campaigns.models.schedules import FOREIGN
from segments.models import KEY
from sites.models import Site


class AdVariant(models.Model):
    """One creative: typed fields in a template. `slot` names what fills the holes such as `{item.name}`."""

    class Template(models.TextChoices):
        HERO = "hero", "Hero: a wide spot with picture, headline, text and button"
        BANNER = "banner", "Banner: one line with a button"
        CARD = "card", "Card: a picture above text"
        ROW = "row", "Product row: three items side by side"
        MESSAGE = "message", "Message: a note that can be closed"
        COUNTDOWN = "countdown", "Countdown: a clock that runs to its end"

    site = models.ForeignKey(Site, models.CASCADE, related_name="variants")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    template = models.CharField(max_length=16, choices=Template, default=Template.HERO)
    slot = models.CharField(max_length=16, choices=slots.choices, default="", blank=True)
    headline = models.CharField(max_length=200, blank=True)
    body = models.TextField(max_length=2000, blank=True, help_text="Plain text or simple HTML; it is sanitised.")
    image_url = models.CharField(max_length=500, blank=True)
    picture = models.ForeignKey(
        Picture,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="variants",
        help_text="One of the library, in place of an address.",
    )
    # What was wrong when the address was last looked at, in a sentence; empty where nothing was, or nobody looked.
    picture_fault = models.CharField(max_length=200, blank=True, editable=False)
    image_alt = models.CharField(max_length=200, blank=True)
    call_to_action = models.CharField(max_length=60, blank=True)
    link = models.CharField(max_length=500, blank=True)
    coupon = models.ForeignKey(
        Coupon,
        models.RESTRICT,
        null=True,
        blank=True,
        related_name="variants",
        help_text="One with a code for everybody, which it shows.",
    )
    discount_percent = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(100)])
    badge = models.CharField(max_length=40, blank=True)
    translations = models.JSONField(
        default=dict, blank=True, help_text="By language, such as de: the texts that differ from those above."
    )
    old_price = models.CharField(max_length=40, blank=True)
    new_price = models.CharField(max_length=40, blank=True)
    picture_at = models.CharField(max_length=10, choices=list(layouts.PLACES.items()), default="", blank=True)
    align = models.CharField(max_length=6, choices=list(layouts.ALIGNMENTS.items()), default="", blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    background = models.CharField(max_length=7, default="", blank=True, validators=[COLOUR])
    foreground = models.CharField(max_length=7, default="", blank=True, validators=[COLOUR])
    archived = models.BooleanField(default=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="variant_key")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        errors = creatives.errors_by_field(self)
        if self.picture and self.picture.site_id != self.site_id and self.site_id:
            errors["picture"] = [FOREIGN]
        if self.coupon and (fault := self._coupon_fault(self.coupon)):
            errors["coupon"] = [fault]
        stored = AdVariant.objects.filter(pk=self.pk, archived=False).first() if self.archived and self.pk else None
        if stored and (fault := stored.archive_fault()):
            errors["archived"] = [fault]
        if errors:
            raise ValidationError(errors)

    def _coupon_fault(self, coupon: Coupon) -> str:
        if coupon.site_id != self.site_id and self.site_id:
            return FOREIGN
        return "" if coupon.is_shared else "It has many codes, each good once, so there is none to show to everybody."

    @property
    def code(self) -> str:
        """That it shows; empty for none."""
        return self.coupon.code if self.coupon else ""

    @property
    def discount(self) -> int | None:
        """In per cent: its own, or else what its coupon takes off. None for none."""
        if self.discount_percent is None and self.coupon and self.coupon.gives == terms.PERCENT:
            return self.coupon.percent
        return self.discount_percent

    @property
    def template_title(self) -> str:
        """In a word or two."""
        return str(self.get_template_display()).partition(":")[0]

    @property
    def default_fault(self) -> str:
        """Why no placement can show it where no rule wins; empty where one can."""
        if self.template == self.Template.COUNTDOWN:
            return "A default must always be there, so it cannot be a countdown, which ends."
        return "A default must fit everybody, so it cannot show what differs between visitors." if self.slot else ""

    def archive_fault(self) -> str:
        """Why it cannot be archived; empty where it can. Three queries."""
        drawing = {arm.treatment for arm in self.arms.select_related("treatment").order_by("id")}
        users = ", ".join(map(str, [*self.rules.all(), *sorted(drawing, key=str), *self.default_in.all()]))
        return f"It is needed: {users}. Choose another creative there first." if users else ""
