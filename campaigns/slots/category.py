"""Which category does the visitor explore?"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from campaigns.slots.base import CATEGORY_HOLES, Slot, Values, View
from segments.features import current


def _explored_categories(view: View) -> Iterator[str]:
    """Most pages in this session first; equal ones by name, so that the answer does not depend on the order of
    arrival. Not the one whose page is open: there is nothing to lead to."""
    pages, addresses, path = (
        current(view.profile, view.now).categories,
        view.release.category_urls,
        view.context.get("path"),
    )
    known = ((-count, name) for name, count in pages.items() if name in addresses)
    return (name for _, name in sorted(known) if not path or urlsplit(addresses[name]).path != path)


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
