"""Which items lie next to an item? Several kinds of neighbours, each the nearest first. Pure.

A kind is a function of the items of one category whose prices have one currency, and its row in `KINDS`; the slots of
creatives name it. Within a category things of one sort come first: those whose names end in the same word, as the names
of two kettles do. A word that ends names of several categories says how things are ("blue"), not what they are.
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
    name: str = ""

    @property
    def sort(self) -> str:
        """What sort of thing it is, by the last word of its name that is no number: "kettle" of "Enamel Kettle 2"."""
        words = [word for word in self.name.casefold().split() if not any(map(str.isdigit, word))]
        return words[-1] if words else ""


def neighbors(items: Iterable[Priced]) -> dict[str, dict[str, list[str]]]:
    """Key of an item -> kind -> keys of at most `KEPT` neighbours, in O(n log n). Kinds without any are left out. The
    same catalogue gives the same answer, in whatever order it comes."""
    comparable: dict[tuple[str, str], list[Priced]] = defaultdict(list)
    sorts: dict[tuple[str, str, str], list[Priced]] = defaultdict(list)
    # From the dearest down; among equals the smaller key first.
    ordered = sorted(items, key=lambda item: (-item.price_minor, item.key))
    at_home: dict[str, set[str]] = defaultdict(set)  # in which categories each sort is
    for item in ordered:
        at_home[item.sort].add(item.category)
    for item in ordered:
        comparable[item.category, item.currency].append(item)
        sort = item.sort if len(at_home[item.sort]) == 1 else ""
        sorts[item.category, item.currency, sort].append(item)
    found = {}
    for (category, currency, sort), members in sorts.items():
        all_of_category = _Shelf(comparable[category, currency])
        own = _Shelf(members) if sort else all_of_category
        for item in members:
            near = {kind: keys(item, own, all_of_category) for kind, keys in KINDS.items()}
            found[item.key] = {kind: keys for kind, keys in near.items() if keys}
    return found


class _Shelf:
    """Items from the dearest down, and where each stands."""

    def __init__(self, members: Sequence[Priced]) -> None:
        self.members = members
        self.falling = [-item.price_minor for item in members]
        self.place = {item.key: i for i, item in enumerate(members)}


def _nearest_items(item: Priced, own: _Shelf, category: _Shelf) -> list[str]:
    """Those nearest in price, among those that stand beside it in the order of prices; of its own sort first."""
    return list(dict.fromkeys([*_beside(item, own), *_beside(item, category)]))[:KEPT]


def _beside(item: Priced, shelf: _Shelf) -> list[str]:
    i = shelf.place[item.key]
    beside = [*shelf.members[max(i - KEPT, 0) : i], *shelf.members[i + 1 : i + 1 + KEPT]]
    beside.sort(key=lambda other: (abs(other.price_minor - item.price_minor), other.key))
    return [other.key for other in beside[:KEPT]]


def _cheaper_items(item: Priced, own: _Shelf, category: _Shelf) -> list[str]:
    """Those that cost less, the dearest of them first: of its own sort, where there is more than one of it. A pan is no
    cheaper kettle."""
    shelf = own if len(own.members) > 1 else category
    start = bisect_right(shelf.falling, -item.price_minor)
    return [other.key for other in shelf.members[start : start + KEPT]]


KINDS: dict[str, Callable[[Priced, _Shelf, _Shelf], list[str]]] = {
    "related": _nearest_items,
    "similar": _cheaper_items,
}
