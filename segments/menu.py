"""Where does a marketer find an attribute? Plain groups, in each what is used most first. Pure.

What is another name for something, or speaks to models only, is in no group: saved conditions and the API may name it.
"""

from segments.attributes import ATTRIBUTES, Attribute

GROUPS: dict[str, tuple[str, ...]] = {
    "Behaviour": (
        "session.pages", "feature.products_viewed", "feature.top_category", "session.categories",
        "feature.distinct_products", "feature.longest_product_seconds", "feature.time_on_site", "feature.searches",
        "feature.last_search", "visitor.searches", "visitor.sessions", "visitor.new", "feature.days_since_last_visit",
        "visitor.days_known", "feature.session_minutes", "feature.sessions_30d", "session.number",
        "feature.categories_viewed", "feature.session_category", "feature.category_pages", "feature.category_focus",
        "session.longest_product", "feature.product_seconds", "feature.comparison_pages", "feature.price_filters",
        "feature.price_interest", "feature.average_price_viewed", "feature.search_terms", "feature.pages_total",
        "feature.product_views_total", "feature.pages_recent", "feature.product_views_recent", "feature.time_recent",
        "feature.searches_recent", "feature.sessions_recent", "feature.scroll_depth", "feature.pointer_activity",
        "feature.internal_clicks", "feature.form_activity", "session.events", "visitor.events",
        "feature.impressions", "feature.offer_clicks",
    ),
    "Where from": (
        "referral.source", "referral.channel", "referral.campaign", "referral.medium", "referral.first_source",
        "referral.first_channel", "referral.first_campaign", "referral.last_channel", "referral.last_campaign",
        "feature.paid_arrival", "session.landing_path",
    ),
    "Purchases": (
        "visitor.orders", "feature.orders_30d", "feature.cart_value", "feature.cart_items",
        "feature.days_since_order", "feature.revenue_total", "feature.revenue_30d", "feature.average_order_value",
        "feature.checkout_open", "feature.cart_idle_minutes", "feature.cart_abandonments", "feature.cart_adds",
        "feature.orders_session", "feature.average_price_added", "feature.average_cart_value",
        "feature.cart_adds_recent", "feature.orders_recent", "feature.orders_unpriced",
    ),
    "Who": ("segment", "visitor.known", "consent.personalization", "consent.given"),
    "Device and place": (
        "context.device", "feature.is_mobile", "context.country", "context.language", "context.browser", "context.os",
        "context.weekday", "context.hour",
    ),
    "Page": ("context.path", "context.url", "context.host"),
    "Predictions": ("cluster.name", "cluster.id"),
}  # fmt: skip
# Other names of what is above, and what only models read.
HIDDEN = (
    "feature.sessions_total", "feature.orders_total", "feature.pages_viewed", "feature.channel",
    "feature.first_channel", "feature.device", "feature.is_new", "feature.days_since_first_seen",
    "feature.hour_sin", "feature.hour_cos", "feature.weekday_sin", "feature.weekday_cos",
    "feature.traits_left_out",
)  # fmt: skip


def groups() -> dict[str, list[Attribute]]:
    return {title: [ATTRIBUTES[name] for name in names] for title, names in GROUPS.items()}
