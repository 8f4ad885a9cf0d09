"""Which site is the demo shop, and what does it start with? Its fixed public key, its record, its campaigns."""

import random
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

import campaigns.coupons.editing
import campaigns.editing
from campaigns import seed
from campaigns.content import Theme
from campaigns.coupons import codes
from campaigns.coupons.tables import Coupon
from campaigns.golive import compile_release
from campaigns.models import AdVariant, Release
from campaigns.publish import NothingToPublish, publish
from personalization.demo import people
from personalization.demo.catalogue import CURRENCY, PRODUCTS, Product
from recommendations.editing import load_items
from sites import editing
from sites.models import Site
from sites.pages.history import Actor
from sites.push import push

WRITE_KEY = "wk_demo"  # fixed, so that the shop's pages and the simulator need no query
NAME = "Fernhill (demo shop)"
# As `static/demo/shop.css` has it.
THEME: dict[str, Any] = {
    "font": "system",
    "heading_font": "serif",
    "radius": 18,
    "tinted": True,
    "background": "#ffffff",
    "foreground": "#22302e",
    "accent": "#1f5d58",
    "on_accent": "#ffffff",
    "dark_background": "#1d2425",
    "dark_foreground": "#e8ece9",
    "dark_accent": "#7cc4b8",
    "dark_on_accent": "#10211f",
}
# Of the demo alone; those that its creatives show come with `campaigns.seed`.
COUPONS: tuple[dict[str, Any], ...] = (
    {"key": "letter", "name": "Autumn letter", "percent": 20, "limit_per_visitor": 1},
    {"key": "five-off", "name": "5 € off from 40 €", "code": "FIVE", "gives": "amount", "amount_minor": 500,
     "minimum_minor": 4_000, "limit": 500, "limit_per_visitor": 1},
    {"key": "summer", "name": "Summer sale", "code": "SUMMER25", "percent": 25},
)  # fmt: skip
# What the first visit is shown of a product: its creative -> the product's name.
PICTURED = {"welcome-hero": "Steel Kettle", "newsletter-card": "Bouclé Armchair"}
LETTERS, MOST_LETTERS = "LETTER-########", 250


def install(url: str, by: Actor) -> Site:
    """Everything that the shop needs to be looked at. What exists already stays as it is, so it can be called again."""
    site = Site.objects.filter(write_key=WRITE_KEY).first()
    if site is None:
        site = Site(
            name=NAME,
            domain=urlsplit(url).netloc,
            write_key=WRITE_KEY,
            currency=CURRENCY,
            consent_in_europe=Site.Consent.OPT_OUT,
        )
        site.internal_hosts = ["shop.example"]
        site.consent_mode = Site.Consent.OPT_IN  # the shop asks, as shops of the EU must
        editing.save(site, by)
    push()
    people.let_in()
    if site.items.count() < len(PRODUCTS):
        load_items(site, map(_row, PRODUCTS), by)
    seed.install(site, by, base=reverse("demo:home"))
    _add_coupons(site, by)
    if not Theme.objects.filter(site=site).exists():
        campaigns.editing.save(Theme(site=site, **THEME), by)
    if Release.objects.live(site) is None:  # started again, the demo leaves to people what they have drafted
        _add_pictures(site, by)
        put_live(site, "The shop opens", by)
    return site


def _add_coupons(site: Site, by: Actor) -> None:
    """Beside those that the creatives show: one for an e-mail, whose codes are good once, one for small budgets, and
    one that is over."""
    now = timezone.now()
    known = set(Coupon.objects.filter(site=site).values_list("key", flat=True))
    for fields in COUPONS:
        if fields["key"] not in known:
            row = Coupon(site=site, **fields)
            if row.key == "summer":
                row.starts_at, row.ends_at = now - timedelta(days=60), now - timedelta(days=20)
            campaigns.coupons.editing.save(row, by)
            if not row.code:
                made = codes.generate(LETTERS, MOST_LETTERS, (), random.Random("segue-letters").choice)
                campaigns.coupons.editing.add_codes(row, list(made), by)


def _add_pictures(site: Site, by: Actor) -> None:
    """A shop that has no pictures of its own to show begins with words alone; this one has some."""
    keys = {product.name: product.key for product in PRODUCTS}
    for creative in AdVariant.objects.filter(site=site, key__in=PICTURED, image_url=""):
        name = PICTURED[creative.key]
        creative.image_url, creative.image_alt = reverse("demo:picture", args=[keys[name]]), name
        campaigns.editing.save(creative, by)


def put_live(site: Site, note: str, by: Actor) -> bool:
    """Publishes and compiles at once, without waiting for a worker; False when visitors see the draft already. In the
    name of the demo's publisher."""
    publisher = User.objects.filter(username=people.PEOPLE["publisher"]).first()
    try:
        release = publish(site, Actor(publisher, by.through), note)
    except NothingToPublish:
        return False
    compile_release(release.pk)
    return True


def _row(product: Product) -> dict[str, Any]:
    return {
        "key": product.key,
        "name": product.name,
        "category": product.category.name,
        "category_url": reverse("demo:category", args=[product.category.key]),
        "brand": product.brand,
        "price_minor": product.price_minor,
        "old_price_minor": product.old_price_minor,
        "currency": CURRENCY,
        "url": reverse("demo:product", args=[product.key]),
        "image_url": reverse("demo:picture", args=[product.key]),
    }
