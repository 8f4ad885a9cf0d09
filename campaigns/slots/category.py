"""Which category does the visitor explore?"""

from collections.abc import Iterator

from campaigns.slots.base import CATEGORY_HOLES, Slot, Values, View
from segments.features import current


def _explored_categories(view: View) -> Iterator[str]:
    """Most pages in this session first; equal ones by name, so that the answer does not depend on the order of
    arrival."""
    pages = current(view.profile, view.now).categories
    known = ((-count, name) for name, count in pages.items() if name in view.release.category_urls)
    return (name for _, name in sorted(known))


def _values(view: View, name: str) -> Values:
    release = view.release
    return {
        "category.name": name,
        "category.url": release.category_urls[name],
        "category.image_url": release.category_pictures.get(name, ""),
    }


SLOT = Slot(
    "category",
    "The category explored most in this session",
    CATEGORY_HOLES,
    _explored_categories,
    _values,
    shows_item=False,
    is_offer=False,
)
