import json

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from recommendations.catalogue import Unreadable, import_items, read_rows, snapshot
from recommendations.models import Item
from tests.items import make_item

ROW = {
    "key": "p1",
    "name": "Trail Runner",
    "category": "Shoes",
    "price": "49.90",
    "url": "/p/p1",
    "image_url": "https://shop.example/p1.jpg",
}


def test_reads_csv_and_json_alike():
    text = 'key,name,category,price,url\np1,"Shoe, red",Shoes,49.90,/p/1\n'
    row = {"key": "p1", "name": "Shoe, red", "category": "Shoes", "price": "49.90", "url": "/p/1"}

    assert read_rows(text) == read_rows("\ufeff" + text) == read_rows(json.dumps([row]))


@pytest.mark.parametrize("text", ["[1, 2]", '{"key": "p1"}', "[{", 'key,name,category,url\n"p1,x', "[" * 100_000])
def test_says_when_a_file_holds_no_items(text):
    with pytest.raises(Unreadable):
        read_rows(text)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x", "shop.example/p"]
)
def test_a_form_takes_no_address_that_an_import_refuses(site, url):
    """Security finding C11."""
    item = Item(site=site, key="p1", name="Shoe", category="Shoes", price_minor=1, url=url)

    with pytest.raises(ValidationError, match="is no address"):
        item.full_clean()
    assert [fault.split(":")[0] for fault in import_items(site, [ROW | {"url": url}]).faults] == ["Row 1, url"]


def test_adds_updates_and_retires(site):
    import_items(site, [ROW, ROW | {"key": "p2"}])

    done = import_items(site, [ROW | {"price": 59}, ROW | {"key": "p3"}], replace=True)

    assert (done.created, done.updated, done.removed, done.faults) == (1, 1, 1, [])
    assert Item.objects.get(key="p1").price_minor == 5900
    assert not Item.objects.get(key="p2").available
    assert Item.objects.get(key="p1").currency == site.currency


def test_a_row_with_a_fault_is_not_taken_for_the_absence_of_its_item(site):
    """R08: 600 prices with a decimal comma emptied a catalogue."""
    rows = [ROW | {"key": f"p{number}"} for number in range(5)]
    import_items(site, rows)

    done = import_items(site, [row | {"price": "9,99"} for row in rows[:4]], replace=True)

    assert (done.created, done.updated, done.removed, len(done.faults)) == (0, 0, 1, 4)
    assert set(Item.objects.filter(available=False).values_list("key", flat=True)) == {"p4"}


@pytest.mark.parametrize("key", ["", None, "  "])
def test_where_a_row_names_no_item_none_is_withdrawn(site, key):
    """R08."""
    import_items(site, [ROW, ROW | {"key": "p2"}])

    done = import_items(site, [ROW | {"key": key}], replace=True)

    assert done.removed == 0
    assert "No item was withdrawn" in done.faults[-1]
    assert Item.objects.filter(available=True).count() == 2


@pytest.mark.parametrize(
    ("fields", "stored"),
    [
        ({"price": "1200", "currency": "JPY"}, (1200, "JPY")),
        ({"price": 1200.0, "currency": "jpy"}, (1200, "JPY")),
        ({"price": "25 000 000", "currency": "IDR"}, (2_500_000_000, "IDR")),
        ({"price": "1.234", "currency": "KWD"}, (1234, "KWD")),
        ({"price_minor": 1999, "price": "5"}, (1999, "EUR")),
        ({"price_minor": 1999.0, "currency": ""}, (1999, "EUR")),
    ],
)
def test_a_price_is_read_in_its_own_currency(site, fields, stored):
    assert import_items(site, [ROW | fields]).faults == []

    item = Item.objects.get()
    assert (item.price_minor, item.currency) == stored


@pytest.mark.parametrize(
    ("fields", "old_minor"),
    [
        ({"old_price": "59.90"}, 5990),
        ({"old_price_minor": 4991}, 4991),
        ({"old_price": "1300", "price": "1200", "currency": "JPY"}, 1300),
        ({"old_price": ""}, None),
        ({}, None),
    ],
)
def test_a_price_before_a_reduction_is_taken_in_and_ends_with_a_list_that_has_none(site, fields, old_minor):
    import_items(site, [ROW | {"old_price_minor": 9900}])

    assert import_items(site, [ROW | fields]).faults == []

    assert snapshot(site)[0]["old_price_minor"] == Item.objects.get().old_price_minor == old_minor


@pytest.mark.parametrize("old_minor", [0, 1989, 1990])
def test_no_door_takes_a_price_before_that_is_no_higher_than_the_price(site, old_minor):
    item = make_item(site, price_minor=1990)
    item.old_price_minor = old_minor

    with pytest.raises(ValidationError) as refused:
        item.full_clean()
    assert list(refused.value.message_dict) == ["old_price_minor"]
    assert "higher than the price, 19.90 EUR" in refused.value.message_dict["old_price_minor"][0]
    with pytest.raises(IntegrityError, match="item_old_price"):
        item.save()


@pytest.mark.parametrize(("typed", "currency"), [("", "JPY"), ("EUR", "EUR")])
def test_an_item_without_a_currency_has_the_sites(site, typed, currency):
    site.currency = "JPY"
    item = Item(site=site, key="p1", name="Shoe", category="Shoes", price_minor=1, url="/p", currency=typed)

    item.full_clean()

    assert item.currency == currency


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"key": ""}, "key"),
        ({"name": None}, "name"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "//evil.example"}, "url"),
        ({"image_url": 'https://x/"onerror="'}, "image_url"),
        ({"price": "cheap"}, "price"),
        ({"price": "nan"}, "price"),
        ({"price": "1e99"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.999"}, "price"),
        ({"price": None}, "price"),
        ({"price": True}, "price"),
        ({"price_minor": "19.5"}, "price"),
        ({"price_minor": "1e3"}, "price"),
        ({"price": "0.5", "currency": "JPY"}, "price"),
        ({"old_price": "49.90"}, "old_price"),
        ({"old_price": "49.89"}, "old_price"),
        ({"old_price": "much"}, "old_price"),
        ({"old_price_minor": "59.5"}, "old_price"),
        ({"old_price_minor": 10**13}, "old_price"),
        ({"currency": "€"}, "currency"),
        ({"currency": "euro"}, "currency"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_leaves_out_a_bad_row_and_names_row_and_field(site, fields, fault):
    done = import_items(site, [ROW, ROW | {"key": "p2"} | fields])

    assert done.created == 1
    assert [message.split(":")[0] for message in done.faults] == [f"Row 2, {fault}"]


def test_snapshot_holds_available_items_with_neighbours_in_one_query(site, django_assert_num_queries):
    rows = [ROW, ROW | {"key": "p2", "price": "39.90"}, ROW | {"key": "p3", "price": "44.90", "available": "no"}]
    import_items(site, rows)

    with django_assert_num_queries(1):
        items = snapshot(site)

    assert {item["key"]: item["near"] for item in items} == {
        "p1": {"related": ["p2"], "similar": ["p2"]},
        "p2": {"related": ["p1"]},
    }


@pytest.mark.parametrize(
    ("text", "missing"),
    [("", "key, name, category, url are missing"), ("key,name,url\np1,Mug,/p/1", "category is missing")],
)
def test_a_file_without_the_needed_columns_is_refused(text, missing):
    with pytest.raises(Unreadable, match=missing):
        read_rows(text)
