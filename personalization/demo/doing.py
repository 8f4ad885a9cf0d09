"""What did this visitor do last, in a few words each? The end of the profile's trail, as the drawer shows it."""

from collections.abc import Sequence
from typing import NamedTuple

from personalization.demo.catalogue import PRODUCT_BY_KEY
from segments.effects import trail
from segments.state import Step

SHOWN = 6
# What a step is called, and its icon; {name} is the product's or the category's.
WORDS = {
    trail.VIEWED: ("Looked at {name}", "eye"),
    trail.LISTED: ("Browsed {name}", "list"),
    trail.FILTERED: ("Sorted the list", "filter"),
    trail.PRICED: ("Filtered by price", "filter"),
    trail.COMPARED: ("Compared products", "compare"),
    trail.SEARCHED: ("Searched the shop", "search"),
    trail.ADDED: ("Put {name} into the cart", "cart"),
    trail.REMOVED: ("Took {name} out of the cart", "cart"),
    trail.CART: ("Opened the cart", "cart"),
    trail.CHECKOUT: ("Began to check out", "order"),
    trail.ORDERED: ("Placed an order", "order"),
}


class Done(NamedTuple):
    """`product` is the key of one of the shop's, whose picture stands for the step; else "". `times` in a row."""

    words: str
    icon: str
    product: str
    times: int = 1


def latest(steps: Sequence[Step]) -> list[Done]:
    """The latest first. Page views say no more than what was done on the page, so they count only where nothing else
    did happen."""
    told = [done_of(step) for step in steps if step.kind in WORDS] or [Done("Opened a page", "eye", "") for _ in steps]
    runs: list[Done] = []
    for done in reversed(told):
        if runs and runs[-1][:3] == done[:3]:
            runs[-1] = runs[-1]._replace(times=runs[-1].times + 1)
        else:
            runs.append(done)
    return runs[:SHOWN]


def done_of(step: Step) -> Done:
    words, icon = WORDS[step.kind]
    product = PRODUCT_BY_KEY.get(step.item)
    name = product.name if product else step.category or "a product"
    return Done(words.format(name=name), icon, product.key if product else "")
