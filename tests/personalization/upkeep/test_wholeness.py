"""What is missing from an event is told in words that can be counted."""

import pytest

from personalization.upkeep.wholeness import WANTED, faults_of

WHOLE = {"product_id": "sku-1", "price": 39.9}
ORDERED = {"order_id": "1001", "total": 39.9, "products": [WHOLE]}


@pytest.mark.parametrize(
    ("event", "properties", "words"),
    [
        ("Product Viewed", WHOLE, []),
        ("Product Viewed", {"sku": 17, "price": "39,90"}, ["catalogue"]),
        ("Product Added", {"price": 39.9}, ["no product_id"]),
        ("Product Added", WHOLE | {"currency": "USD"}, ["no price that can be read in EUR"]),
        ("Order Completed", ORDERED, []),
        ("Order Completed", {}, ["no order_id", "no total", "no products"]),
        ("Order Completed", ORDERED | {"total": "1.234", "products": [{"name": "Kettle"}]}, ["no total", "a product without"]),
        ("Order Completed", ORDERED | {"products": [{"product_id": "gone"}]}, ["catalogue"]),
    ],
)  # fmt: skip
def test_each_missing_part_is_told(event, properties, words):
    found = faults_of(event, properties, "EUR", {"sku-1"})

    assert len(found) == len(words)
    assert all(word in fault for word, fault in zip(words, found, strict=True))


def test_without_a_catalogue_nothing_is_compared_with_it():
    assert faults_of("Product Viewed", WHOLE | {"product_id": "other"}, "EUR", None) == []


def test_the_examples_are_whole_themselves():
    assert [want.event for want in WANTED if want.event not in want.example] == []
