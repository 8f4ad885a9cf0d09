"""What does each event change in a profile?

`EFFECTS` maps an event's type and name to one small function of (profile, session, event). The session is the one in
progress; an event that arrived too late for it gets a scratch one, so that it counts for the visitor but not for the session.
Names and properties: `docs/events.md`. A property of the wrong type is ignored.
"""

from bisect import insort
from collections.abc import Callable

from segments.state import (
    CART_ADDS,
    CLICKS,
    DWELL_MS,
    MONTH_MS,
    ORDERS,
    PAGES,
    PRICE_INTEREST,
    PRODUCT_VIEWS,
    REVENUE_MINOR,
    SEARCHES,
    WEEK_MS,
    WINDOW_MS,
    Engagement,
    Item,
    Line,
    Order,
    PageView,
    Profile,
    Session,
)
from tracking.event import Event

Effect = Callable[[Profile, Session, Event], None]

MAX_ITEMS = 20
MAX_LINES = 20
MAX_OPEN_PAGES = 6
MAX_SESSION_CATEGORIES = 12
MAX_CATEGORIES = 24
MAX_ORDERS = 40
MAX_TERMS = 5
MAX_TRAITS = 16
MAX_SHOWN = 200
MAX_ENGAGEMENTS = 8
TEXT = 64
MOST_MINOR = 10**12
MOST_QUANTITY = 9_999
MOST_DWELL_MS = 86_400_000
MOST_REPORT = 100_000
MOST_EXACT = 10**15  # a larger number may come back from Postgres as 10...0 where it was 1e300
MOST_SUM = 2**60  # the encoding ends at 2**64

# How much an event says about interest in its category.
VIEWED, ADDED, ORDERED = 1.0, 3.0, 5.0


# --- reading properties ---------------------------------------------------------------------------


def as_text(value: object, limit: int = TEXT) -> str:
    if value.__class__ is str:
        return value[:limit]
    return str(value)[:limit] if value.__class__ is int and abs(value) < MOST_EXACT else ""


def as_number(value: object) -> float | None:
    """A finite number that is not negative, from a number or a decimal in text; else None."""
    if value.__class__ is str:
        try:
            value = float(value)
        except ValueError:
            return None
    if (value.__class__ is float or value.__class__ is int) and 0 <= value < MOST_EXACT:
        return value
    return None


def as_minor(value: object) -> int:
    """A price in major units as minor units, rounded; 0 for what is none."""
    number = as_number(value)
    return 0 if number is None else min(round(number * 100), MOST_MINOR)


def as_count(value: object, most: int = MOST_REPORT) -> int:
    number = as_number(value)
    return 0 if number is None else min(int(number), most)


def as_quantity(value: object) -> int:
    return as_count(value, MOST_QUANTITY) or 1


def product_id(properties: dict) -> str:
    return as_text(properties.get("product_id")) or as_text(properties.get("sku"))


def products_of(properties: dict) -> list[dict]:
    products = properties.get("products")
    return [product for product in products[:MAX_LINES] if isinstance(product, dict)] if isinstance(products, list) else []


# --- pages and products ---------------------------------------------------------------------------


def count_interest(profile: Profile, category: str, at: int, strength: float) -> None:
    week = profile.week
    weight = strength * week.weight(at, WEEK_MS)
    categories = week.categories
    categories[category] = categories.get(category, 0.0) + weight
    if len(categories) > MAX_CATEGORIES:
        del categories[min(categories, key=lambda name: (categories[name], name))]


def count_category_page(profile: Profile, session: Session, category: str, at: int) -> None:
    """Once a page view: `page`, `Product Viewed` and `Product List Viewed` often tell of the same page."""
    if session.pages and category == session.page_category:
        return
    session.page_category = category
    categories = session.categories
    categories[category] = categories.get(category, 0) + 1
    if len(categories) > MAX_SESSION_CATEGORIES:
        del categories[min(categories, key=lambda name: (categories[name], name))]
    count_interest(profile, category, at, VIEWED)


