"""What is counted of items, each thing once."""

from datetime import date

import msgspec
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from recommendations.models import ItemDay, OrderLine
from recommendations.selling import lines_of, record
from tests.factories import make_site
from tests.items import make_item
from tracking.event import Entry, Event
from tracking.event_table import LoggedEvent, decode_entry
from tracking.log.base import encode_entry

AT = 1_780_000_000_000  # 2026-05-28 20:26:40 UTC: the 28th in Berlin, the 29th in Tokyo


def told(name: str, message: str = "m1", at: int = AT, **properties) -> Event:
    return Event(message, "track", name, at, at, properties=properties)


def store(site, *events: Event) -> None:
    entry = Entry(site.pk, "a" * 32, list(events))
    record(connection, [decode_entry(encode_entry(entry))], [])


def looked(site) -> list[tuple[str, date, int, int]]:
    return list(ItemDay.objects.filter(site=site).order_by("key", "day").values_list("key", "day", "views", "carts"))


def sold(site) -> list[tuple[str, int, int | None]]:
    return list(OrderLine.objects.filter(site=site).order_by("key").values_list("key", "quantity", "revenue_minor"))


def test_counts_looks_and_carts_by_the_day_of_the_site(db):
    site = make_site(time_zone="Asia/Tokyo")
    make_item(site, "K-1")

    store(site, told("Product Viewed", product_id="K-1"), told("Product Added", "m2", product_id="K-1", quantity=3))
    store(
        site,
        told("Product Viewed", "m3", product_id="K-1"),
        told("Product Viewed", "m4", AT - 6 * 3_600_000, sku="K-1"),
    )

    assert looked(site) == [("K-1", date(2026, 5, 28), 1, 0), ("K-1", date(2026, 5, 29), 2, 1)]


def test_an_item_that_nobody_sells_is_not_counted(site):
    store(
        site,
        told("Product Viewed", product_id="K-9"),
        told("Product Viewed", "m2"),
        told("Order Completed", "m3", order_id="1", products=[{"product_id": "K-9", "price": 5}]),
    )

    assert looked(site) == sold(site) == []


def test_an_order_told_twice_has_its_lines_once(site):
    make_item(site, "K-1")
    make_item(site, "K-2")
    products = [{"product_id": "K-1", "price": "9.90", "quantity": 2}, {"product_id": "K-2", "price": 5}]

    store(site, told("Order Completed", order_id=77, products=products))
    store(site, told("Order Completed", "m2", order_id="77", products=products[:1]))
    store(
        site, told("Order Completed", "m3", products=products[1:]), told("Order Completed", "m3", products=products[1:])
    )

    assert sold(site) == [("K-1", 2, 1980), ("K-2", 1, 500), ("K-2", 1, 500)]


def test_an_amount_in_another_currency_is_not_added(site):
    make_item(site, "K-1")

    store(site, told("Order Completed", order_id="1", currency="USD", products=[{"product_id": "K-1", "price": 9}]))

    assert sold(site) == [("K-1", 1, None)]


def test_events_of_a_site_that_is_gone_do_no_harm(site):
    item = make_item(site, "K-1")
    entry = Entry(site.pk + 1, "a" * 32, [told("Product Viewed", product_id=item.key)])

    record(connection, [decode_entry(encode_entry(entry))], [])

    assert not ItemDay.objects.exists()


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=2)
)
PRODUCT = st.one_of(ODD, st.dictionaries(st.sampled_from(["product_id", "sku", "price", "quantity", "currency"]), ODD))


@given(st.lists(PRODUCT, max_size=6), ODD)
def test_whatever_an_order_says_its_lines_can_be_stored(products, order_id):
    properties = msgspec.json.encode({"order_id": order_id, "products": products})
    event = LoggedEvent("m", "track", "Order Completed", AT, AT, properties=msgspec.Raw(properties))

    lines = list(lines_of(1, event, "EUR"))

    assert len({line.key for line in lines}) == len(lines)
    assert all(1 <= line.quantity < 2**31 and 0 <= (line.revenue or 0) < 2**63 for line in lines)
