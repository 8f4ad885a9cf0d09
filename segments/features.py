"""What does a profile say in numbers? Named features, each with title, unit, range, half-life and the events behind it.

Features of the session are those of the session in progress: 0 when the last event is 30 minutes old. None means that
there is nothing to speak of yet (no order, nothing in the cart): comparisons of conditions take it as 0, a model reads
`missing`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin

from segments import domains
from segments.domains import Domain
from segments.state import (
    CART_ADDS,
    CLICKS,
    DWELL_MS,
    MONTH_MS,
    ORDERS,
    PAGES,
    PRICE_INTEREST,
    PRODUCT_VIEWS,
    SEARCHES,
    SESSION_GAP_MS,
    SESSIONS,
    WEEK_MS,
    WINDOW_MS,
    Profile,
    Session,
)
from sites.times import DAY_MS, MINUTE_MS

Value = float | int | str | None
Compute = Callable[[Profile, int], Value]


@dataclass(frozen=True, slots=True)
class Feature:
    """One number (or word) computed from a profile as of `now`."""

    name: str
    title: str
    sentence: str  # for marketers
    unit: str  # pages, s, minor (of the currency), ... "" for a pure number, "text" for a word
    low: float
    high: float  # beyond it the value says nothing more; no value is cut
    half_life: int | None  # days; None: does not fade
    sources: tuple[str, ...]  # names of the events that feed it; a type for events that have any name
    compute: Compute
    missing: float = 0.0  # what a model reads for None
    domain: Domain = domains.COUNT

    @property
    def is_of_session(self) -> bool:
        """Whether it counts what happened in the session in progress, and nothing else; its words say so."""
        return "this session" in f"{self.title}, {self.sentence}".casefold()


NO_SESSION = Session()
ANY = ("page", "screen", "track", "identify", "alias", "group", "engagement")
PAGE = ("page", "screen")
PRODUCT = ("Product Viewed", "page", "screen")
CATEGORY = ("page", "screen", "Product Viewed", "Product List Viewed", "Product List Filtered")
DWELL = ("Page Dwell",)
TOUCHED = (*PRODUCT, "Page Dwell", "Product Added")  # what tells of a product that was looked at before
PRICE = ("Price Filter Applied", "Product List Filtered", "Comparison Viewed")
SEARCH = ("Products Searched",)
ADD = ("Product Added",)
CART = ("Product Added", "Product Removed", "Cart Viewed", "Checkout Started", "Order Completed")
ORDER = ("Order Completed", "Order Refunded", "Order Cancelled")


def current(profile: Profile, now: int) -> Session:
    """The session in progress, or an empty one."""
    session = profile.session
    return session if now - session.last_at < SESSION_GAP_MS else NO_SESSION


# --- kinds of computation -------------------------------------------------------------------------


def of_session(field: str, per: int = 1) -> Compute:
    if per == 1:
        return lambda profile, now: getattr(current(profile, now), field)
    return lambda profile, now: getattr(current(profile, now), field) / per


def of_profile(field: str) -> Compute:
    return lambda profile, now: getattr(profile, field)


def fading_week(position: int, per: int = 1) -> Compute:
    return lambda profile, now: profile.week.read(position, now, WEEK_MS) / per


def fading_month(position: int) -> Compute:
    return lambda profile, now: profile.month.read(position, now, MONTH_MS)


def days_since(field: str) -> Compute:
    def compute(profile: Profile, now: int) -> Value:
        at = getattr(profile, field)
        return max(now - at, 0) / DAY_MS if at else None

    return compute


def wave(function: Callable[[float], float], period_ms: int, offset_ms: int = 0) -> Compute:
    return lambda profile, now: function(2 * pi * ((now + offset_ms) % period_ms) / period_ms)


# --- computations of their own --------------------------------------------------------------------


def categories_viewed(profile: Profile, now: int) -> int:
    return len(current(profile, now).categories)


def category_pages(profile: Profile, now: int) -> int:
    return max(current(profile, now).categories.values(), default=0)


def session_category(profile: Profile, now: int) -> Value:
    categories = current(profile, now).categories
    return max(categories, key=lambda name: (categories[name], name)) if categories else None


def top_category(profile: Profile, now: int) -> Value:
    categories = profile.week.categories
    return max(categories, key=lambda name: (categories[name], name)) if categories else None


def category_focus(profile: Profile, now: int) -> Value:
    categories = profile.week.categories
    return max(categories.values()) / sum(categories.values()) if categories else None


def distinct_products(profile: Profile, now: int) -> int:
    started_at = current(profile, now).started_at
    return sum(item.at >= started_at and item.views > 0 for item in profile.items.values()) if started_at else 0


def average_price_viewed(profile: Profile, now: int) -> Value:
    prices = [item.price_minor for item in profile.items.values() if item.price_minor]
    return sum(prices) / len(prices) if prices else None


def last_search(profile: Profile, now: int) -> Value:
    return profile.terms[-1] if profile.terms else None


def cart_items(profile: Profile, now: int) -> int:
    return sum(line.quantity for line in profile.cart.values())


def cart_value(profile: Profile, now: int) -> int:
    return sum(line.worth_minor for line in profile.cart.values())


def cart_idle_minutes(profile: Profile, now: int) -> Value:
    return max(now - max(profile.cart_at, profile.checkout_at), 0) / MINUTE_MS if profile.cart else None


def checkout_open(profile: Profile, now: int) -> int:
    return int(profile.checkout_at > 0)


def cart_abandonments(profile: Profile, now: int) -> int:
    """With the cart in progress, once its session is over."""
    session = profile.session
    left_now = profile.cart and not profile.cart_left and session.number and now - session.last_at >= SESSION_GAP_MS
    return profile.carts_abandoned + bool(left_now)


def average_price_added(profile: Profile, now: int) -> Value:
    return profile.added_minor / profile.added if profile.added else None


def average_cart_value(profile: Profile, now: int) -> Value:
    return profile.added_minor / profile.carts if profile.carts and profile.added else None


def average_order_value(profile: Profile, now: int) -> Value:
    priced = profile.orders - profile.unpriced_orders
    return profile.revenue_minor / priced if priced > 0 else None


def orders_30d(profile: Profile, now: int) -> int:
    return sum(order.at > now - WINDOW_MS and order.counts for order in profile.known_orders)


def revenue_30d(profile: Profile, now: int) -> int:
    return sum(order.net_minor for order in profile.known_orders if order.at > now - WINDOW_MS and order.counts)


def session_minutes(profile: Profile, now: int) -> float:
    session = current(profile, now)
    return (session.last_at - session.started_at) / MINUTE_MS


def sessions_30d(profile: Profile, now: int) -> int:
    return sum(start > now - WINDOW_MS for start in profile.session_starts)


def is_new(profile: Profile, now: int) -> int:
    return int(profile.sessions <= 1)


def channel(profile: Profile, now: int) -> Value:
    return profile.session.touch.channel or None


def paid_arrival(profile: Profile, now: int) -> int:
    return int(profile.session.touch.channel in ("paid", "ads"))


def first_channel(profile: Profile, now: int) -> Value:
    return profile.first_touch.channel or None


def device(profile: Profile, now: int) -> Value:
    return profile.device or None


def is_mobile(profile: Profile, now: int) -> int:
    return int(profile.device in ("mobile", "tablet"))


def forms(profile: Profile, now: int) -> int:
    session = current(profile, now)
    return session.forms_started + session.forms_submitted


def impressions(profile: Profile, now: int) -> int:
    return sum(count[2] for count in profile.shown.values())


# The week's phase begins on Monday; 1970-01-01 was a Thursday.
MONDAY = 3 * DAY_MS
DAY, WEEK = DAY_MS, 7 * DAY_MS

# Two lines each: what it is called; then unit, lowest, highest, half-life, sources and how it is computed.
_ALL = (
    # pages and categories
    Feature("pages_viewed", "Pages this session", "Pages opened in the session in progress.",
            "pages", 0, 200, None, PAGE, of_session("pages")),
    Feature("pages_total", "Pages ever", "Pages opened since we know this visitor.",
            "pages", 0, 5000, None, PAGE, of_profile("pages")),
    Feature("pages_recent", "Pages lately", "Pages opened lately; a page counts half after a week.",
            "pages", 0, 500, 7, PAGE, fading_week(PAGES), domain=domains.LEVEL),
    Feature("categories_viewed", "Number of categories this session", "Different categories looked at in this session.",
            "categories", 0, 12, None, CATEGORY, categories_viewed, domain=domains.CATEGORIES),
    Feature("category_pages", "Pages in one category",
            "Most pages of this session that belong to one and the same category.",
            "pages", 0, 100, None, CATEGORY, category_pages),
    Feature("session_category", "Category of the session", "The category with most pages in this session.",
            "text", 0, 0, None, CATEGORY, session_category, domain=domains.ANY),
    Feature("top_category", "Favourite category", "The category with most interest lately: views, cart and orders.",
            "text", 0, 0, 7, (*CATEGORY, *ADD, *ORDER[:1]), top_category, domain=domains.ANY),
    Feature("category_focus", "Focus on one category",
            "Share of the favourite category in all recent interest; 1 is one category only.",
            "", 0, 1, 7, (*CATEGORY, *ADD, *ORDER[:1]), category_focus, domain=domains.FOCUS),
    # attention
    Feature("time_on_site", "Visible time this session", "Seconds that pages were visible in this session.",
            "s", 0, 7200, None, DWELL, of_session("dwell_ms", 1000), domain=domains.LEVEL),
    Feature("time_recent", "Visible time lately",
            "Seconds that pages were visible lately; a second counts half after a week.",
            "s", 0, 36_000, 7, DWELL, fading_week(DWELL_MS, 1000), domain=domains.LEVEL),
    Feature("product_seconds", "Time on product pages", "Seconds that product pages were visible in this session.",
            "s", 0, 3600, None, DWELL, of_session("product_dwell_ms", 1000), domain=domains.LEVEL),
    Feature("longest_product_seconds", "Longest on one product",
            "Longest time that one product page was visible in this session.",
            "s", 0, 1800, None, DWELL, of_session("longest_ms", 1000), domain=domains.LEVEL),
    Feature("scroll_depth", "Deepest scroll", "How far down a page of this session was scrolled.",
            "%", 0, 100, None, ("Scroll Depth",), of_session("scroll_percent"), domain=domains.PERCENT),
    Feature("pointer_activity", "Pointer activity",
            "Movements and clicks of the pointer in this session, coarsely counted.",
            "", 0, 5000, None, ("Pointer Activity",), of_session("pointer")),
    Feature("internal_clicks", "Internal clicks", "Links to other pages of the site clicked in this session.",
            "clicks", 0, 200, None, ("Internal Link Clicked",), of_session("link_clicks")),
    Feature("form_activity", "Forms used", "Forms begun or sent in this session.",
            "forms", 0, 20, None, ("Form Started", "Form Submitted"), forms),
    # products
    Feature("products_viewed", "Product views this session", "Product pages opened in this session.",
            "views", 0, 100, None, PRODUCT, of_session("product_views")),
    Feature("distinct_products", "Different products this session",
            "Different products looked at in this session, 20 at most.",
            "products", 0, 20, None, TOUCHED, distinct_products, domain=domains.ITEMS),
    Feature("product_views_total", "Product views ever", "Product pages opened since we know this visitor.",
            "views", 0, 5000, None, PRODUCT, of_profile("product_views")),
    Feature("product_views_recent", "Product views lately",
            "Product pages opened lately; a view counts half after a week.",
            "views", 0, 300, 7, PRODUCT, fading_week(PRODUCT_VIEWS), domain=domains.LEVEL),
    Feature("average_price_viewed", "Average price viewed", "Mean price of the products looked at last.",
            "minor", 0, 1_000_000, None, TOUCHED, average_price_viewed, domain=domains.PRICE),
    # searching and comparing
    Feature("searches", "Searches this session", "Searches on the site in this session.",
            "searches", 0, 50, None, SEARCH, of_session("searches")),
    Feature("searches_recent", "Searches lately", "Searches lately; one counts half after a week.",
            "searches", 0, 100, 7, SEARCH, fading_week(SEARCHES), domain=domains.LEVEL),
    Feature("last_search", "Last search", "What was searched for last.",
            "text", 0, 0, None, SEARCH, last_search, domain=domains.ANY),
    Feature("search_terms", "Different searches", "Different terms among the latest searches, five at most.",
            "terms", 0, 5, None, SEARCH, lambda profile, now: len(profile.terms), domain=domains.TERMS),
    Feature("price_filters", "Price filters this session", "Lists filtered or sorted by price in this session.",
            "", 0, 50, None, PRICE[:2], of_session("price_filters")),
    Feature("comparison_pages", "Comparisons this session", "Pages that compare products opened in this session.",
            "pages", 0, 50, None, PRICE[2:], of_session("comparisons")),
    Feature("price_interest", "Interest in prices lately",
            "Price filters and comparisons lately; one counts half after a week.",
            "", 0, 100, 7, PRICE, fading_week(PRICE_INTEREST), domain=domains.LEVEL),
    # cart and orders
    Feature("cart_adds", "Cart adds this session", "Times that something was put into the cart in this session.",
            "adds", 0, 50, None, ADD, of_session("cart_adds")),
    Feature("cart_adds_recent", "Cart adds lately",
            "Times that something was put into the cart lately; one counts half after a week.",
            "adds", 0, 100, 7, ADD, fading_week(CART_ADDS), domain=domains.LEVEL),
    Feature("cart_items", "Items in the cart", "Units in the cart now.",
            "units", 0, 100, None, CART, cart_items),
    Feature("cart_value", "Value of the cart", "What the cart is worth now.",
            "minor", 0, 1_000_000, None, CART, cart_value),
    Feature("cart_idle_minutes", "Minutes since the cart changed",
            "Time since the cart in progress was last changed or taken to checkout.",
            "min", 0, 43_200, None, CART, cart_idle_minutes, domain=domains.MEAN),
    Feature("checkout_open", "Checkout begun", "1 when the cart in progress was taken to checkout.",
            "", 0, 1, None, CART[1:], checkout_open, domain=domains.FLAG),
    Feature("cart_abandonments", "Carts left behind", "Carts with something in them when a session ended.",
            "carts", 0, 50, None, CART, cart_abandonments),
    Feature("average_price_added", "Average price in the cart", "Mean price of all units ever put into the cart.",
            "minor", 0, 1_000_000, None, ADD, average_price_added, domain=domains.MEAN),
    Feature("average_cart_value", "Average cart", "Mean value that was put into a cart, over all carts.",
            "minor", 0, 1_000_000, None, (*ADD, "Cart Viewed", "Checkout Started"), average_cart_value,
            domain=domains.MEAN),
    Feature("orders_session", "Orders this session", "Orders completed in this session.",
            "orders", 0, 10, None, ORDER[:1], of_session("orders")),
    Feature("orders_30d", "Orders in 30 days", "Orders completed in the last 30 days, 200 at most.",
            "orders", 0, 40, None, ORDER, orders_30d, domain=domains.ORDERS),
    Feature("orders_total", "Orders ever", "Orders completed since we know this visitor.",
            "orders", 0, 500, None, ORDER, of_profile("orders")),
    Feature("orders_recent", "Orders lately", "Orders lately; one counts half after thirty days.",
            "orders", 0, 50, 30, ORDER, fading_month(ORDERS), domain=domains.LEVEL),
    Feature("revenue_30d", "Revenue in 30 days", "Total of the orders of the last 30 days, less refunds.",
            "minor", 0, 10_000_000, None, ORDER, revenue_30d),
    Feature("revenue_total", "Revenue ever", "Total of all orders ever completed, less refunds.",
            "minor", 0, 100_000_000, None, ORDER, of_profile("revenue_minor")),
    Feature("orders_unpriced", "Orders without an amount",
            "Orders whose total is not in the revenue: not told, unreadable, or in another currency.",
            "orders", 0, 500, None, ORDER, of_profile("unpriced_orders")),
    Feature("average_order_value", "Average order", "Mean total of an order, less refunds.",
            "minor", 0, 1_000_000, None, ORDER, average_order_value, domain=domains.MEAN),
    Feature("days_since_order", "Days since the last order", "Time since the last completed order.",
            "days", 0, 400, None, ORDER, days_since("last_order_at"), 400.0, domain=domains.MEAN),
    # visits
    Feature("session_minutes", "Length of the session", "Time from the first to the latest event of this session.",
            "min", 0, 240, None, ANY, session_minutes, domain=domains.LEVEL),
    Feature("sessions_total", "Sessions ever", "Visits since we know this visitor.",
            "sessions", 0, 1000, None, ANY, of_profile("sessions")),
    Feature("sessions_30d", "Sessions in 30 days", "Visits in the last 30 days, 40 at most.",
            "sessions", 0, 40, None, ANY, sessions_30d, domain=domains.SESSIONS),
    Feature("sessions_recent", "Sessions lately", "Visits lately; one counts half after thirty days.",
            "sessions", 0, 100, 30, ANY, fading_month(SESSIONS), domain=domains.LEVEL),
    Feature("days_since_last_visit", "Days since the visit before", "Time since the session before this one ended.",
            "days", 0, 400, None, ANY, days_since("previous_at"), 400.0, domain=domains.MEAN),
    Feature("days_since_first_seen", "Days since first seen", "Time since the first event of this visitor.",
            "days", 0, 400, None, ANY, days_since("first_at"), domain=domains.MEAN),
    Feature("is_new", "New visitor", "1 in the first session of a visitor.",
            "", 0, 1, None, ANY, is_new, domain=domains.FLAG),
    Feature("channel", "Channel of the visit",
            "Where this visit came from: search, social, ai, email, paid, ads, referral or direct.",
            "text", 0, 0, None, ANY, channel, domain=domains.CHANNEL),
    Feature("paid_arrival", "Paid arrival", "1 when this visit came from an advertisement.",
            "", 0, 1, None, ANY, paid_arrival, domain=domains.FLAG),
    Feature("first_channel", "Channel of the first visit", "Where the first visit came from.",
            "text", 0, 0, None, ANY, first_channel, domain=domains.CHANNEL),
    Feature("device", "Device", "What the visitor used last: desktop, mobile, tablet, tv or other.",
            "text", 0, 0, None, ANY, device, domain=domains.DEVICE),
    Feature("is_mobile", "Mobile device", "1 on a telephone or tablet.",
            "", 0, 1, None, ANY, is_mobile, domain=domains.FLAG),
    Feature("traits_left_out", "Traits left out",
            "How often a trait could not be kept: more than 64, 256 bytes of one, or a number beyond 2^53.",
            "", 0, 500, None, ("identify",), of_profile("traits_left_out")),
    Feature("hour_sin", "Hour of day (sine)", "Place on the circle of 24 hours, UTC: 1 at 6:00, -1 at 18:00.",
            "", -1, 1, None, (), wave(sin, DAY), domain=domains.WAVE),
    Feature("hour_cos", "Hour of day (cosine)", "Place on the circle of 24 hours, UTC: 1 at midnight, -1 at noon.",
            "", -1, 1, None, (), wave(cos, DAY), domain=domains.WAVE),
    Feature("weekday_sin", "Weekday (sine)", "Place on the circle of the week, UTC, which begins on Monday.",
            "", -1, 1, None, (), wave(sin, WEEK, MONDAY), domain=domains.WAVE),
    Feature("weekday_cos", "Weekday (cosine)", "Place on the circle of the week, UTC, which begins on Monday.",
            "", -1, 1, None, (), wave(cos, WEEK, MONDAY), domain=domains.WAVE),
    # what we showed
    Feature("impressions", "Offers seen", "How often one of our offers was seen.",
            "impressions", 0, 1000, None, ("Impression",), impressions),
    Feature("offer_clicks", "Offers clicked lately", "Clicks on our offers; one counts half after a week.",
            "clicks", 0, 100, 7, ("Click",), fading_week(CLICKS), domain=domains.LEVEL),
)  # fmt: skip

FEATURES: dict[str, Feature] = {feature.name: feature for feature in _ALL}


@lru_cache(maxsize=64)
def plan(names: tuple[str, ...]) -> tuple[tuple[Compute, float], ...]:
    return tuple((FEATURES[name].compute, FEATURES[name].missing) for name in names)


def vector(profile: Profile, now: int, names: Sequence[str]) -> list[float]:
    """The named features as numbers, for a model. Raises KeyError for an unknown name, ValueError for a feature that is
    a word."""
    row = []
    for compute, missing in plan(tuple(names)):
        value = compute(profile, now)
        row.append(missing if value is None else float(value))
    return row
