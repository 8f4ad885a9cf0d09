"""Which coupons are there, with which codes, and who redeemed them?"""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from campaigns.coupons import codes, terms
from campaigns.coupons.terms import GIVES, Terms
from segments.bounds import MOST_MINOR
from segments.models import KEY
from sites.models import Site
from sites.money import write_amount
from sites.times import ms_of


class Coupon(models.Model):
    """What a code gives, when and how often. With `code`, all share that one; without, it has many codes, each good
    once."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="coupons")
    key = models.CharField(max_length=64, validators=[KEY])
    name = models.CharField(max_length=100)
    gives = models.CharField(max_length=8, choices=list(GIVES.items()), default=terms.PERCENT)
    percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    amount_minor = models.PositiveBigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MOST_MINOR)]
    )
    code = models.CharField(
        "code for everybody", max_length=codes.LONGEST, blank=True, help_text="Empty: many codes, each good once."
    )
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    minimum_minor = models.PositiveBigIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MINOR)],
        help_text="The least that an order must be worth without the coupon, in minor units.",
    )
    limit = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    limit_per_visitor = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    archived = models.BooleanField(default=False)
    # Since when nothing is left of it. Written by `campaigns.coupons.redeeming.note_what_is_left` alone, so that a
    # review of the draft need not count redemptions, and is made anew when this changes.
    used_up_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="coupon_key"),
            models.UniqueConstraint(fields=["site", "code"], name="coupon_code", condition=~models.Q(code="")),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True)
                | models.Q(starts_at__isnull=True)
                | models.Q(ends_at__gt=models.F("starts_at")),
                name="coupon_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        self.code = codes.as_kept(self.code)
        if faults := self.faults():
            raise ValidationError(faults)

    def faults(self) -> dict[str, list[str]]:
        """By field. Costs up to three queries where it has a code."""
        errors: dict[str, list[str]] = {}
        if self.gives == terms.PERCENT and not self.percent:
            errors["percent"] = ["Say how many per cent it takes off."]
        if self.gives == terms.AMOUNT and not self.amount_minor:
            errors["amount_minor"] = ["Say how much it takes off."]
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            errors["ends_at"] = ["It must end after it starts."]
        if self.code and (fault := self._code_fault()):
            errors["code"] = [fault]
        if not self.code and self.pk and self.variants.exists():
            errors["code"] = ["Creatives show its code: choose another coupon there first."]
        return errors

    def _code_fault(self) -> str:
        if fault := codes.fault_of(self.code):
            return f"Not a code: {fault}."
        if not self.site_id:
            return ""
        if self.pk and self.codes.exists():
            return "It has many codes, each good once, so there is none for everybody."
        return taken_fault(self.site_id, self.code, self.pk)

    def terms(self) -> Terms:
        """As they are judged; costs a query where `site` is not read yet."""
        return Terms(
            gives=self.gives,
            currency=self.site.currency,
            percent=self.percent or 0,
            amount_minor=self.amount_minor or 0,
            begins=self.begins,
            ends=self.ends,
            minimum_minor=self.minimum_minor or 0,
            limit=self.limit or 0,
            limit_per_visitor=self.limit_per_visitor or 0,
            is_archived=self.archived,
            time_zone=self.site.time_zone,
        )

    @property
    def begins(self) -> int:
        """Milliseconds since 1970 UTC; 0 for no bound."""
        return ms_of(self.starts_at) if self.starts_at else 0

    @property
    def ends(self) -> int:
        return ms_of(self.ends_at) if self.ends_at else 0

    @property
    def is_shared(self) -> bool:
        return bool(self.code)

    def in_words(self) -> str:
        """What it gives: "15 % off", "5.00 EUR off", "free delivery"."""
        if self.gives == terms.PERCENT:
            return f"{self.percent or 0} % off"
        if self.gives == terms.AMOUNT:
            return f"{write_amount(self.amount_minor or 0, self.site.currency)} off"
        return "free delivery" if self.gives == terms.DELIVERY else "what the shop gives"

    def archive_fault(self) -> str:
        """Why it cannot be archived; empty where it can. One query."""
        users = ", ".join(f"“{row}”" for row in self.variants.filter(archived=False).order_by("name", "id")[:5])
        return f"Creatives show its code: {users}. Choose another coupon there first." if users else ""

    def delete_fault(self) -> str:
        """Why it cannot be deleted; empty where it can. Two queries."""
        if self.redemptions.exists():
            return "Orders redeemed it, and what they paid stays. Archive it instead."
        users = ", ".join(f"“{row}”" for row in self.variants.order_by("name", "id")[:5])
        return f"Creatives name it: {users}. Choose another coupon there first." if users else ""


class CouponCode(models.Model):
    """One of many codes of a coupon, good once. `given_at` is when it was handed to somebody."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    coupon = models.ForeignKey(Coupon, models.CASCADE, related_name="codes")
    code = models.CharField(max_length=codes.LONGEST)
    given_at = models.DateTimeField(null=True)
    visitor_id = models.UUIDField(null=True, help_text="To whom it was given.")
    user_id = models.UUIDField(null=True, help_text="To which user, where one is known.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["coupon", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "code"], name="coupon_code_once_a_site")]
        indexes = [
            # For the next one to give, and for that which somebody has been given.
            models.Index(fields=["coupon", "id"], name="coupon_code_free", condition=models.Q(given_at__isnull=True)),
            models.Index(fields=["coupon", "visitor_id"], name="coupon_code_visitor"),
        ]

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """That an order took a code. One that was cancelled gives it back (`released_at`), and the row stays."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    coupon = models.ForeignKey(Coupon, models.RESTRICT, related_name="redemptions")
    code = models.CharField(max_length=codes.LONGEST, help_text="As it was when it was redeemed.")
    single = models.ForeignKey(CouponCode, models.RESTRICT, null=True, related_name="redemptions")
    order_id = models.CharField(max_length=100)
    visitor_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    sum_minor = models.PositiveBigIntegerField(help_text="Of the order without the coupon, with delivery.")
    discount_minor = models.PositiveBigIntegerField()
    redeemed_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-redeemed_at", "-id"]
        constraints = [
            # Whoever redeems holds a lock on the coupon; these hold where two coupons meet in one order, or somebody
            # forgets the lock.
            models.UniqueConstraint(
                fields=["site", "order_id"], name="one_coupon_an_order", condition=models.Q(released_at__isnull=True)
            ),
            models.UniqueConstraint(
                fields=["single"], name="single_code_once", condition=models.Q(released_at__isnull=True)
            ),
            models.CheckConstraint(
                condition=models.Q(discount_minor__lte=models.F("sum_minor")), name="discount_within_the_sum"
            ),
        ]
        indexes = [
            models.Index(fields=["coupon", "-redeemed_at"], name="redemption_coupon_at"),
            models.Index(fields=["coupon", "visitor_id"], name="redemption_visitor"),
            models.Index(fields=["coupon", "user_id"], name="redemption_user"),
        ]

    def __str__(self) -> str:
        return f"{self.code} in order {self.order_id}"

    @property
    def paid_minor(self) -> int:
        return self.sum_minor - self.discount_minor


def taken_fault(site_id: int, code: str, coupon_id: int | None) -> str:
    """Who has the code already, in words; empty where nobody has. Two queries."""
    owner = Coupon.objects.filter(site=site_id, code=code).exclude(pk=coupon_id or 0).first()
    single = CouponCode.objects.filter(site=site_id, code=code).select_related("coupon").first()
    taken = owner or (single and single.coupon)
    return f"The coupon “{taken}” has this code." if taken else ""
