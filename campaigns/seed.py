"""What does a new site show out of the box? Four placements, the usual goals of a shop, and a campaign for each of the
shipped segments that behaviour leads into.

On the hero the strongest intent wins: an abandoned cart, then price hunting, then interest in one product, then in one
category. Each placement has variants of its own, because no creative is shown twice on a page.
"""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q

import campaigns.coupons.editing
from campaigns import editing
from campaigns.coupons.tables import Coupon
from campaigns.models import AdVariant, Campaign, Goal, Placement, Rule
from segments import shipped
from segments.models import Segment
from sites.models import Site
from sites.pages.history import Actor

# key, name, code, per cent.
COUPONS = (
    ("closer15", "A closer look, 15 %", "CLOSER15", 15),
    ("save10", "For price hunters, 10 %", "SAVE10", 10),
)
RELATED = {
    "coupon": "closer15",
    "slot": "related",
    "image_url": "{item.image_url}",
    "image_alt": "{item.name}",
    "link": "{item.url}",
    "badge": "{discount} off",
    "old_price": "{item.old_price}",
    "new_price": "{item.reduced_price}",
}
SIMILAR = {
    "slot": "similar",
    "image_url": "{item.image_url}",
    "image_alt": "{item.name}",
    "link": "{item.url}",
    "coupon": "save10",
    "badge": "{discount} off",
    "old_price": "{item.old_price}",
    "new_price": "{item.reduced_price}",
}
VIEWED = SIMILAR | {"slot": "viewed"}  # for whom nothing of the sort is cheaper
CATEGORY = {"slot": "category", "link": "{category.url}", "call_to_action": "Show all of {category.name}"}
CART = {"slot": "cart", "link": "{base}cart/"}

# key, name, template, fields. `{base}` is where the shop begins.
VARIANTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "welcome-hero",
        "Welcome",
        "hero",
        {
            "headline": "New this season",
            "body": "Free delivery over €50, and 30 days to change your mind.",
            "call_to_action": "Look around",
            "link": "{base}",
        },
    ),
    (
        "delivery-banner",
        "Free delivery",
        "banner",
        {"headline": "Free delivery over €50"},
    ),
    (
        "newsletter-card",
        "Favourites",
        "card",
        {
            "headline": "What others like",
            "body": "See what sells best this week.",
            "call_to_action": "Show favourites",
            "link": "{base}",
        },
    ),
    (
        "returns-message",
        "Easy returns",
        "message",
        {
            "headline": "30 days to return",
            "body": "Changed your mind? Sending it back is free.",
        },
    ),
    (
        "related-hero",
        "Related product, hero",
        "hero",
        RELATED
        | {
            "headline": "{item.name}",
            "body": "Much like what you took a close look at.",
            "call_to_action": "See the offer",
        },
    ),
    (
        "related-card",
        "Related product, card",
        "card",
        RELATED
        | {
            "headline": "{item.name}",
            "body": "Goes with what you like.",
            "call_to_action": "Have a look",
        },
    ),
    (
        "category-hero",
        "Category, hero",
        "hero",
        CATEGORY
        | {
            "headline": "Everything in {category.name}",
            "body": "You seem to know what you are after.",
            "image_url": "{category.image_url}",
            "image_alt": "From {category.name}",
        },
    ),
    (
        "category-banner",
        "Category, banner",
        "banner",
        CATEGORY | {"headline": "Still in {category.name}? New arrivals are in."},
    ),
    (
        "coupon-hero",
        "Coupon for a similar product, hero",
        "hero",
        SIMILAR
        | {
            "headline": "Nearly the same, for less",
            "body": "{item.name}, and {discount} off with the code.",
            "call_to_action": "Save {discount}",
        },
    ),
    (
        "coupon-card",
        "Coupon for a similar product, card",
        "card",
        SIMILAR
        | {
            "headline": "A better price",
            "body": "{item.name}, and {discount} off with the code.",
            "call_to_action": "Use the coupon",
        },
    ),
    (
        "viewed-card",
        "Coupon for the product itself, card",
        "card",
        VIEWED
        | {
            "headline": "Still thinking it over?",
            "body": "{item.name}, and {discount} off with the code.",
            "call_to_action": "Use the coupon",
        },
    ),
    (
        "cart-hero",
        "Cart reminder, hero",
        "hero",
        CART
        | {
            "headline": "Your cart is waiting",
            "body": "{cart.count} in your cart, {cart.value} in all. {item.name} is still there.",
            "image_url": "{item.image_url}",
            "image_alt": "{item.name}",
            "call_to_action": "Back to the cart",
        },
    ),
    (
        "cart-message",
        "Cart reminder, message",
        "message",
        CART
        | {
            "headline": "Forgotten something?",
            "body": "{item.name} and your cart of {cart.value} are still here.",
            "call_to_action": "Go to the cart",
        },
    ),
)

