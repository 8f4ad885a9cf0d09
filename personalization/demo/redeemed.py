"""Which codes do the orders of simulated visitors redeem, and do they get them? By the rules of the site's coupons, as
whoever orders in the shop."""

import random
from typing import Any

from campaigns import seed
from campaigns.coupons import redeeming
from campaigns.coupons.redeeming import buyer_of
from campaigns.coupons.terms import PERCENT, Cart, Terms, discount
from personalization.demo.catalogue import CURRENCY
from sites.models import Site
from sites.money import scale

PERCENTS = {code: percent for _, _, code, percent in seed.COUPONS}
FRUGAL, OTHERS = 0.55, 0.12  # of the orders of those who look for low prices, and of the others


def code_for(rng: random.Random, *, is_frugal: bool) -> str:
    """The code that somebody has found; empty for none."""
    if rng.random() >= (FRUGAL if is_frugal else OTHERS):
        return ""
    (_, _, after_a_look, _), (_, _, for_low_prices, _) = seed.COUPONS
    liked = 0.8 if is_frugal else 0.3
    return for_low_prices if rng.random() < liked else after_a_look


def reduction(code: str, total_minor: int) -> dict[str, Any]:
    """What an order of the simulator says of its code, and its total; amounts in major units."""
    if not code:
        return {"total": total_minor / scale(CURRENCY)}
    off = discount(Terms(PERCENT, CURRENCY, percent=PERCENTS[code]), Cart(total_minor))
    paid = (total_minor - off) / scale(CURRENCY)
    return {"total": paid, "coupon": code, "discount": off / scale(CURRENCY)}


def settle(site: Site, message: dict[str, Any], at: int) -> dict[str, Any]:
    """The message as it is told: an order that does not get its code is told without it."""
    told = message.get("properties", {})
    if message.get("event") != "Order Completed" or "coupon" not in told:
        return message
    before = round((told["total"] + told["discount"]) * scale(CURRENCY))
    buyer = buyer_of(site, message["anonymousId"])
    outcome = redeeming.redeem(site, told["coupon"], told["order_id"], Cart(before), buyer, at)
    if outcome.redemption is not None:
        return message
    kept = {name: value for name, value in told.items() if name not in ("coupon", "discount")}
    return message | {"properties": kept | {"total": before / scale(CURRENCY)}}
