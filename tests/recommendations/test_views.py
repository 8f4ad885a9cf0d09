"""The catalogue, as editors keep it."""

import json
import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from recommendations.models import Item, ItemDay, OrderLine
from tests import factories
from tests.answers import said, text_of
from tests.items import make_item

CSV = "key,name,category,price,url\nK-1,Kettle,Kitchen,43.90,/p/K-1\nK-2,Pan,Kitchen,x,/p/K-2\n"
FIELDS = {
    "name": "Kettle",
    "key": "K-1",
    "category": "Kitchen",
    "price_minor": "43.90",
    "currency": "EUR",
    "url": "/p/K-1",
    "available": "on",
}


@pytest.fixture
def editor(client, db):
    client.force_login(factories.make_user("editor"))
    return client


def sell(site, key: str, quantity: int, days_ago: int = 1) -> None:
    at = timezone.now() - timedelta(days=days_ago)
    OrderLine.objects.create(
        site=site, order=uuid.uuid4(), key=key, at=at, quantity=quantity, revenue_minor=quantity * 1000
    )


def test_an_empty_catalogue_says_what_it_is_for_and_how_to_fill_it(editor, site):
    page = text_of(editor.get("/catalogue/"))

    assert "The catalogue is empty" in page
    assert "Import items" in page


def test_shows_each_item_with_price_and_what_it_sold(editor, site):
    make_item(site, "K-1", name="Kettle", price_minor=4390)
    make_item(site, "K-2", name="Pan", available=False)
    sell(site, "K-1", 3)
    sell(site, "K-1", 4, days_ago=31)
    ItemDay.objects.create(site=site, key="K-1", day=timezone.now().date(), views=12, carts=5)

    page = text_of(editor.get("/catalogue/"))

    assert "43.90 EUR" in page
    assert "3 sold for 30.00 EUR · 12 looks · 5 put into carts" in page
    assert "Withdrawn" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("text=kett", ["Kettle"]),
        ("text=ACME", ["Pan"]),
        ("category=Garden", ["Rake"]),
        ("available=no", ["Rake"]),
        ("available=picture", ["Kettle", "Rake"]),
        ("available=reduced", ["Pan"]),
        ("order=sold", ["Pan", "Kettle", "Rake"]),
        ("order=dear", ["Rake", "Pan", "Kettle"]),
        ("order=nonsense&text=%00", ["Kettle", "Pan", "Rake"]),
    ],
)
def test_finds_and_orders(editor, site, query, names):
    make_item(site, "K-1", name="Kettle", price_minor=100)
    make_item(site, "K-2", name="Pan", brand="Acme", price_minor=200, old_price_minor=300, image_url="/p.webp")
    make_item(site, "K-3", name="Rake", category="Garden", price_minor=300, available=False)
    make_item(factories.make_site(name="Other", domain="other.example", write_key="wk_other"), "K-4", name="Theirs")
    sell(site, "K-2", 2)
    sell(site, "K-1", 1)

    shown = editor.get(f"/catalogue/?site={site.pk}&{query}", follow=True).context["shown"]

    assert [each.item.name for each in shown] == names


def test_what_was_sold_is_found_in_few_queries_however_many_items_there_are(
    editor, site, django_assert_max_num_queries
):
    for number in range(30):
        make_item(site, f"K-{number}")
        sell(site, f"K-{number}", 1)

    with django_assert_max_num_queries(20):
        editor.get("/catalogue/")


def test_an_item_is_added_changed_and_deleted_with_entries_in_the_change_log(editor, site):
    editor.post("/catalogue/new/", FIELDS)
    item = Item.objects.get(site=site)
    assert (item.price_minor, item.currency, item.available) == (4390, "EUR", True)

    editor.post(f"/catalogue/{item.pk}/", FIELDS | {"price_minor": "39.90", "currency": "eur"})
    item.refresh_from_db()
    assert item.price_minor == 3990

    seen = editor.get(f"/catalogue/{item.pk}/").context["form"].seen
    client_may = editor.post(f"/catalogue/{item.pk}/delete", {"seen": seen})
    assert client_may.status_code in (302, 403)
    words = list(LogEntry.objects.order_by("id").values_list("change_message", flat=True))
    assert words[:2] == ["Added.", "Price: 43.90 EUR → 39.90 EUR."]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("price_minor", "4,39,0x", "is not an amount"),
        ("price_minor", "1.234", "smaller than a minor unit"),
        ("old_price_minor", "43.90", "must be higher than the price, 43.90 EUR"),
        ("old_price_minor", "cheap", "is not an amount"),
        ("url", "javascript:alert(1)", "is no address"),
        ("key", "K-2", "Another item has this product id"),
        ("currency", "EURO", "at most 3"),
        ("name", "", "required"),
    ],
)
def test_a_fault_is_told_at_its_field_and_what_was_typed_stays(editor, site, field, value, words):
    make_item(site, "K-2")

    answer = editor.post("/catalogue/new/", FIELDS | {field: value})

    assert words in str(answer.context["form"].errors[field])
    assert answer.context["form"]["category"].value() == "Kitchen"
    assert Item.objects.count() == 1


