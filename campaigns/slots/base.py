"""What is a slot? What fills the holes of a creative for one visitor: which items or categories, the best first, and
what each puts into which hole. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from campaigns.release import FrozenRelease
from segments.features import current
from segments.profile import Profile
from sites.money import percent_off, with_symbol

Values = dict[str, str]  # by the names of holes; escaping is the creative's matter

CATEGORY_HOLES = frozenset({"category.name", "category.url", "category.image_url"})
ITEM_FIELDS = ("name", "price", "old_price", "reduced_price", "saving", "url", "image_url")
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


class Priced(Protocol):
    """An item of a release, or a row of the catalogue."""

    @property
    def price_minor(self) -> int: ...
    @property
    def old_price_minor(self) -> int | None: ...
    @property
    def currency(self) -> str: ...


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
        **prices_of(item),
        "item.url": item.url,
        "item.image_url": item.image_url,
        "category.name": item.category,
        "category.url": item.category_url,
        "category.image_url": view.release.category_pictures.get(item.category, ""),
    }


def prices_of(item: Priced, discount: int = 0) -> Values:
    """`reduced_price` is the item's price less this discount (per cent), rounded to the nearest minor unit, halves up.

    `old_price` is what it cost before: before the catalogue's reduction, else before the discount. It and the `saving`,
    in whole per cent of it, are empty where nothing is taken off."""
    now = (item.price_minor * (100 - discount) + 50) // 100
    before = item.old_price_minor or item.price_minor
    price = with_symbol(item.price_minor, item.currency)
    values = {"item.price": price, "item.old_price": "", "item.reduced_price": price, "item.saving": ""}
    if discount:
        values["item.reduced_price"] = with_symbol(now, item.currency)
    if now < before:
        percent = percent_off(before, now)
        values |= {
            "item.old_price": with_symbol(before, item.currency),
            "item.saving": f"−{percent}%" if percent else "",
        }
    return values


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
