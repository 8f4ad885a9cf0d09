"""What does each event change in a profile?

`EFFECTS` maps an event's type and name to one small function of (profile, session, event). The session is the one in
progress; an event that arrived too late for it gets a scratch one, so that it counts for the visitor but not for the
session. Names and properties: `docs/events.md`. A property of the wrong type is ignored.
"""

from collections.abc import Callable

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
from segments.effects.people import click, consent_updated, identify, impression, remember_engagement
from segments.state import Profile, Session
from tracking.event import Event

Effect = Callable[[Profile, Session, Event], None]

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
    ("track", "Order Refunded"): order_refunded,
    ("track", "Order Cancelled"): order_cancelled,
    ("track", "Segue Consent Updated"): consent_updated,
    ("engagement", "Impression"): impression,
    ("engagement", "Click"): click,
    ("engagement", "Dismiss"): remember_engagement,
}
# Of these types every event counts, whatever its name.
EFFECTS_OF_TYPE: dict[str, Effect] = {"page": page, "screen": page, "identify": identify}