def test_an_amount_is_read_in_the_currency_beside_it(editor, site):
    editor.post("/catalogue/new/", FIELDS | {"currency": "JPY", "price_minor": "1200"})

    assert Item.objects.get().price_minor == 1200


def test_a_reduced_item_shows_both_prices_and_says_which_is_which(editor, site):
    editor.post("/catalogue/new/", FIELDS | {"old_price_minor": "59.90"})
    item = Item.objects.get()

    page = said(editor.get(f"/catalogue/{item.pk}/"))

    assert item.old_price_minor == 5990
    assert "Before 59.90 EUR Now 43.90 EUR Reduced by 27 %" in page
    assert "Before 59.90 EUR Now 43.90 EUR" in said(editor.get("/catalogue/"))
    editor.post(f"/catalogue/{item.pk}/", FIELDS | {"old_price_minor": ""})
    item.refresh_from_db()
    assert item.old_price_minor is None


def test_the_page_of_an_item_shows_its_neighbours_its_days_and_its_history(editor, site):
    item = make_item(site, "K-1", name="Kettle", price_minor=4000)
    make_item(site, "K-2", name="Press", price_minor=3000)
    ItemDay.objects.create(site=site, key="K-1", day=timezone.now().date(), views=7)

    page = text_of(editor.get(f"/catalogue/{item.pk}/"))

    assert "Costs less" in page
    assert "Press" in page
    assert "Looks a day" in page


def test_a_list_is_checked_without_a_change_and_then_imported(editor, site):
    file = SimpleUploadedFile("list.csv", CSV.encode(), "text/csv")

    page = text_of(checked := editor.post("/catalogue/import/", {"file": file, "check": "1"}))

    assert "Nothing has changed yet" in page
    assert "Row 2, price: “x” is not an amount" in page
    assert not Item.objects.exists()
    text = checked.context["form"].initial["text"]

    page = text_of(editor.post("/catalogue/import/", {"text": text}))

    assert "Imported" in page
    assert Item.objects.get().price_minor == 4390
    assert LogEntry.objects.get().change_message == "Catalogue imported: 1 item added, 0 updated, 0 retired, 1 fault."


def test_a_check_withdraws_nothing(editor, site):
    make_item(site, "K-9")

    text = CSV.splitlines(keepends=True)[0] + "K-1,A,B,1,/a"
    page = editor.post("/catalogue/import/", {"text": text, "replace": "on", "check": "1"})

    assert page.context["done"].removed == 1
    assert Item.objects.get().available


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({}, "text", "Choose a file, or paste its lines."),
        ({"text": "a,b\n1,2"}, "text", "The first line must name the columns"),
        ({"text": json.dumps({"a": 1})}, "text", "must be a list"),
        ({"file": SimpleUploadedFile("a.csv", b"key,\xff\xfe")}, "file", "not text in UTF-8"),
        ({"file": SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n")}, "file", "not text in UTF-8"),
    ],
)
def test_what_is_no_list_is_refused_in_words(editor, site, given, field, words):
    answer = editor.post("/catalogue/import/", given)

    assert words in str(answer.context["form"].errors[field])


def test_a_viewer_looks_and_changes_nothing(client, site):
    client.force_login(factories.make_user("viewer"))
    item = make_item(site)

    assert client.get("/catalogue/").status_code == client.get(f"/catalogue/{item.pk}/").status_code == 200
    assert client.post(f"/catalogue/{item.pk}/", FIELDS).status_code == 200
    assert client.get("/catalogue/import/").status_code == client.post("/catalogue/new/", FIELDS).status_code == 403
    item.refresh_from_db()
    assert item.name == "Item K-1"
