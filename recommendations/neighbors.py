"""Which items lie next to an item? Related: same category, nearest in price. Similar: same category, cheaper, nearest.
Pure."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple


class Priced(NamedTuple):
    key: str
    category: str
    price_minor: int


class Neighbors(NamedTuple):
    """Keys of items, "" where there is none."""

    related: str
    similar: str


def neighbors(items: Iterable[Priced]) -> dict[str, Neighbors]:
    """Neighbours of each item by key, in O(n log n). Among equals the smaller key wins, so the same catalogue gives the
    same answer."""
    categories: dict[str, list[Priced]] = defaultdict(list)
    for item in items:
        categories[item.category].append(item)
    found = {}
    for members in categories.values():
        members.sort(key=lambda item: (item.price_minor, item.key))
        prices = [item.price_minor for item in members]
        for i, item in enumerate(members):
            found[item.key] = Neighbors(_nearest(members, i), _cheaper(members, prices, i))
    return found


def _nearest(members: list[Priced], i: int) -> str:
    """Of the two beside it in the order of prices, the nearer one."""
    beside = [members[j] for j in (i - 1, i + 1) if 0 <= j < len(members)]
    if not beside:
        return ""
    return min(beside, key=lambda other: (abs(other.price_minor - members[i].price_minor), other.key)).key


def _cheaper(members: list[Priced], prices: list[int], i: int) -> str:
    """The first of those that have the highest price below its own."""
    below = bisect_left(prices, prices[i])
    return members[bisect_left(prices, prices[below - 1])].key if below else ""