def touch_item(profile: Profile, key: str, properties: dict, at: int) -> Item:
    items = profile.items
    item = items.pop(key, None) or Item()
    items[key] = item
    if len(items) > MAX_ITEMS:
        del items[next(iter(items))]
    if category := as_text(properties.get("category")):
        item.category = category
    if price := as_minor(properties.get("price")):
        item.price_minor = price
    if at > item.at:
        item.at = at
    return item


def view_product(profile: Profile, session: Session, event: Event, key: str) -> None:
    properties = event.properties
    item = touch_item(profile, key, properties, event.at)
    if page_id := as_text(properties.get("page_id")):
        open_page(profile, page_id).product = key
    if session.pages and key == session.page_product:
        return
    session.page_product = key
    session.product_views += 1
    profile.product_views += 1
    item.views += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PRODUCT_VIEWS] += weight


def open_page(profile: Profile, page_id: str) -> PageView:
    pages = profile.open_pages
    page = pages.get(page_id)
    if page is None:
        page = pages[page_id] = PageView()
        if len(pages) > MAX_OPEN_PAGES:
            del pages[next(iter(pages))]
    return page


def page(profile: Profile, session: Session, event: Event) -> None:
    session.pages += 1
    session.page_category = session.page_product = ""
    profile.pages += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PAGES] += weight
    properties = event.properties
    if properties:
        product_viewed(profile, session, event)


