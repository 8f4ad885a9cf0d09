"""Which items lie next to an item? Several kinds of neighbours, each the nearest first. Pure.

A kind is a function of the items of one category whose prices have one currency, and its row in `KINDS`; the slots of
creatives name it.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

# Enough for a page that offers several while some lie in the cart; each costs a release some ten bytes an item.
KEPT = 5


class Priced(NamedTuple):
    key: str
    category: str
    price_minor: int
    currency: str


def neighbors(items: Iterable[Priced]) -> dict[str, dict[str, list[str]]]:
    """Key of an item -> kind -> keys of at most `KEPT` neighbours, in O(n log n). Kinds without any are left out. The
    same catalogue gives the same answer, in whatever order it comes."""
    comparable: dict[tuple[str, str], list[Priced]] = defaultdict(list)
    for item in items:
        comparable[item.category, item.currency].append(item)
    found = {}
    for members in comparable.values():
        # From the dearest down; among equals the smaller key first.
        members.sort(key=lambda item: (-item.price_minor, item.key))
        falling = [-item.price_minor for item in members]
        for i, item in enumerate(members):
            near = {kind: keys(members, falling, i) for kind, keys in KINDS.items()}
            found[item.key] = {kind: keys for kind, keys in near.items() if keys}
    return found


def _nearest_items(members: Sequence[Priced], falling: Sequence[int], i: int) -> list[str]:
    """Those nearest in price, among those that stand beside it in the order of prices."""
    price = members[i].price_minor
    beside = [*members[max(i - KEPT, 0) : i], *members[i + 1 : i + 1 + KEPT]]
    beside.sort(key=lambda other: (abs(other.price_minor - price), other.key))
    return [other.key for other in beside[:KEPT]]


def _cheaper_items(members: Sequence[Priced], falling: Sequence[int], i: int) -> list[str]:
    """Those that cost less, the dearest of them first."""
    start = bisect_right(falling, falling[i])
    return [other.key for other in members[start : start + KEPT]]


KINDS: dict[str, Callable[[Sequence[Priced], Sequence[int], int], list[str]]] = {
    "related": _nearest_items,
    "similar": _cheaper_items,
}
