"""What fills the holes of a creative for this visitor? Text for `campaigns.holes`; escaping is the creative's
matter."""

from collections.abc import Callable

from campaigns.release import FrozenItem, FrozenRelease
from segments.features import cart_items, cart_value, current
from segments.profile import Profile
from sites.money import with_symbol

Values = dict[str, str]


def slot_values(slot: str, profile: Profile, release: FrozenRelease, now: int) -> Values | None:
    """Values by the names of holes; {} for no slot. None: there is nothing to fill it with, so the creative cannot be
    shown."""
    if not slot:
        return {}
    fill = SLOTS.get(slot)
    return fill(profile, release, now) if fill else None


def _viewed(profile: Profile, release: FrozenRelease, now: int) -> FrozenItem | None:
    """The item looked at longest in this session, else of those remembered; only what the catalogue still has."""
    longest = release.items.get(current(profile, now).longest_product)
    if longest:
        return longest
    known = [(seen.dwell_ms, seen.views, seen.at, key) for key, seen in profile.items.items() if key in release.items]
    return release.items[max(known)[3]] if known else None


def _fill_viewed(profile: Profile, release: FrozenRelease, now: int) -> Values | None:
    return _item_values(_viewed(profile, release, now))


def _fill_related(profile: Profile, release: FrozenRelease, now: int) -> Values | None:
    viewed = _viewed(profile, release, now)
    return _item_values(release.items.get(viewed.related)) if viewed else None


def _fill_similar(profile: Profile, release: FrozenRelease, now: int) -> Values | None:
    viewed = _viewed(profile, release, now)
    return _item_values(release.items.get(viewed.similar)) if viewed else None


def _fill_category(profile: Profile, release: FrozenRelease, now: int) -> Values | None:
    """Most pages in this session wins; equal ones by name, so that the answer does not depend on the order of
    arrival."""
    pages = current(profile, now).categories
    known = sorted((-count, name) for name, count in pages.items() if name in release.category_urls)
    if not known:
        return None
    name = known[0][1]
    return {"category.name": name, "category.url": release.category_urls[name]}


def _fill_cart(profile: Profile, release: FrozenRelease, now: int) -> Values | None:
    known = [(line.price_minor, key) for key, line in profile.cart.items() if key in release.items]
    if not known:
        return None
    item = release.items[max(known)[1]]
    return {
        **_values(item),
        "cart.count": str(cart_items(profile, now)),
        "cart.value": with_symbol(cart_value(profile, now), release.currency),
    }


def _item_values(item: FrozenItem | None) -> Values | None:
    return _values(item) if item else None


def _values(item: FrozenItem) -> Values:
    return {
        "item.name": item.name,
        "item.price": with_symbol(item.price_minor, item.currency),
        "item.url": item.url,
        "item.image_url": item.image_url,
        "category.name": item.category,
        "category.url": item.category_url,
    }


# By the values of AdVariant.Slot.
SLOTS: dict[str, Callable[[Profile, FrozenRelease, int], Values | None]] = {
    "viewed": _fill_viewed,
    "related": _fill_related,
    "similar": _fill_similar,
    "category": _fill_category,
    "cart": _fill_cart,
}
