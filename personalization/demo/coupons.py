"""Is this a code that the shop takes, and how much is it worth? The shop asks Segue by the rules of its coupons, as
every shop does, and tells of the order."""

from campaigns.coupons import redeeming
from campaigns.coupons.redeeming import Outcome, buyer_of
from campaigns.coupons.terms import PERCENT, Cart, discount, refuse
from personalization.demo.site import WRITE_KEY
from sites.models import Site
from sites.times import now_ms

LONGEST = 40  # characters of a code


def check(typed: str, minor: int, visitor: str, customer: str) -> Outcome:
    """For a cart that costs so much without it. Up to six queries."""
    site = _site()
    if site is None:
        return Outcome(refuse("unknown_code"))
    return redeeming.check(site, typed[:LONGEST], Cart(minor), buyer_of(site, visitor, customer), now_ms())


def redeem(typed: str, order_id: str, minor: int, visitor: str, customer: str) -> Outcome:
    site = _site()
    if site is None:
        return Outcome(refuse("unknown_code"))
    return redeeming.redeem(site, typed, order_id, Cart(minor), buyer_of(site, visitor, customer), now_ms())


def reduced(outcome: Outcome, price_minor: int) -> int | None:
    """What one product costs with a coupon that takes a share off all of them; None for any other."""
    if outcome.coupon is None or not outcome.verdict.is_good or outcome.coupon.gives != PERCENT:
        return None
    return price_minor - discount(outcome.coupon.terms(), Cart(price_minor))


def _site() -> Site | None:
    return Site.objects.filter(write_key=WRITE_KEY).first()
