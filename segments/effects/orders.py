"""What do carts and orders change?"""

from bisect import insort

from segments.bounds import MAX_LINES, MAX_ORDERS, MOST_MINOR, MOST_QUANTITY, MOST_SUM
from segments.effects.pages import ADDED, ORDERED, count_interest, touch_item
from segments.effects.reading import as_count, as_minor, as_quantity, as_text, product_id, products_of
from segments.state import CART_ADDS, MONTH_MS, ORDERS, REVENUE_MINOR, WEEK_MS, WINDOW_MS, Line, Order, Profile, Session
from tracking.event import Event


def change_cart(profile: Profile, at: int) -> None:
    profile.cart_at = max(profile.cart_at, at)
    profile.cart_left = False
    if not profile.cart:
        profile.checkout_at = 0


def put(profile: Profile, key: str, quantity: int, price_minor: int) -> None:
    cart = profile.cart
    if not cart:
        profile.carts += 1
    line = cart.get(key)
    if line is None:
        cart[key] = Line(quantity, price_minor)
        if len(cart) > MAX_LINES:
            del cart[next(iter(cart))]
    else:
        line.quantity = min(line.quantity + quantity, MOST_QUANTITY)
        line.price_minor = price_minor or line.price_minor


def product_added(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    key = product_id(properties)
    if not key:
        return
    quantity = as_quantity(properties.get("quantity"))
    item = touch_item(profile, key, properties, event.at)
    put(profile, key, quantity, item.price_minor)
    change_cart(profile, event.at)
    session.cart_adds += 1
    profile.added += quantity
    profile.added_minor = min(profile.added_minor + quantity * item.price_minor, MOST_SUM)
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[CART_ADDS] += weight
    if item.category:
        count_interest(profile, item.category, event.at, ADDED)


def product_removed(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    line = profile.cart.get(product_id(properties))
    if line is None:
        return
    line.quantity -= as_count(properties.get("quantity")) or line.quantity
    if line.quantity <= 0:
        del profile.cart[product_id(properties)]
    change_cart(profile, event.at)


def cart_viewed(profile: Profile, session: Session, event: Event) -> None:
    """The site tells what the cart holds; without a list of products it tells nothing."""
    if not isinstance(event.properties.get("products"), list):
        return
    held = {key: product for product in products_of(event.properties) if (key := product_id(product))}
    cart = {key: Line(as_quantity(product.get("quantity")), price_of(profile, key, product)) for key, product in held.items()}
    if cart == profile.cart:
        return
    if cart and not profile.cart:
        profile.carts += 1
    profile.cart = cart
    change_cart(profile, event.at)


def price_of(profile: Profile, key: str, product: dict) -> int:
    if price := as_minor(product.get("price")):
        return price
    item = profile.items.get(key)
    return item.price_minor if item else 0


def checkout_started(profile: Profile, session: Session, event: Event) -> None:
    cart_viewed(profile, session, event)
    profile.checkout_at = max(profile.checkout_at, event.at)


def order_completed(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    order_id = as_text(properties.get("order_id"), 40)
    if order_id and any(order.order_id == order_id for order in profile.recent_orders):
        return
    products = products_of(properties)
    total = as_minor(properties.get("total")) or as_minor(properties.get("revenue"))
    if not total:
        total = sum(as_quantity(product.get("quantity")) * as_minor(product.get("price")) for product in products)
    keep_order(profile, Order(event.at, order_id, min(total, MOST_MINOR)))
    session.orders += 1
    for category in sorted({as_text(product.get("category")) for product in products} - {""}):  # sorted: a set's order changes between processes
        count_interest(profile, category, event.at, ORDERED)
    profile.cart.clear()
    change_cart(profile, event.at)


def keep_order(profile: Profile, order: Order) -> None:
    orders = profile.recent_orders
    insort(orders, order)
    profile.last_order_at = max(profile.last_order_at, order.at)
    profile.recent_orders = [kept for kept in orders[-MAX_ORDERS:] if kept.at > profile.last_order_at - WINDOW_MS]
    profile.orders += 1
    profile.revenue_minor = min(profile.revenue_minor + order.total_minor, MOST_SUM)
    month = profile.month
    weight = month.weight(order.at, MONTH_MS)
    month.sums[ORDERS] += weight
    month.sums[REVENUE_MINOR] += weight * order.total_minor


def order_cancelled(profile: Profile, session: Session, event: Event) -> None:
    """Takes back an order of the last 30 days; of an older one nothing is known any more."""
    order_id = as_text(event.properties.get("order_id"), 40)
    order = next((order for order in profile.recent_orders if order_id and order.order_id == order_id), None)
    if order is None:
        return
    profile.recent_orders.remove(order)
    profile.orders -= 1
    profile.revenue_minor -= order.total_minor
    month = profile.month
    weight = month.weight(order.at, MONTH_MS)
    month.sums[ORDERS] = max(month.sums[ORDERS] - weight, 0.0)  # sums of fractions: what is left of nothing may lie below it
    month.sums[REVENUE_MINOR] = max(month.sums[REVENUE_MINOR] - weight * order.total_minor, 0.0)
