"""What is missing from an event about products or an order, so that campaigns could use all of it? Pure."""

from collections.abc import Collection
from typing import Any, NamedTuple

from segments.bounds import ORDER_ID
from segments.effects.reading import as_id, price_of, product_id, products_of, worth_of


class Want(NamedTuple):
    """An event that a shop should send."""

    event: str
    title: str
    needed_for: str
    example: str  # what the page calls, for whoever builds it


ORDER = "Order Completed"
WANTED = [
    Want(
        "Product Viewed",
        "Products looked at",
        "Offers of the same product, interest in a category, and results by product.",
        'segue.track("Product Viewed", {product_id: "sku-1", name: "Kettle", category: "Kitchen", price: 39.9});',
    ),
    Want(
        "Product Added",
        "Products put into the cart",
        "Carts that were left behind, and what is in them.",
        'segue.track("Product Added", {product_id: "sku-1", price: 39.9, quantity: 1});',
    ),
    Want(
        ORDER,
        "Orders",
        "Conversions, revenue, and segments of buyers.",
        'segue.track("Order Completed", {order_id: "1001", total: 39.9,'
        ' products: [{product_id: "sku-1", price: 39.9, quantity: 1}]});',
    ),
]


def faults_of(event: str, properties: dict[str, Any], currency: str, catalogue: Collection[str] | None) -> list[str]:
    """In words of a closed set, so that they can be counted. `catalogue`: the product ids that there are; None: there
    is no catalogue to compare with. `currency` is the site's."""
    return (_of_order if event == ORDER else _of_product)(properties, currency, catalogue)


def _of_order(properties: dict[str, Any], currency: str, catalogue: Collection[str] | None) -> list[str]:
    found, lines = [], products_of(properties)
    if not as_id(properties.get("order_id"), ORDER_ID):
        found.append("no order_id: the same order told twice counts twice")
    if worth_of(properties, currency) is None:
        found.append(f"no total that can be read in {currency}: it counts, and is worth nothing")
    if not lines:
        found.append("no products: nothing counts as sold")
    elif not all(map(product_id, lines)):
        found.append("a product without product_id: it does not count as sold")
    elif catalogue is not None and not all(product_id(line) in catalogue for line in lines):
        found.append("a product_id that the catalogue does not have")
    return found


def _of_product(properties: dict[str, Any], currency: str, catalogue: Collection[str] | None) -> list[str]:
    found, key = [], product_id(properties)
    if not key:
        found.append("no product_id: which product it was is not known")
    elif catalogue is not None and key not in catalogue:
        found.append("a product_id that the catalogue does not have")
    if price_of(properties, properties, currency) is None:
        found.append(f"no price that can be read in {currency}")
    return found
