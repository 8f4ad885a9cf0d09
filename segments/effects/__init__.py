"""What does each event change in a profile?

`EFFECTS` maps an event's type and name to one small function of (profile, session, event). The session is the one in
progress; an event that arrived too late for it gets a scratch one, so that it counts for the visitor but not for the
session. What visitors do themselves leaves a step on their trail, too. Names and properties: `docs/events.md`. A
property of the wrong type is ignored.
"""

from segments.effects import trail
from segments.effects.attention import (
    form_started,
    form_submitted,
    internal_link_clicked,
    page_dwell,
    pointer_activity,
    scroll_depth,
)
from segments.effects.cart import cart_viewed, checkout_started, product_added, product_removed
from segments.effects.finding import comparison_viewed, price_filter_applied, product_list_filtered, products_searched
from segments.effects.orders import order_cancelled, order_completed, order_refunded
from segments.effects.pages import page, product_list_viewed, product_viewed
from segments.effects.people import assigned, click, consent_updated, identify, impression, remember_engagement
from segments.effects.trail import Effect, step

EFFECTS: dict[tuple[str, str], Effect] = {
    ("track", "Product Viewed"): step(trail.VIEWED, product_viewed),
    ("track", "Product List Viewed"): step(trail.LISTED, product_list_viewed),
    ("track", "Product List Filtered"): step(trail.FILTERED, product_list_filtered),
    ("track", "Price Filter Applied"): step(trail.PRICED, price_filter_applied),
    ("track", "Products Searched"): step(trail.SEARCHED, products_searched),
    ("track", "Comparison Viewed"): step(trail.COMPARED, comparison_viewed),
    ("track", "Page Dwell"): page_dwell,
    ("track", "Scroll Depth"): scroll_depth,
    ("track", "Pointer Activity"): pointer_activity,
    ("track", "Internal Link Clicked"): internal_link_clicked,
    ("track", "Form Started"): form_started,
    ("track", "Form Submitted"): step(trail.SUBMITTED, form_submitted),
    ("track", "Product Added"): step(trail.ADDED, product_added),
    ("track", "Product Removed"): step(trail.REMOVED, product_removed),
    ("track", "Cart Viewed"): step(trail.CART, cart_viewed),
    ("track", "Checkout Started"): step(trail.CHECKOUT, checkout_started),
    ("track", "Order Completed"): step(trail.ORDERED, order_completed),
    ("track", "Order Refunded"): order_refunded,
    ("track", "Order Cancelled"): order_cancelled,
    ("track", "Segue Consent Updated"): consent_updated,
    ("engagement", "Impression"): impression,
    ("engagement", "Click"): click,
    ("engagement", "Dismiss"): remember_engagement,
    ("engagement", "Assigned"): assigned,
}
# Of these types every event counts, whatever its name.
EFFECTS_OF_TYPE: dict[str, Effect] = {
    "page": step(trail.PAGE, page),
    "screen": step(trail.PAGE, page),
    "identify": identify,
}
