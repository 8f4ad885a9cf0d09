"""What fills the holes of a creative for this visitor? A slot, which marketers choose by its title.

Pure. A slot is a module beside this one with one object, `SLOT`, named in `SLOTS`: its holes are checked, its title is
offered and its items are found from there. One that shows other neighbours than there are needs them in the catalogue's
snapshot too (`recommendations.neighbors.KINDS`).
"""

from collections.abc import Collection, Iterator

from campaigns.slots import cart, category, related, similar, viewed
from campaigns.slots.base import Filled, Slot, Values, View

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


def fill(name: str, view: View, shown: Collection[str] = ()) -> Filled | None:
    """What the first of `rank` puts into the holes. None: there is nothing to fill them with, so the creative cannot
    be shown; also for a slot that nobody knows, as a release of another version of Segue may name."""
    slot = SLOTS.get(name)
    key = next(rank(slot, view, shown), None) if slot else None
    if slot is None or key is None:
        return None
    return Filled(slot.values(view, key), key if slot.shows_item else "")


__all__ = ["SLOTS", "Filled", "Slot", "Values", "View", "choices", "fill", "rank"]
