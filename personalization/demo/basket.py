"""What has this shopper put aside? Cart and comparison, kept in the session, so that they work without scripts too."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from personalization.demo import coupons
from personalization.demo.catalogue import CURRENCY, PRODUCT_BY_KEY, Product
from personalization.demo.coupons import Coupon
from sites.money import major, scale

MAX_QUANTITY = 20
MAX_COMPARED = 4


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

    KEPT = ("cart", "compare", "told", "order", "code")  # keys of the session

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

    @cached_property
    def coupon(self) -> Coupon | None:
        """That which the shopper has given, as long as the shop takes it."""
        code = self.session.get("code", "")
        return coupons.find(code) if code else None

    @property
    def off_minor(self) -> int:
        return self.coupon.off(self.before_minor) if self.coupon else 0

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
        coupon = {"coupon": self.coupon.code, "discount": self.off_minor / scale(CURRENCY)} if self.coupon else {}
        return {
            "value": self.total_minor / scale(CURRENCY),
            "currency": CURRENCY,
            "products": [line.properties for line in self.lines],
            **coupon,
        }

    def redeem(self, typed: str) -> bool:
        """Whether the shop takes the code; one that it does not take leaves what was given before as it is."""
        coupon = coupons.find(typed)
        if coupon is None:
            return False
        self.session["code"] = coupon.code
        self.coupon = coupon
        self.tell("Coupon Applied", {"coupon": coupon.code, "discount": self.off_minor / scale(CURRENCY)})
        return True

    def give_back(self) -> None:
        self.session.pop("code", None)

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
