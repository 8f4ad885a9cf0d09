"""What does a creative look like, where nothing that it carries can do harm? A document for a sandboxed frame, with
values from the site's own catalogue."""

from typing import Any

from campaigns import drafts
from campaigns.holes import EXAMPLES
from campaigns.layouts import ROW_ITEMS
from campaigns.looks import PLAIN, Look
from campaigns.media.fields import item_hole
from campaigns.models import AdVariant
from campaigns.slots import Values
from campaigns.slots.base import prices_of
from campaigns.variants import preview
from sites.models import Site
from sites.money import with_symbol

GROUNDS = {"light": "#fff", "dark": "#12161c"}
# The frame is sandboxed besides: no scripts, no forms, an origin of its own.
DOCUMENT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Preview</title>
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src * data:">
<base target="_blank"><style>:root{{color-scheme:{scheme};background:{ground}}}body{{margin:0;font:16px/1.5
system-ui,sans-serif}}{more}</style></head><body>{html}</body></html>"""


def document(
    variant: AdVariant,
    values: Values | None = None,
    look: Look = PLAIN,
    *,
    scheme: str = "light",
    more: str = "",
    language: str = "",
) -> str:
    """With examples in the holes where no values are given; `more` are rules for the document around it."""
    return framed(preview(variant, values, look, language), scheme=scheme, more=more)


def framed(html: str, *, scheme: str = "light", more: str = "") -> str:
    """A document around what a creative is on a page. `scheme` is a key of GROUNDS."""
    return DOCUMENT.format(scheme=scheme, ground=GROUNDS[scheme], more=more, html=html)


def examples(site: Site, discount: int = 0) -> Values:
    """By hole, what the first items of the catalogue with a picture would put there; made-up ones where there are too
    few. One query."""
    values = dict(EXAMPLES)
    rows = _items(site)
    if len(rows) < ROW_ITEMS:
        return values
    for number, row in enumerate(rows, 1):
        values |= {item_hole(number, name): value for name, value in _of_item(row, discount).items()}
    cart = sum(row.price_minor for row in rows[:2])
    category = {
        "category.name": rows[0].category,
        "category.url": rows[0].category_url,
        "category.image_url": rows[0].image_url,
    }
    return values | category | {"cart.count": "2", "cart.value": with_symbol(cart, site.currency)}


def _items(site: Site) -> list[Any]:
    table = drafts.item_table()
    if table is None:
        return []
    shown = table._default_manager.filter(site=site, available=True).exclude(image_url="")
    return list(shown.order_by("id")[:ROW_ITEMS])


def _of_item(item: Any, discount: int) -> Values:
    prices = {name.removeprefix("item."): value for name, value in prices_of(item, discount).items()}
    return {"name": item.name, **prices, "url": item.url, "image_url": item.image_url}
