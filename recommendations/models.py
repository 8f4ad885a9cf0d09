"""Which items next? The catalogue."""

import re
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q

from sites.models import CURRENCY_CODE, Site
from sites.money import percent_off, write_amount

MOST_MINOR = 10**12  # of a price: more than any shop asks in any currency, and exact in every client
_ADDRESS = re.compile(r"(?:https?://[^/?#\s\\]+|/(?![/\\]))[^\s\\\"'<>]*\Z")
_ADDRESSES = ("url", "category_url", "image_url")


def address_faults(values: Mapping[str, str]) -> dict[str, str]:
    """The fields of an item that hold something else than an address, and what is wrong; by whichever door they
    come."""
    given = {name: values[name] for name in _ADDRESSES if values[name]}
    return {
        name: f"{value!r} is no address; begin with https://, http:// or /"
        for name, value in given.items()
        if not _ADDRESS.match(value)
    }


def old_price_fault(old_minor: int | None, price_minor: int, currency: str) -> str:
    """Why this is no price before a reduction, in minor units; empty where it is one, or None. By whichever door it
    comes."""
    if old_minor is None or old_minor > price_minor:
        return ""
    price = write_amount(price_minor, currency)
    return f"A price before must be higher than the price, {price}; leave it empty where nothing is reduced."


class Item(models.Model):
    """A catalogue entry, as a release carries it to the edge."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="items")
    key = models.CharField(max_length=100, help_text="The product_id that events carry.")
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=100)
    category_url = models.CharField(max_length=500, blank=True)
    brand = models.CharField(max_length=100, blank=True)
    price_minor = models.PositiveBigIntegerField(
        validators=[MaxValueValidator(MOST_MINOR)],
        help_text="In minor units of its currency: 1999 is 19.99 EUR, 1,999 JPY and 1.999 KWD.",
    )
    old_price_minor = models.PositiveBigIntegerField(
        "price before",
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MINOR)],
        help_text="Before a reduction, in minor units of the same currency; empty where nothing is reduced.",
    )
    currency = models.CharField(
        max_length=3, blank=True, validators=[CURRENCY_CODE], help_text="Such as EUR; the site's where this is empty."
    )
    url = models.CharField(max_length=500)
    image_url = models.CharField(max_length=500, blank=True)
    available = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="item_key"),
            models.CheckConstraint(
                condition=Q(old_price_minor=None) | Q(old_price_minor__gt=F("price_minor")), name="item_old_price"
            ),
        ]
        # A category of a site's catalogue, as the API lists it, perhaps by price.
        indexes = [models.Index(fields=["site", "category", "price_minor"], name="item_category_price")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError."""
        self.currency = self.currency or self.site.currency
        faults = address_faults({name: getattr(self, name) for name in _ADDRESSES})
        # A price that is none has its own fault already.
        price = self.price_minor if isinstance(self.price_minor, int) else -1
        if fault := old_price_fault(self.old_price_minor, price, self.currency):
            faults["old_price_minor"] = fault
        if faults:
            raise ValidationError(faults)

    @property
    def saving_percent(self) -> int:
        """What the reduction takes off the price before, in whole per cent, 0 to 100."""
        return percent_off(self.old_price_minor, self.price_minor) if self.old_price_minor else 0


class ItemDay(models.Model):
    """How often an item was looked at and put into a cart on a day; written by `recommendations.selling`."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="item_days")
    key = models.CharField(max_length=100, help_text="Of the item.")
    day = models.DateField(help_text="In the site's time zone.")
    views = models.PositiveBigIntegerField(default=0)
    carts = models.PositiveBigIntegerField(default=0)

    class Meta:
        # Also what a page of the catalogue adds up: some items, over some days.
        constraints = [models.UniqueConstraint(fields=["site", "key", "day"], name="item_day")]

    def __str__(self) -> str:
        return f"{self.key} on {self.day}"


class OrderLine(models.Model):
    """An item of an order, once however often the order was told; written by `recommendations.selling`. What was taken
    back later is not taken off."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="order_lines")
    order = models.UUIDField(help_text="A digest of the order's id: lines of one order share it.")
    key = models.CharField(max_length=100, help_text="Of the item.")
    at = models.DateTimeField()
    quantity = models.PositiveIntegerField()
    revenue_minor = models.PositiveBigIntegerField(
        null=True, help_text="In minor units of the site's currency; empty where the event told no price in it."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "order", "key"], name="order_line")]
        # What an item sold in a period.
        indexes = [models.Index(fields=["site", "key", "at"], name="order_line_item")]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.key}"
