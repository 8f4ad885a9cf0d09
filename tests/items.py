"""Items for tests."""

from recommendations.models import Item


def make_item(site, key: str = "K-1", **fields) -> Item:
    given = {
        "name": f"Item {key}",
        "category": "Kitchen",
        "price_minor": 1990,
        "currency": site.currency,
        "url": f"/p/{key}",
    }
    return Item.objects.create(site=site, key=key, **given | fields)
