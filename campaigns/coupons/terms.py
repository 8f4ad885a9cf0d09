"""Is a coupon good for this cart at this moment, and what does it take off? Or else why not, for programs and in words.
Pure: whoever asks counts what was redeemed, and keeps it from changing meanwhile."""

from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sites.money import with_symbol
from sites.times import moment_of

PERCENT, AMOUNT, DELIVERY, OTHER = "percent", "amount", "delivery", "other"
GIVES = {
    PERCENT: "Per cent off",
    AMOUNT: "An amount off",
    DELIVERY: "Free delivery",
    OTHER: "Something that the shop knows, such as a gift",
}

# Why a code is refused: for programs, and in a sentence for whoever typed it.
REASONS = {
    "unknown_code": "There is no such code.",
    "withdrawn": "This code is no longer accepted.",
    "not_begun": "This code is valid from {begins} on.",
    "over": "This code was valid until {ends}.",
    "wrong_currency": "This code is for orders in {currency}.",
    "below_minimum": "This code is for orders of {minimum} and more.",
    "code_used": "This code has been used.",
    "used_up": "All of these coupons have been used.",
    "visitor_needed": "This code is for customers who are known: sign in first.",
    "visitor_limit": "You have used this code as often as you may.",
    "order_has_coupon": "This order has a coupon already.",
}


@dataclass(frozen=True)
class Terms:
    """Moments are milliseconds since 1970 UTC, amounts minor units of `currency`; 0 stands for no bound."""

    gives: str  # a key of GIVES
    currency: str
    percent: int = 0
    amount_minor: int = 0
    begins: int = 0
    ends: int = 0
    minimum_minor: int = 0
    limit: int = 0
    limit_per_visitor: int = 0
    is_archived: bool = False
    time_zone: str = "UTC"


class Cart(NamedTuple):
    """What is to be paid without the coupon, in minor units: for the goods, and for bringing them."""

    total_minor: int
    delivery_minor: int = 0
    currency: str = ""  # empty: that of the coupon

    @property
    def sum_minor(self) -> int:
        return self.total_minor + self.delivery_minor


class Used(NamedTuple):
    """How often it was redeemed and not given back. `by_visitor` is None where nobody says who asks."""

    in_all: int = 0
    by_visitor: int | None = None
    is_code_used: bool = False  # of a code that is good once


class Verdict(NamedTuple):
    discount_minor: int  # 0 up to the sum of the cart
    reason: str = ""  # a key of REASONS where it is refused
    words: str = ""

    @property
    def is_good(self) -> bool:
        return not self.reason


def judge(terms: Terms, cart: Cart, used: Used, now: int) -> Verdict:
    """Expects amounts that are not negative."""
    reason = _against(terms, cart, used, now)
    return refuse(reason, terms) if reason else Verdict(discount(terms, cart))


def refuse(reason: str, terms: Terms | None = None) -> Verdict:
    return Verdict(0, reason, REASONS[reason].format(**(_facts(terms) if terms else {})))


def discount(terms: Terms, cart: Cart) -> int:
    """Minor units. A percentage is rounded to the nearest whole minor unit, halves up, so a yen has no part; nothing is
    taken off that is not to be paid."""
    if terms.gives == PERCENT:
        return (cart.total_minor * terms.percent + 50) // 100
    if terms.gives == AMOUNT:
        return min(terms.amount_minor, cart.total_minor)
    return cart.delivery_minor if terms.gives == DELIVERY else 0


def is_over(terms: Terms, now: int) -> bool:
    return bool(terms.ends) and terms.ends <= now


def _against(terms: Terms, cart: Cart, used: Used, now: int) -> str:
    """The first reason that speaks against it: those that hold for everybody come first."""
    found = {
        "withdrawn": terms.is_archived,
        "not_begun": terms.begins > now,
        "over": is_over(terms, now),
        "wrong_currency": cart.currency not in ("", terms.currency),
        "code_used": used.is_code_used,
        "used_up": bool(terms.limit) and used.in_all >= terms.limit,
        "below_minimum": cart.total_minor < terms.minimum_minor,
        "visitor_needed": bool(terms.limit_per_visitor) and used.by_visitor is None,
        "visitor_limit": bool(terms.limit_per_visitor) and (used.by_visitor or 0) >= terms.limit_per_visitor,
    }
    return next((reason for reason, holds in found.items() if holds), "")


def _facts(terms: Terms) -> dict[str, str]:
    return {
        "begins": _moment(terms.begins, terms.time_zone),
        "ends": _moment(terms.ends, terms.time_zone),
        "minimum": with_symbol(terms.minimum_minor, terms.currency),
        "currency": terms.currency,
    }


def _moment(at: int, time_zone: str) -> str:
    """By the clocks of the site."""
    return f"{moment_of(at).astimezone(ZoneInfo(time_zone)):%-d %B %Y, %H:%M}"