def product_viewed(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    if key := product_id(properties):
        view_product(profile, session, event, key)
    if category := as_text(properties.get("category")):
        count_category_page(profile, session, category, event.at)


def product_list_viewed(profile: Profile, session: Session, event: Event) -> None:
    if category := as_text(event.properties.get("category")):
        count_category_page(profile, session, category, event.at)


# --- attention ------------------------------------------------------------------------------------


def page_dwell(profile: Profile, session: Session, event: Event) -> None:
    """`seconds` is the visible time of a page view so far: what counts is its increase."""
    properties = event.properties
    seconds = as_number(properties.get("seconds"))
    page_id = as_text(properties.get("page_id")) or event.path[:TEXT]
    if seconds is None or not page_id:
        return
    view = open_page(profile, page_id)
    if key := product_id(properties):
        view.product = key
    dwell_ms = min(round(seconds * 1000), MOST_DWELL_MS)
    gained = dwell_ms - view.dwell_ms
    if gained <= 0:
        return
    view.dwell_ms = dwell_ms
    session.dwell_ms += gained
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[DWELL_MS] += gained * weight
    if view.product:
        dwell_on_product(profile, session, event, view, gained)


def dwell_on_product(profile: Profile, session: Session, event: Event, view: PageView, gained: int) -> None:
    item = touch_item(profile, view.product, event.properties, event.at)
    item.dwell_ms += gained
    item.longest_ms = max(item.longest_ms, view.dwell_ms)
    session.product_dwell_ms += gained
    if view.dwell_ms > session.longest_ms:
        session.longest_ms = view.dwell_ms
        session.longest_product = view.product


def scroll_depth(profile: Profile, session: Session, event: Event) -> None:
    session.scroll_percent = max(session.scroll_percent, as_count(event.properties.get("percent"), 100))


def pointer_activity(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    session.pointer += as_count(properties.get("moves")) + as_count(properties.get("clicks"))


def internal_link_clicked(profile: Profile, session: Session, event: Event) -> None:
    session.link_clicks += 1


def form_started(profile: Profile, session: Session, event: Event) -> None:
    session.forms_started += 1


def form_submitted(profile: Profile, session: Session, event: Event) -> None:
    session.forms_submitted += 1


# --- finding things -------------------------------------------------------------------------------


def products_searched(profile: Profile, session: Session, event: Event) -> None:
    session.searches += 1
    profile.searches += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[SEARCHES] += weight
    if term := as_text(event.properties.get("query")).strip().lower():
        profile.terms = [*[known for known in profile.terms if known != term][1 - MAX_TERMS :], term]


def price_filter_applied(profile: Profile, session: Session, event: Event) -> None:
    session.price_filters += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PRICE_INTEREST] += weight


def product_list_filtered(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    product_list_viewed(profile, session, event)
    if speaks_of_price(properties.get("filters")) or speaks_of_price(properties.get("sorts")):
        price_filter_applied(profile, session, event)


def speaks_of_price(criteria: object) -> bool:
    return isinstance(criteria, list) and any(isinstance(one, dict) and one.get("type") == "price" for one in criteria)


def comparison_viewed(profile: Profile, session: Session, event: Event) -> None:
    session.comparisons += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PRICE_INTEREST] += weight


# --- cart and orders ------------------------------------------------------------------------------


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
    month.sums[ORDERS] -= weight
    month.sums[REVENUE_MINOR] -= weight * order.total_minor


# --- who it is, and what we showed ----------------------------------------------------------------


def identify(profile: Profile, session: Session, event: Event) -> None:
    traits = event.traits
    if not traits:
        return
    known = profile.traits
    for key in sorted(traits):
        value = traits[key]
        if value.__class__ is str:
            value = value[:TEXT]
        elif value.__class__ not in (int, float, bool) or abs(value) >= MOST_EXACT:
            continue
        elif value == 0 and value.__class__ is float:
            value = 0.0  # jsonb knows no -0.0
        name = key[:40]
        if name in known or len(known) < MAX_TRAITS:
            known[name] = value
    profile.traits = dict(sorted(known.items()))


def consent_updated(profile: Profile, session: Session, event: Event) -> None:
    """No to analytics: nothing may be stored. No to personalisation alone: stored, but not used for decisions."""
    given = [event.properties.get(purpose) for purpose in ("analytics", "personalization")]
    if given[0] is False:
        profile.consent = "denied"
    elif given[1] is False:
        profile.consent = "stored"
    elif True in given:
        profile.consent = "granted"


def remember_engagement(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    done = Engagement(event.at, event.name, *(as_text(properties.get(name)) for name in ("decision", "placement", "campaign", "variant")))
    profile.engagements = [*profile.engagements, done][-MAX_ENGAGEMENTS:]


def impression(profile: Profile, session: Session, event: Event) -> None:
    remember_engagement(profile, session, event)
    rule, day = as_text(event.properties.get("rule")), event.properties.get("day")
    if not rule or day.__class__ is not int or not 0 <= day < 10**6:
        return
    shown = profile.shown
    count = shown.get(rule)
    if count is None:
        shown[rule] = [day, 1, 1]
        if len(shown) > MAX_SHOWN:
            del shown[min(shown, key=lambda key: (shown[key], key))]
        return
    count[2] += 1
    if day == count[0]:
        count[1] += 1
    elif day > count[0]:
        count[0], count[1] = day, 1


def click(profile: Profile, session: Session, event: Event) -> None:
    remember_engagement(profile, session, event)
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[CLICKS] += weight


EFFECTS: dict[tuple[str, str], Effect] = {
    ("track", "Product Viewed"): product_viewed,
    ("track", "Product List Viewed"): product_list_viewed,
    ("track", "Product List Filtered"): product_list_filtered,
    ("track", "Price Filter Applied"): price_filter_applied,
    ("track", "Products Searched"): products_searched,
    ("track", "Comparison Viewed"): comparison_viewed,
    ("track", "Page Dwell"): page_dwell,
    ("track", "Scroll Depth"): scroll_depth,
    ("track", "Pointer Activity"): pointer_activity,
    ("track", "Internal Link Clicked"): internal_link_clicked,
    ("track", "Form Started"): form_started,
    ("track", "Form Submitted"): form_submitted,
    ("track", "Product Added"): product_added,
    ("track", "Product Removed"): product_removed,
    ("track", "Cart Viewed"): cart_viewed,
    ("track", "Checkout Started"): checkout_started,
    ("track", "Order Completed"): order_completed,
    ("track", "Order Cancelled"): order_cancelled,
    ("track", "Segue Consent Updated"): consent_updated,
    ("engagement", "Impression"): impression,
    ("engagement", "Click"): click,
    ("engagement", "Dismiss"): remember_engagement,
}
# Of these types every event counts, whatever its name.
EFFECTS_OF_TYPE: dict[str, Effect] = {"page": page, "screen": page, "identify": identify}


def effect_of(event_type: str, name: str) -> Effect | None:
    return EFFECTS.get((event_type, name)) or EFFECTS_OF_TYPE.get(event_type)
