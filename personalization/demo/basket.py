"""What has this shopper put aside? Cart and comparison, kept in the session, so that they work without scripts too."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from campaigns.coupons.codes import as_kept
from campaigns.coupons.redeeming import Outcome
from personalization.demo import coupons
from personalization.demo.catalogue import CURRENCY, PRODUCT_BY_KEY, Product
from sites.money import major, scale

MAX_QUANTITY = 20
MAX_COMPARED = 4
CUSTOMER = "customer"  # key of the session: who has signed in


@dataclass(frozen=True)
class Line:
    product: Product
    quantity: int

    @property
    def total_minor(self) -> int:
        return self.product.price_minor * self.quantity

    @property
    def total(self) -> str:
        return major(self.total_minor, CURRENCY)

    @property
    def properties(self) -> dict[str, Any]:
        return {**self.product.properties, "quantity": self.quantity}


class Basket:
    """The shopper's session, read as a shop reads it. Every change is saved with the session."""

    KEPT = ("cart", "compare", "told", "order", "code", "anonymous_id")  # keys of the session

    def __init__(self, session: SessionBase) -> None:
        self.session = session

    # --- cart

    @property
    def quantities(self) -> dict[str, int]:
        return {key: quantity for key, quantity in self.session.get("cart", {}).items() if key in PRODUCT_BY_KEY}

    @property
    def lines(self) -> list[Line]:
        return [Line(PRODUCT_BY_KEY[key], quantity) for key, quantity in self.quantities.items()]

    @property
    def count(self) -> int:
        return sum(self.quantities.values())

    @property
    def before_minor(self) -> int:
        return sum(line.total_minor for line in self.lines)

    @property
    def before(self) -> str:
        """What it all costs without the coupon."""
        return major(self.before_minor, CURRENCY)

    @property
    def code(self) -> str:
        """That the shopper has given, as the shop writes it; empty for none."""
        return str(self.session.get("code", ""))

    @cached_property
    def offer(self) -> Outcome | None:
        """What the code is worth now, or why it does not count: a cart may have become too small for it."""
        return self._check(self.code) if self.code else None

    @property
    def off_minor(self) -> int:
        return self.offer.verdict.discount_minor if self.offer else 0

    @property
    def off(self) -> str:
        return major(self.off_minor, CURRENCY)

    @property
    def total_minor(self) -> int:
        return self.before_minor - self.off_minor

    @property
    def total(self) -> str:
        return major(self.total_minor, CURRENCY)

    @property
    def properties(self) -> dict[str, Any]:
        return {
            "value": self.total_minor / scale(CURRENCY),
            "currency": CURRENCY,
            "products": [line.properties for line in self.lines],
            **self._redeemed,
        }

    @property
    def _redeemed(self) -> dict[str, Any]:
        """What events say of a code that counts."""
        if not self.offer or not self.offer.verdict.is_good:
            return {}
        return {"coupon": self.code, "discount": self.off_minor / scale(CURRENCY)}

    def redeem(self, typed: str, visitor: str) -> str:
        """Why the shop does not take the code; empty where it does. One that it does not take leaves what was given
        before as it is. `visitor` is the anonymousId of the browser, which limits for each visitor ask for."""
        self.session["anonymous_id"] = visitor
        outcome = self._check(typed)
        if not outcome.verdict.is_good:
            return outcome.verdict.words
        self.session["code"] = as_kept(typed)
        self.offer = outcome
        self.tell("Coupon Applied", self._redeemed)
        return ""

    def place(self, order_id: str, visitor: str) -> str:
        """Lets the order take the code; why it does not get it, empty where it does or has none. Then the code is given
        back, and the sum is what it was without."""
        if not self.code:
            return ""
        self.session["anonymous_id"] = visitor or self.visitor
        outcome = coupons.redeem(self.code, order_id, self.before_minor, self.visitor, self.customer)
        if outcome.redemption is None:
            self.give_back()
            return outcome.verdict.words
        self.offer = outcome
        return ""

    def give_back(self) -> None:
        self.session.pop("code", None)
        self.offer = None

    @property
    def visitor(self) -> str:
        return str(self.session.get("anonymous_id", ""))

    @property
    def customer(self) -> str:
        return str(self.session.get(CUSTOMER, ""))

    def _check(self, typed: str) -> Outcome:
        return coupons.check(typed, self.before_minor, self.visitor, self.customer)

    @property
    def segue(self) -> str:
        return json.dumps(self.properties)

    def add(self, product: Product, quantity: int) -> None:
        cart = self.quantities
        cart[product.key] = min(MAX_QUANTITY, cart.get(product.key, 0) + quantity)
        self.session["cart"] = cart
        self.tell("Product Added", {**product.properties, "quantity": quantity})

    def remove(self, product: Product) -> None:
        cart = self.quantities
        if cart.pop(product.key, None):
            self.session["cart"] = cart
            self.tell("Product Removed", product.properties)

    def empty(self) -> None:
        self.session["cart"] = {}
        self.give_back()

    # --- comparison

    @property
    def compared(self) -> list[Product]:
        return [PRODUCT_BY_KEY[key] for key in self.session.get("compare", []) if key in PRODUCT_BY_KEY]

    def compare(self, product: Product) -> None:
        """Puts a product next to the others, or takes it away; beyond four the oldest goes."""
        keys = [other.key for other in self.compared if other is not product]
        if product not in self.compared:
            keys.append(product.key)
        self.session["compare"] = keys[-MAX_COMPARED:]

    # --- what the next page tells the tracker, because it happened on the server

    def tell(self, event: str, properties: dict[str, Any]) -> None:
        self.session["told"] = [*self.session.get("told", []), {"event": event, "properties": json.dumps(properties)}]

    def take_events(self) -> Iterator[dict[str, Any]]:
        """Each event once."""
        yield from self.session.pop("told", [])
