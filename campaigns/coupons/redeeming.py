"""How does an order take a coupon, and give it back? One transaction each, with the coupon locked: what was counted
stays true until the order has it."""

from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.coupons import pushing
from campaigns.coupons.codes import as_kept
from campaigns.coupons.tables import Coupon, CouponCode, Redemption
from campaigns.coupons.terms import Cart, Used, Verdict, judge, refuse
from sites.locks import lock
from sites.models import Site
from sites.pseudonyms import visitor_of, visitor_of_user
from sites.times import moment_of


@dataclass(frozen=True)
class Buyer:
    """Who asks, as pseudonyms; None where that is not said."""

    visitor: UUID | None = None
    user: UUID | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.visitor or self.user)

    def within(self) -> Q:
        """Rows of the same person: who is known by both is found by each."""
        found = Q(visitor_id=self.visitor) if self.visitor else Q(pk__in=[])
        return found | Q(user_id=self.user) if self.user else found


@dataclass(frozen=True)
class Outcome:
    """What came of it. `redemption` is None where the code was refused, and where it was only asked for."""

    verdict: Verdict
    coupon: Coupon | None = None
    redemption: Redemption | None = None
    is_new: bool = False


def buyer_of(site: Site, anonymous_id: str = "", user_id: str = "") -> Buyer:
    """By the ids under which the site sends events."""
    return Buyer(
        UUID(visitor_of(site.salt, anonymous_id)) if anonymous_id else None,
        UUID(visitor_of_user(site.salt, user_id)) if user_id else None,
    )


def check(site: Site, typed: str, cart: Cart, buyer: Buyer, now: int) -> Outcome:
    """Is the code good for this buyer and cart? Writes nothing, so by the time of the order it may be used up. Up to
    five queries."""
    coupon, single = _find(site, typed)
    if coupon is None:
        return Outcome(refuse("unknown_code"))
    return Outcome(judge(coupon.terms(), cart, _used(coupon, single, buyer), now), coupon)


@transaction.atomic
def redeem(site: Site, typed: str, order_id: str, cart: Cart, buyer: Buyer, now: int) -> Outcome:
    """The order takes the code. Told again of an order that has it, answers with what was written the first time."""
    coupon, single = _find(site, typed)
    if coupon is None:
        return Outcome(refuse("unknown_code"))
    # Two orders race for the last one: both would count it as free. The second waits here until the first is written,
    # and then counts it too. The lock is on the coupon and not on its redemptions, of which the first has none.
    coupon = _locked(coupon.pk)
    code = as_kept(typed)
    if before := _of_order(site, order_id):
        return _again(before, code)
    verdict = judge(coupon.terms(), cart, _used(coupon, single, buyer), now)
    if not verdict.is_good:
        return Outcome(verdict, coupon)
    row = Redemption(
        site=site,
        coupon=coupon,
        code=code,
        single=single,
        order_id=order_id,
        visitor_id=buyer.visitor,
        user_id=buyer.user,
        sum_minor=cart.sum_minor,
        discount_minor=verdict.discount_minor,
        redeemed_at=moment_of(now),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        # The same order, at the same moment, with another coupon, whose lock is another one.
        other = _of_order(site, order_id)
        return _again(other, code) if other else Outcome(refuse("code_used"), coupon)
    note_what_is_left(coupon.pk)
    return Outcome(verdict, coupon, row, is_new=True)


@transaction.atomic
def release(site: Site, order_id: str, now: int) -> Redemption | None:
    """The order is cancelled: what it took is free again. None where it has none, or gave it back before."""
    found = _of_order(site, order_id)
    if found is None:
        return None
    coupon = _locked(found.coupon_id)
    row = Redemption.objects.get(pk=found.pk)
    if row.released_at is not None:
        return None
    row.released_at = moment_of(now)
    row.save(update_fields=["released_at"])
    note_what_is_left(coupon.pk)
    return row


@transaction.atomic
def give(coupon: Coupon, buyer: Buyer, now: int) -> CouponCode | None:
    """One of many codes for this buyer: the same again for whoever has one. None where none is left."""
    # Locked, so that two requests for one person do not take two, and two persons not the same.
    coupon = _locked(coupon.pk)
    given = coupon.codes.filter(buyer.within()).order_by("id").first()
    if given is not None or coupon.archived:
        return given
    row = unused(coupon).filter(given_at=None).order_by("id").first()
    if row is None:
        return None
    row.given_at, row.visitor_id, row.user_id = moment_of(now), buyer.visitor, buyer.user
    row.save(update_fields=["given_at", "visitor_id", "user_id"])
    return row


def unused(coupon: Coupon) -> QuerySet[CouponCode]:
    """Of many codes, those that no order has."""
    return coupon.codes.exclude(pk__in=valid(coupon).filter(single__isnull=False).values("single"))


def valid(coupon: Coupon) -> QuerySet[Redemption]:
    """Those that were not given back."""
    return coupon.redemptions.filter(released_at=None)


def note_what_is_left(pk: int) -> None:
    """Writes since when nothing is left of the coupon; inside a transaction."""
    coupon = _locked(pk)
    is_used_up = bool(coupon.limit) and valid(coupon).count() >= (coupon.limit or 0)
    if not coupon.is_shared and coupon.codes.exists() and not unused(coupon).exists():
        is_used_up = True
    if is_used_up != (coupon.used_up_at is not None):
        Coupon.objects.filter(pk=pk).update(used_up_at=timezone.now() if is_used_up else None)
        # Robust: the order has its coupon though Redis is away; beat tells the edge within a minute.
        transaction.on_commit(pushing.push, robust=True)


def _locked(pk: int) -> Coupon:
    return lock(Coupon.objects.filter(pk=pk).select_related("site")).get()


def _find(site: Site, typed: str) -> tuple[Coupon | None, CouponCode | None]:
    code = as_kept(typed)
    if not code:
        return None, None
    shared = Coupon.objects.filter(site=site, code=code).select_related("site").first()
    if shared is not None:
        return shared, None
    single = CouponCode.objects.filter(site=site, code=code).select_related("coupon__site").first()
    return (single.coupon, single) if single else (None, None)


def _used(coupon: Coupon, single: CouponCode | None, buyer: Buyer) -> Used:
    redeemed = valid(coupon)
    return Used(
        in_all=redeemed.count() if coupon.limit else 0,
        by_visitor=redeemed.filter(buyer.within()).count() if coupon.limit_per_visitor and buyer.is_known else None,
        is_code_used=bool(single) and redeemed.filter(single=single).exists(),
    )


def _of_order(site: Site, order_id: str) -> Redemption | None:
    return Redemption.objects.filter(site=site, order_id=order_id, released_at=None).select_related("coupon").first()


def _again(before: Redemption, code: str) -> Outcome:
    if before.code != code:
        return Outcome(refuse("order_has_coupon"), before.coupon)
    return Outcome(Verdict(before.discount_minor), before.coupon, before)
