"""What do orders and their refunds change?

What is known of an order does not depend on the sequence in which it was told: of several tellings (the page's and the
server's, a thank-you page opened again after months) one with an amount counts before one without, then the earliest,
then the largest.
"""

from bisect import insort
from typing import Any

import msgspec

from segments.bounds import MAX_BOUGHT, MAX_ORDERS, MOST_SUM, ORDER_ID
from segments.effects.cart import empty_cart
from segments.effects.pages import ORDERED, count_interest
from segments.effects.reading import AMOUNTS, as_id, as_text, drop_signs, product_id, products_of, worth_of
from segments.state import MONTH_MS, ORDERS, REVENUE_MINOR, TAKEN_BACK, Order, Profile, Session
from tracking.event import Event


def order_completed(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    worth = worth_of(properties, event.context.get("currency", ""))
    products = products_of(properties)
    told = Order(
        event.at,
        as_id(properties.get("order_id"), ORDER_ID),
        worth or 0,
        is_priced=worth is not None,
        items=sorted({product_id(product) for product in products} - {""}),
    )
    known = find_order(profile, told.order_id)
    change_order(profile, known, combine_tellings(known, told) if known else told)
    if known is not None and known.is_told:
        return
    session.orders += 1
    categories = {as_text(product.get("category")) for product in products} - {""}
    for category in sorted(categories):  # a set's order changes between processes
        count_interest(profile, category, event.at, ORDERED)
    empty_cart(profile, event.at)


def order_refunded(profile: Profile, session: Session, event: Event) -> None:
    """Refunds add up."""
    if amount := refunded(event.properties, event.context.get("currency", "")):
        take_back(profile, event, amount)


def refunded(properties: dict[str, Any], currency: str) -> int | None:
    """Minor units that a refund takes back: the whole order, where it tells neither an amount nor products. None for an
    amount that cannot be read, or in another currency."""
    told = drop_signs(properties)
    amount = worth_of(told, currency)
    if amount is None and all(told.get(name) is None for name in (*AMOUNTS, "products")):
        return TAKEN_BACK
    return amount


def order_cancelled(profile: Profile, session: Session, event: Event) -> None:
    take_back(profile, event, TAKEN_BACK)


def take_back(profile: Profile, event: Event, amount_minor: int) -> None:
    """Of an order that is not known the refund is remembered: its order may be told later."""
    order_id = as_id(event.properties.get("order_id"), ORDER_ID)
    if not order_id:
        return
    told = Order(event.at, order_id, 0, amount_minor, is_priced=False, is_told=False)
    known = find_order(profile, order_id)
    change_order(profile, known, combine_tellings(known, told) if known else told)


def find_order(profile: Profile, order_id: str) -> Order | None:
    if not order_id:
        return None
    return next((order for order in profile.known_orders if order.order_id == order_id), None)


def combine_tellings(one: Order, other: Order) -> Order:
    """What two tellings of one order say together; symmetric."""
    best = min(one, other, key=lambda order: (not order.is_told, not order.is_priced, order.at, -order.total_minor))
    return msgspec.structs.replace(
        best,
        refunded_minor=min(one.refunded_minor + other.refunded_minor, TAKEN_BACK),
        items=sorted({*one.items, *other.items}),
    )


def change_order(profile: Profile, known: Order | None, order: Order) -> None:
    """Puts an order where it is known; the sums follow. Beyond MAX_ORDERS the oldest is forgotten: it stays in the
    sums."""
    orders = profile.known_orders
    if known is not None:
        orders.remove(known)
        add_up(profile, known, -1)
    insort(orders, order)
    add_up(profile, order, 1)
    profile.last_order_at = last_of(orders, profile.last_order_at if known is None else 0)
    if len(orders) > MAX_ORDERS:
        del orders[0]
    if order.items:
        bound_items(orders)


def bound_items(orders: list[Order]) -> None:
    """The items of the latest orders, those of an order by their keys. What was taken back keeps its room, so it does
    not matter whether a refund comes before or after later orders."""
    room = MAX_BOUGHT
    for order in reversed(orders):
        order.items = order.items[:room]
        room -= len(order.items)


def last_of(orders: list[Order], before: int) -> int:
    """When the latest order that counts was placed; `before`: of those that are not listed."""
    return max(before, next((order.at for order in reversed(orders) if order.counts), 0))


def add_up(profile: Profile, order: Order, sign: int) -> None:
    if not order.counts:
        return
    profile.orders += sign
    profile.revenue_minor = min(profile.revenue_minor + sign * order.net_minor, MOST_SUM)
    profile.unpriced_orders += sign * (not order.is_priced)
    month = profile.month
    weight = sign * month.weight(order.at, MONTH_MS)
    # A sum of fractions: what is left of nothing may lie below it.
    month.sums[ORDERS] = max(month.sums[ORDERS] + weight, 0.0)
    month.sums[REVENUE_MINOR] = max(month.sums[REVENUE_MINOR] + weight * order.net_minor, 0.0)