# key, name, what it is, kind of page, spot on it, pixels reserved, pixels of width, default variant.
PLACEMENTS = (
    ("home-hero", "Home hero", "The large spot at the top of the home page.", "Home", "top", 336, 1160, "welcome-hero"),
    (
        "category-banner",
        "Category banner",
        "One line above the products of a category.",
        "Category",
        "top",
        64,
        1160,
        "delivery-banner",
    ),
    ("product-offer", "Product offer", "A card beside a product.", "Product", "side", 320, 260, "newsletter-card"),
    ("cart-message", "Cart message", "A note in the cart.", "Cart", "main", 96, 1160, "returns-message"),
)

# key, name, event, what each is worth.
GOALS = (
    ("orders", "Orders", "Order Completed", Goal.Value.OF_EVENT),
    ("added-to-cart", "Added to the cart", "Product Added", Goal.Value.NOTHING),
)

# key, name, segment, goal, then rules: placement, variant, priority, caps.
CAMPAIGNS: tuple[tuple[str, str, str, str, tuple[tuple[str, str, int, dict[str, int]], ...]], ...] = (
    (
        "cart-reminder",
        "Cart reminder",
        "cart-abandoner",
        "orders",
        (("home-hero", "cart-hero", 800, {"cap_per_day": 10}), ("cart-message", "cart-message", 800, {})),
    ),
    (
        "price-savers",
        "Savings for price hunters",
        "price-sensitive",
        "orders",
        (
            ("home-hero", "coupon-hero", 700, {}),
            ("product-offer", "coupon-card", 700, {}),
            ("product-offer", "viewed-card", 690, {}),
        ),
    ),
    (
        "related-offers",
        "Related products",
        "high-intent-product-viewer",
        "orders",
        (("home-hero", "related-hero", 600, {}), ("product-offer", "related-card", 600, {})),
    ),
    (
        "category-spotlight",
        "Category spotlight",
        "category-explorer",
        "added-to-cart",
        (("home-hero", "category-hero", 500, {}), ("category-banner", "category-banner", 500, {})),
    ),
)


@transaction.atomic
def install(site: Site, by: Actor, base: str = "/") -> int:
    """Adds what the site lacks, and returns how many rows that were; what exists stays as it is. `base` is the path of
    the shop's home page."""
    shipped.install(site, by)
    made = partial(_ensure, by)
    before = _count(site)
    coupons = {key: _ensure_coupon(by, site, key, name, code, percent) for key, name, code, percent in COUPONS}
    variants = {
        key: made(
            AdVariant, {"site": site, "key": key}, {"name": name, "template": template, **_fill(fields, base, coupons)}
        )
        for key, name, template, fields in VARIANTS
    }
    placements = {
        key: made(
            Placement,
            {"site": site, "key": key},
            {
                "name": name,
                "description": description,
                "page": kind,
                "spot": spot,
                "min_height": height,
                "width": width,
                "default_variant": variants[default],
            },
        )
        for key, name, description, kind, spot, height, width, default in PLACEMENTS
    }
    goals = {
        key: made(Goal, {"site": site, "key": key}, {"name": name, "event": event, "value_kind": kind})
        for key, name, event, kind in GOALS
    }
    for key, name, segment, goal, rules in CAMPAIGNS:
        values = {"name": name, "status": Campaign.Status.LIVE, "goal": goals[goal]}
        campaign = made(Campaign, {"site": site, "key": key}, values)
        for placement, variant, priority, caps in rules:
            where = placements[placement].name.lower()
            called = f"{name} ({where})" if variant != "viewed-card" else f"{name} ({where}, the product itself)"
            made(
                Rule,
                {"campaign": campaign, "name": called},
                {
                    "placement": placements[placement],
                    "variant": variants[variant],
                    "segment": Segment.objects.get(site=site, key=segment),
                    "priority": priority,
                    **caps,
                },
            )
    return _count(site) - before


def _fill(fields: dict[str, Any], base: str, coupons: dict[str, Coupon]) -> dict[str, Any]:
    chosen = {"coupon": coupons[fields["coupon"]]} if "coupon" in fields else {}
    return {field: value.replace("{base}", base) for field, value in fields.items()} | chosen


def _ensure_coupon(by: Actor, site: Site, key: str, name: str, code: str, percent: int) -> Coupon:
    """Also one that a migration made of a code that was typed in creatives."""
    row = Coupon.objects.filter(Q(key=key) | Q(code=code), site=site).first()
    if row is None:
        row = Coupon(site=site, key=key, name=name, code=code, percent=percent)
        campaigns.coupons.editing.save(row, by)
    return row


def _ensure(by: Actor, model: Any, identity: dict[str, Any], values: dict[str, Any]) -> Any:
    row = model.objects.filter(**identity).first()
    if row is None:
        row = model(**identity, **values)
        editing.save(row, by)
    return row


def _count(site: Site) -> int:
    return sum(
        (
            AdVariant.objects.filter(site=site).count(),
            Coupon.objects.filter(site=site).count(),
            Goal.objects.filter(site=site).count(),
            Placement.objects.filter(site=site).count(),
            Rule.objects.filter(campaign__site=site).count(),
        )
    )
