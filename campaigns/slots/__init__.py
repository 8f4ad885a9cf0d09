"""What fills the holes of a creative for this visitor? A slot, which marketers choose by its title.

Pure. A slot is a module beside this one with one object, `SLOT`, named in `SLOTS`: its holes are checked, its title is
offered and its items are found from there. One that shows other neighbours than there are needs them in the catalogue's
snapshot too (`recommendations.neighbors.KINDS`).
"""

from collections.abc import Collection, Iterator
from itertools import islice

from campaigns.slots import cart, category, related, similar, viewed
from campaigns.slots.base import ITEM_FIELDS, Filled, Slot, Values, View, item_values, prices_of

SLOTS: dict[str, Slot] = {
    module.SLOT.name: module.SLOT  # in the order in which they are offered
    for module in (viewed, related, similar, category, cart)
}


def choices() -> list[tuple[str, str]]:
    """For the field of a form or model."""
    return [("", "Nothing: the same for everybody"), *((slot.name, slot.title) for slot in SLOTS.values())]


def rank(slot: Slot, view: View, shown: Collection[str] = ()) -> Iterator[str]:
    """The keys of all that could fill a slot, best first. An offer leaves out what is in the cart, what was bought
    and the items that are `shown` on the page."""
    if not slot.is_offer:
        yield from slot.ranked(view)
        return
    profile = view.profile
    left_out = {*profile.cart, *profile.bought, *shown}
    yield from (key for key in slot.ranked(view) if key not in left_out)


def fill(name: str, view: View, shown: Collection[str] = (), count: int = 1, discount: int = 0) -> Filled | None:
    """What the first `count` of `rank` put into the holes; `discount` (per cent) is taken off their prices.

    None: there are not so many, so the creative cannot be shown; also for a slot that nobody knows, as a release of
    another version of Segue may name."""
    slot = SLOTS.get(name)
    keys = tuple(islice(rank(slot, view, shown), count)) if slot else ()
    if slot is None or len(keys) < max(count, 1):
        return None
    values = slot.values(view, keys[0])
    if not slot.shows_item:
        return Filled(values)
    items = view.release.items
    if discount:
        values |= prices_of(items[keys[0]], discount)
    for number, key in enumerate(keys[1:], 2):
        another = item_values(view, key) | prices_of(items[key], discount)
        for name in ITEM_FIELDS:
            values[f"item{number}.{name}"] = another[f"item.{name}"]
    return Filled(values, keys)


__all__ = ["SLOTS", "Filled", "Slot", "Values", "View", "choices", "fill", "rank"]
