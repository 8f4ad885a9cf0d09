"""What stands on the pages of coupons? Each with what is left of it, what orders made of it, and where it is shown."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, F, Q, QuerySet, Sum

from campaigns.coupons.standing import ARCHIVED, STATES, state_of
from campaigns.coupons.tables import Coupon, CouponCode, Redemption
from campaigns.models import AdVariant
from sites.models import Site

SHOWN = {"": "Not archived", ARCHIVED: "Archived"}


class Sums(NamedTuple):
    """Of redemptions that were not given back; amounts in minor units of the site's currency."""

    orders: int = 0
    paid_minor: int = 0
    discount_minor: int = 0


@dataclass(frozen=True)
class Row:
    coupon: Coupon
    state: str
    codes: int  # of its own, each good once; 0 where it has one for everybody
    left: int | None  # redemptions that are still possible; None: no bound
    sums: Sums
    creatives: list[AdVariant] = field(default_factory=list)

    @property
    def title(self) -> str:
        return STATES[self.state]


def find(site: Site, text: str = "", state: str = "") -> QuerySet[Coupon]:
    """By name. `text` is part of a name or code, or one of many codes as a whole."""
    rows = Coupon.objects.filter(site=site, archived=state == ARCHIVED).select_related("site")
    if text:
        named = Q(name__icontains=text) | Q(code__icontains=text) | Q(key__icontains=text)
        rows = rows.filter(named | Q(codes__code=text.upper())).distinct()
    return rows.order_by("name", "id")


def rows_of(coupons: Iterable[Coupon], now: datetime) -> list[Row]:
    """Four queries, however many there are."""
    found = list(coupons)
    sums, numbers, unused = sums_of(found), _codes_of(found), _unused_of(found)
    shown: dict[int, list[AdVariant]] = defaultdict(list)
    for variant in AdVariant.objects.filter(coupon__in=found).order_by("name", "id"):
        shown[variant.coupon_id or 0].append(variant)
    return [
        Row(
            coupon,
            state_of(coupon, now),
            numbers.get(coupon.pk, 0),
            left_of(coupon, sums.get(coupon.pk, Sums()).orders, unused.get(coupon.pk, 0)),
            sums.get(coupon.pk, Sums()),
            shown[coupon.pk],
        )
        for coupon in found
    ]


def left_of(coupon: Coupon, orders: int, unused: int) -> int | None:
    """How many orders can still take it; None where nothing bounds that."""
    by_limit = max(coupon.limit - orders, 0) if coupon.limit else None
    if coupon.is_shared:
        return by_limit
    return unused if by_limit is None else min(unused, by_limit)


def sums_of(coupons: Iterable[Coupon]) -> dict[int, Sums]:
    """By the id of the coupon; one query."""
    counted = (
        Redemption.objects.filter(coupon__in=coupons, released_at=None)
        .values_list("coupon_id")
        .annotate(Count("id"), paid=Sum(F("sum_minor") - F("discount_minor")), off=Sum("discount_minor"))
        .order_by("coupon_id")
    )
    return {coupon: Sums(*totals) for coupon, *totals in counted}


def _codes_of(coupons: Iterable[Coupon]) -> dict[int, int]:
    counted = CouponCode.objects.filter(coupon__in=coupons).values_list("coupon_id").annotate(Count("id"))
    return dict(counted.order_by("coupon_id"))


def _unused_of(coupons: Iterable[Coupon]) -> dict[int, int]:
    redeemed = Redemption.objects.filter(coupon__in=coupons, released_at=None, single__isnull=False)
    counted = CouponCode.objects.filter(coupon__in=coupons).exclude(pk__in=redeemed.values("single"))
    return dict(counted.values_list("coupon_id").annotate(Count("id")).order_by("coupon_id"))
