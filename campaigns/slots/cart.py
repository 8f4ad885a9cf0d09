"""What is in the visitor's cart?"""

from collections.abc import Iterator

from campaigns.slots.base import ITEM_HOLES, Slot, Values, View, item_values
from segments.features import cart_items, cart_value
from sites.money import with_symbol


def _dearest_items(view: View) -> Iterator[str]:
    items = view.release.items
    known = ((line.price_minor, key) for key, line in view.profile.cart.items() if key in items)
    return (key for _, key in sorted(known, reverse=True))


def _values(view: View, key: str) -> Values:
    profile = view.profile
    return {
        **item_values(view, key),
        "cart.count": str(cart_items(profile, view.now)),
        # In the site's currency, in which profiles count; the item's price is in the item's own.
        "cart.value": with_symbol(cart_value(profile, view.now), view.release.currency),
    }


SLOT = Slot(
    "cart",
    "The most valuable item in the cart",
    ITEM_HOLES | {"cart.count", "cart.value"},
    _dearest_items,
    _values,
    is_offer=False,
)
