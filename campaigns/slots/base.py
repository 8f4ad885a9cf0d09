"""What is a slot? What fills the holes of a creative for one visitor: which items or categories, the best first, and
what each puts into which hole. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from campaigns.release import FrozenRelease
from segments.features import current
from segments.profile import Profile
from sites.money import with_symbol

Values = dict[str, str]  # by the names of holes; escaping is the creative's matter

CATEGORY_HOLES = frozenset({"category.name", "category.url", "category.image_url"})
ITEM_FIELDS = ("name", "price", "reduced_price", "url", "image_url")
ITEM_HOLES = CATEGORY_HOLES | {f"item.{name}" for name in ITEM_FIELDS}


class View(Protocol):
    """What a slot may look at."""

    @property
    def release(self) -> FrozenRelease: ...
    @property
    def profile(self) -> Profile: ...
    @property
    def now(self) -> int: ...
    @property
    def context(self) -> Mapping[str, Any]: ...


class Filled(NamedTuple):
    values: Values
    items: tuple[str, ...] = ()  # keys of those that the creative shows


@dataclass(frozen=True)
class Slot:
    """`ranked` gives keys of items that the catalogue has, or names of categories. An offer passes over what the
    visitor has before their eyes or in the cart; what only tells how things stand (the cart, a category) does not."""

    name: str
    title: str  # for marketers, who choose it
    holes: frozenset[str]  # all of which it fills
    ranked: Callable[[View], Iterable[str]]
    values: Callable[[View, str], Values]
    shows_item: bool = True
    is_offer: bool = True


def item_values(view: View, key: str) -> Values:
    item = view.release.items[key]
    return {
        "item.name": item.name,
        "item.price": with_symbol(item.price_minor, item.currency),
        "item.reduced_price": with_symbol(item.price_minor, item.currency),
        "item.url": item.url,
        "item.image_url": item.image_url,
        "category.name": item.category,
        "category.url": item.category_url,
        "category.image_url": view.release.category_pictures.get(item.category, ""),
    }


def reduced(view: View, key: str, percent: int) -> str:
    """The item's price less this discount, rounded to the nearest minor unit, halves up."""
    item = view.release.items[key]
    return with_symbol((item.price_minor * (100 - percent) + 50) // 100, item.currency)


def items_looked_at(view: View) -> Iterator[str]:
    """Items by how long they were looked at: the one looked at longest in this session, then those remembered; only
    what the catalogue still has."""
    items, profile = view.release.items, view.profile
    longest = current(profile, view.now).longest_product
    if longest in items:
        yield longest
    known = ((seen.dwell_ms, seen.views, seen.at, key) for key, seen in profile.items.items() if key in items)
    yield from (key for *_, key in sorted(known, reverse=True) if key != longest)


def items_near(kind: str) -> Callable[[View], Iterable[str]]:
    """Neighbours of this kind of the items looked at, first those of the one looked at longest and the nearest of them,
    but for the one whose page is open."""

    def rank(view: View) -> Iterable[str]:
        items = view.release.items
        is_open = current(view.profile, view.now).page_product
        near = (key for seen in items_looked_at(view) for key in items[seen].near.get(kind, ()))
        return dict.fromkeys(key for key in near if key in items and key != is_open)

    return rank
