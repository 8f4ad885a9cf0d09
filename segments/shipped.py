"""Which segments come with Segue? Ten, as data: every threshold stands in a condition that marketers may edit.

Money is in minor units: 5000 is 50.00 EUR. Comparisons take a missing value as 0, hence `$gt: 0` beside an upper bound.
"""

from dataclasses import asdict, dataclass

from django.db import transaction

from segments.conditions.shapes import Condition
from segments.models import Segment
from sites.editing import save_row
from sites.locks import lock_site
from sites.models import Site
from sites.pages.history import Actor


@dataclass(frozen=True, slots=True)
class Shipped:
    key: str
    name: str
    description: str
    condition: Condition


SHIPPED = (
    Shipped(
        "high-intent-product-viewer",
        "High-Intent Product Viewer",
        "Looked at one product page for more than 30 seconds in this visit.",
        {"feature.longest_product_seconds": {"$gt": 30}},
    ),
    Shipped(
        "category-explorer",
        "Category Explorer",
        "Opened at least three pages of one category in this visit.",
        {"feature.category_pages": {"$gte": 3}},
    ),
    Shipped(
        "price-sensitive",
        "Price Sensitive",
        "Compares products or filters by price, or fills carts of little worth; the condition says how little.",
        {
            "$or": [
                {"feature.price_filters": {"$gte": 1}},
                {"feature.comparison_pages": {"$gte": 1}},
                {"feature.price_interest": {"$gte": 2}},
                {"feature.average_cart_value": {"$gt": 0, "$lt": 5000}},
            ]
        },
    ),
    Shipped(
        "cart-abandoner",
        "Cart Abandoner",
        "Has something in the cart, left it alone for 30 minutes or more, and did not order.",
        {"feature.cart_items": {"$gt": 0}, "feature.cart_idle_minutes": {"$gte": 30}},
    ),
    Shipped(
        "new-visitor",
        "New Visitor",
        "Is here for the first time.",
        {"visitor.sessions": {"$lte": 1}},
    ),
    Shipped(
        "frequent-buyer",
        "Frequent Buyer",
        "Completed more than five orders in the last 30 days.",
        {"feature.orders_30d": {"$gt": 5}},
    ),
    Shipped(
        "frequent-browser",
        "Frequent Browser",
        "Came back at least five times in the last 30 days without ordering in that time.",
        {"feature.sessions_30d": {"$gte": 5}, "feature.orders_30d": 0},
    ),
    Shipped(
        "engaged",
        "Engaged",
        "Stays and interacts: two minutes of visible time, or five pages with a deep scroll.",
        {
            "$or": [
                {"feature.time_on_site": {"$gte": 120}},
                {"feature.pages_viewed": {"$gte": 5}, "feature.scroll_depth": {"$gte": 50}},
            ]
        },
    ),
    Shipped(
        "browser",
        "Browser",
        "Looks at two products or more in this visit and puts nothing into the cart.",
        {"feature.products_viewed": {"$gte": 2}, "feature.cart_adds": 0, "feature.cart_items": 0},
    ),
    Shipped(
        "converter",
        "Converter",
        "Has completed an order.",
        {"feature.orders_total": {"$gte": 1}},
    ),
)


@transaction.atomic
def install(site: Site, by: Actor) -> int:
    """Adds the shipped segments that the site lacks; edited, archived or renamed ones stay as they are. Returns how
    many were added."""
    # Two who install at once take turns, so that the second finds what the first has added.
    lock_site(site)
    there = set(Segment.objects.filter(site=site).values_list("key", flat=True))
    lacking = [shipped for shipped in SHIPPED if shipped.key not in there]
    for shipped in lacking:
        # Not by `editing`: they are counted in their turn, since nobody waits for it.
        save_row(Segment(site=site, shipped=True, **asdict(shipped)), by)
    return len(lacking)
