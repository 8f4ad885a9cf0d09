from xml.etree import ElementTree

import pytest

from personalization.demo.catalogue import CATEGORIES, CURRENCY, PRODUCT_BY_KEY, PRODUCTS, with_words
from personalization.demo.pictures import picture
from recommendations.neighbors import KEPT, Priced, neighbors


def test_the_alternative_of_a_kettle_is_a_kettle_and_a_cheaper_one_is_cheaper():
    """A product without neighbours would leave the seeded rules that offer something else unfilled."""
    near = neighbors(
        Priced(product.key, product.category.key, product.price_minor, CURRENCY, product.name) for product in PRODUCTS
    )

    for product in PRODUCTS:
        assert len(near[product.key]["related"]) == KEPT
        for key in near[product.key].get("similar", ()):
            assert PRODUCT_BY_KEY[key].price_minor < product.price_minor
    kettles = [product for product in PRODUCTS if product.shape == "kettle"]
    for kettle in kettles:
        others = {other.key for other in kettles if other is not kettle}
        assert set(near[kettle.key]["related"][: len(others)]) == others
        assert set(near[kettle.key].get("similar", ())) <= others
    assert sum("similar" in near[product.key] for product in PRODUCTS) > len(PRODUCTS) * 0.7


def test_every_category_has_a_product_that_stands_for_it():
    assert all(PRODUCT_BY_KEY[category.emblem].category is category for category in CATEGORIES)


def test_keys_are_unique_and_fit_addresses():
    keys = [product.key for product in PRODUCTS]

    assert len(set(keys)) == len(keys)
    assert all(key.replace("-", "").isalnum() and key.isascii() for key in keys)


def test_is_the_same_every_time():
    product = PRODUCTS[0]

    assert (product.key, product.price_minor) == ("enamel-kettle-harrow", 4190)


def test_events_carry_the_price_in_major_units():
    assert PRODUCTS[0].properties["price"] == 41.9


def test_a_search_needs_every_word():
    assert {product.name for product in with_words("oak bookshelf")} == {"Oak Bookshelf"}
    assert with_words("  ") == []


@pytest.mark.parametrize("product", PRODUCTS[::7], ids=lambda product: product.key)
def test_draws_a_picture_of_every_product(product):
    drawing = ElementTree.fromstring(picture(product))

    assert drawing.get("viewBox") == "0 0 240 240"
    assert len(drawing) > 4
    assert "$" not in picture(product)


def test_no_two_products_of_a_shelf_look_the_same():
    pictures = {picture(product) for product in PRODUCTS}

    assert len(pictures) == len(PRODUCTS)
