"""What is in the cart?

Whoever tells the whole of it (an order empties it, `Cart Viewed` lists it) says so as of a time: what changed later
stays, what is told later of a time before is left out.
"""

from typing import Any

from segments.bounds import MAX_LINES, MOST_QUANTITY, MOST_SUM
from segments.effects.pages import ADDED, count_interest, touch_item
from segments.effects.reading import as_quantity, price_of, product_id, products_of
from segments.state import CART_ADDS, WEEK_MS, Line, Profile, Session
from tracking.event import Event

OTHERS = ""  # key of the line that stands for all beyond MAX_LINES


def change_cart(profile: Profile, at: int) -> None:
    if at >= profile.cart_at:
        profile.cart_at = at
        profile.cart_left = False
    if not profile.cart:
        profile.checkout_at = 0


def put(cart: dict[str, Line], key: str, quantity: int, price_minor: int | None, at: int) -> None:
    """Adds units at their own price; without one at the line's. Lines beyond the bound are taken together."""
    if key not in cart and len(cart) >= MAX_LINES - 1:
        key = OTHERS
    line = cart.get(key)
    if line is None:
        cart[key] = Line(quantity, price_minor or 0, at)
        return
    price = line.price_minor if price_minor is None else price_minor
    reprice(line, line.quantity + quantity, line.worth_minor + quantity * price, price, at)


def reprice(line: Line, quantity: int, worth_minor: int, price_minor: int, at: int) -> None:
    line.quantity = min(quantity, MOST_QUANTITY)
    line.price_minor = price_minor
    line.rest_minor = min(worth_minor, MOST_SUM) - line.quantity * price_minor
    line.at = max(line.at, at)


def product_added(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    key = product_id(properties)
    if not key:
        return
    item = touch_item(profile, key, event)
    quantity = as_quantity(properties.get("quantity"))
    if not quantity:
        return
    price = price_of(properties, properties, event.context.get("currency", ""))
    price = item.price_minor if price is None else price
    if event.at >= profile.cart_set_at:
        profile.carts += not profile.cart
        put(profile.cart, key, quantity, price, event.at)
        change_cart(profile, event.at)
    session.cart_adds += 1
    profile.added += quantity
    profile.added_minor = min(profile.added_minor + quantity * price, MOST_SUM)
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[CART_ADDS] += weight
    if item.category:
        count_interest(profile, item.category, event.at, ADDED)


def product_removed(profile: Profile, session: Session, event: Event) -> None:
    """Units go at the price that is told, else at the mean of their line."""
    properties = event.properties
    key = product_id(properties)
    key = key if key in profile.cart else OTHERS
    line = profile.cart.get(key)
    if line is None or event.at < profile.cart_set_at:
        return
    everything = line.quantity if key != OTHERS else 1
    quantity = everything if properties.get("quantity") is None else as_quantity(properties["quantity"])
    if not quantity:
        return
    if quantity >= line.quantity:
        del profile.cart[key]
    else:
        left = line.quantity - quantity
        price = price_of(properties, properties, event.context.get("currency", ""))
        gone = line.worth_minor * quantity // line.quantity if price is None else quantity * price
        reprice(line, left, max(line.worth_minor - gone, 0), line.price_minor, event.at)
    change_cart(profile, event.at)


def cart_viewed(profile: Profile, session: Session, event: Event) -> None:
    """The site tells what the cart holds; without a list of products it tells nothing."""
    if not isinstance(event.properties.get("products"), list) or event.at < profile.cart_set_at:
        return
    before = contents(profile.cart)
    set_cart(profile, read_cart(profile, event), event.at)
    if contents(profile.cart) == before:
        return
    profile.carts += not before and bool(profile.cart)
    change_cart(profile, event.at)


def read_cart(profile: Profile, event: Event) -> dict[str, Line]:
    properties, home = event.properties, event.context.get("currency", "")
    cart: dict[str, Line] = {}
    for product in products_of(properties):
        key, quantity = product_id(product), as_quantity(product.get("quantity"))
        if key and quantity:
            price = price_of(product, properties, home)
            item = profile.items.get(key)
            put(cart, key, quantity, item.price_minor if price is None and item else price, event.at)
    return cart


def empty_cart(profile: Profile, at: int) -> None:
    if at >= profile.cart_set_at:
        set_cart(profile, {}, at)
        change_cart(profile, at)


def set_cart(profile: Profile, cart: dict[str, Line], at: int) -> None:
    """The cart as of `at`, and what has changed in it since."""
    since = {key: line for key, line in profile.cart.items() if line.at > at}
    profile.cart_set_at = at
    profile.cart = bound_cart({key: line for key, line in cart.items() if key not in since} | since)


def bound_cart(cart: dict[str, Line]) -> dict[str, Line]:
    """The latest lines by themselves, those before taken together."""
    if len(cart) <= MAX_LINES:
        return cart
    lines = sorted(cart.items(), key=lambda entry: (entry[0] == OTHERS, entry[1].at, entry[0]))
    n_others = len(lines) - MAX_LINES + 1
    kept = dict(lines[n_others:])
    for _, line in lines[:n_others]:
        others = kept.setdefault(OTHERS, Line(0, 0, line.at))
        reprice(
            others, others.quantity + line.quantity, others.worth_minor + line.worth_minor, others.price_minor, line.at
        )
    return kept


def contents(cart: dict[str, Line]) -> dict[str, tuple[Any, ...]]:
    return {key: (line.quantity, line.price_minor, line.rest_minor) for key, line in cart.items()}


def checkout_started(profile: Profile, session: Session, event: Event) -> None:
    cart_viewed(profile, session, event)
    if event.at >= profile.cart_set_at:
        profile.checkout_at = max(profile.checkout_at, event.at)
