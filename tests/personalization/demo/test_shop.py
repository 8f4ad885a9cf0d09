import json
import re
from html import unescape

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from campaigns.coupons.tables import Coupon, Redemption
from personalization.demo.catalogue import PRODUCT_BY_KEY
from personalization.demo.site import WRITE_KEY
from segments.stored import pack
from sites import keys
from sites.models import Site
from sites.pseudonyms import visitor_of
from tests.answers import said
from tests.events import START, event, folded, page
from tracking.log.base import partition_of

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.personalization.demo.urls")]
KETTLE = "enamel-kettle-harrow"


def declared(response, event: str) -> dict:
    """The properties that a page declares for an event."""
    before, found, after = response.content.decode().partition(f'data-segue-view="{event}"')
    assert found, f"{event} is not declared"
    near = after[:3000] if after.startswith(" data-segue-properties") else before[-3000:]
    text = near.split('data-segue-properties="')[1 if after.startswith(" data") else -1].split('"')[0]
    return json.loads(unescape(text))


def test_a_price_filter_narrows_the_list_and_says_so(client):
    response = client.get(reverse("demo:category", args=["kitchen"]), {"max": "20", "sort": "cheapest"})

    prices = [product.price_minor for product in response.context["products"]]
    assert prices == sorted(prices)
    assert max(prices) <= 2000
    assert declared(response, "Price Filter Applied") == {"category": "Kitchen", "list_id": "kitchen", "max": 20}
    assert declared(response, "Product List Filtered")["sorts"] == [{"type": "price", "value": "asc"}]


def test_the_sale_strikes_out_what_a_product_cost_before_and_says_so(client):
    reduced, other = PRODUCT_BY_KEY["enamel-mug-harrow"], PRODUCT_BY_KEY[KETTLE]
    shelf = client.get(reverse("demo:category", args=["kitchen"]), {"sale": "1"})
    page = client.get(reverse("demo:product", args=[reduced.key]))

    assert reduced in shelf.context["products"] and other not in shelf.context["products"]
    for shown in (shelf, page, client.get(reverse("demo:home"))):
        assert "Sale" in said(shown)
    assert f"Before €{reduced.old_price} Now €{reduced.price}" in said(page)
    assert f'<s><span class="hidden">Before </span>€{reduced.old_price}</s>' in page.content.decode()
    assert "<s>" not in client.get(reverse("demo:product", args=[KETTLE])).content.decode().partition("More like")[0]


@pytest.mark.parametrize("nonsense", ["abc", "-5", "1e400", "nan", "∞", "٣"])
def test_a_senseless_price_is_no_filter(client, nonsense):
    response = client.get(reverse("demo:category", args=["kitchen"]), {"max": nonsense})

    assert response.status_code == 200
    assert len(response.context["products"]) in (0, 24)


@pytest.mark.parametrize("name", ["category", "product", "picture"])
def test_what_the_shop_does_not_have_is_not_found(client, name):
    assert client.get(reverse(f"demo:{name}", args=["nothing"])).status_code == 404


def test_an_addition_to_the_cart_is_told_once(client):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]), {"quantity": "3"})

    cart = client.get(reverse("demo:cart"))

    added = declared(cart, "Product Added")
    assert (added["product_id"], added["quantity"], added["price"]) == (KETTLE, 3, 41.9)
    assert declared(cart, "Cart Viewed")["value"] == 125.7
    # A cart that is told of before what was put into it would have it twice.
    told = re.findall('data-segue-view="(.*?)"', cart.content.decode())
    assert told.index("Product Added") < told.index("Cart Viewed")
    assert b"Product Added" not in client.get(reverse("demo:cart")).content


@pytest.mark.parametrize(
    ("given", "taken"),
    [("0", 1), ("-4", 1), ("many", 1), ("", 1), ("9999", 20), ("²", 1), pytest.param("9" * 5000, 1, id="endless")],
)
def test_a_quantity_stays_within_reason(client, given, taken):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]), {"quantity": given})

    assert client.session["cart"] == {KETTLE: taken}


def test_an_order_empties_the_cart_and_is_told_with_its_products(client):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]), {"quantity": "2"})

    placed = client.post(reverse("demo:checkout"), {"name": "A", "street": "B", "city": "C"}, follow=True)

    order = declared(placed, "Order Completed")
    assert order["total"] == 83.8
    assert [line["quantity"] for line in order["products"]] == [2]
    assert client.session["cart"] == {}


def test_a_missing_address_is_named(client):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))

    response = client.post(reverse("demo:checkout"), {"name": "A"})

    assert response.context["missing"] == ["street", "city"]
    assert client.session["cart"]


def test_four_products_stand_side_by_side(client):
    keys = [KETTLE, "copper-kettle-oltre", "stoneware-kettle-fernhill", "steel-kettle-kessel", "enamel-mug-harrow"]
    for key in keys:
        client.post(reverse("demo:change-comparison", args=[key]))

    assert client.session["compare"] == keys[1:]
    assert len(declared(client.get(reverse("demo:compare")), "Comparison Viewed")["products"]) == 4


def test_comparing_again_takes_the_product_away(client):
    for _ in range(2):
        client.post(reverse("demo:change-comparison", args=[KETTLE]))

    assert client.session["compare"] == []


def test_what_is_typed_cannot_break_out_of_the_page(client):
    response = client.get(reverse("demo:search"), {"q": "<script>alert(1)</script>"})

    assert b"<script>alert" not in response.content


def test_the_drawer_says_that_nothing_is_known_yet(client, redis_client):
    response = client.get(reverse("demo:me"), {"anonymousId": "nobody"})

    assert response.status_code == 200
    assert b"Nothing yet" in response.content


def test_the_drawer_knows_whoever_has_been_here(client, redis_client, site):
    Site.objects.filter(pk=site.pk).update(write_key=WRITE_KEY)
    visitor = visitor_of(site.salt, "anna")
    profile = folded(page(START, category="Kitchen"), event("Product Added", START + 1, properties={"product_id": "K"}))
    redis_client.set(keys.profile(partition_of(visitor, settings.LOG_PARTITIONS), visitor), pack(profile))

    response = client.get(reverse("demo:me"), {"anonymousId": "anna"})

    assert b"2 events so far" in response.content
    assert visitor[:8].encode() in response.content
    assert b"Nothing is published yet" in response.content


# --- coupons


@pytest.fixture
def opened(settings, tmp_path, redis_client):
    """The shop with its campaigns live."""
    settings.VAR_DIR, settings.DEMO = tmp_path, True
    call_command("demo", verbosity=0)


def test_a_code_of_the_live_release_reduces_the_price(client, opened):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]), {"quantity": "2"})

    cart = client.post(reverse("demo:change-coupon"), {"code": " save10 "}, follow=True)

    assert declared(cart, "Coupon Applied") == {"coupon": "SAVE10", "discount": 8.38}
    assert declared(cart, "Cart Viewed")["value"] == 75.42
    placed = client.post(reverse("demo:checkout"), {"name": "A", "street": "B", "city": "C"}, follow=True)
    order = declared(placed, "Order Completed")
    assert (order["total"], order["coupon"], order["discount"]) == (75.42, "SAVE10", 8.38)
    assert "code" not in client.session


@pytest.mark.parametrize("typed", ["SAVE99", "<script>", "x" * 5000])
def test_a_code_that_nobody_promised_is_refused_by_name(client, opened, typed):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))

    response = client.post(reverse("demo:change-coupon"), {"code": typed})

    assert response.context["refused"] == typed[:40]
    assert "There is no such code." in response.content.decode()
    assert b"<script>" not in response.content.split(b"Your cart")[1]
    assert response.context["basket"].total_minor == 4190


def test_a_code_counts_as_long_as_its_coupon_is_good_for_the_cart(client, opened):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))
    client.post(reverse("demo:change-coupon"), {"code": "SAVE10"})
    assert b"37.71" in client.get(reverse("demo:product", args=[KETTLE])).content
    Coupon.objects.filter(code="SAVE10").update(minimum_minor=5_000)

    cart = client.get(reverse("demo:cart"))

    assert cart.context["basket"].total_minor == 4190
    assert "orders of €50.00 and more" in cart.content.decode()
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))
    assert client.get(reverse("demo:cart")).context["basket"].total_minor == 7542
    assert client.post(reverse("demo:change-coupon"), follow=True).context["basket"].total_minor == 8380


@pytest.mark.parametrize(
    ("typed", "words"),
    [("summer25", "valid until"), ("five", "sign in first"), ("letter-1", "no such code")],
)
def test_a_refused_code_says_why(client, opened, typed, words):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))

    assert words in client.post(reverse("demo:change-coupon"), {"code": typed}).content.decode()


def test_an_order_redeems_its_code_for_who_orders(client, opened):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))
    client.post(reverse("demo:change-coupon"), {"code": "five", "anonymousId": "anna"})
    address = {"name": "A", "street": "B", "city": "C", "anonymousId": "anna"}
    client.post(reverse("demo:checkout"), address)

    [row] = Redemption.objects.all()
    assert (row.code, row.sum_minor, row.discount_minor) == ("FIVE", 4190, 500)
    assert row.visitor_id.hex == visitor_of(Site.objects.get().salt, "anna")
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))
    again = client.post(reverse("demo:change-coupon"), {"code": "FIVE", "anonymousId": "anna"})
    assert "as often as you may" in again.content.decode()


def test_who_comes_too_late_for_the_last_one_is_told_before_the_order_is_placed(client, opened):
    client.post(reverse("demo:add-to-cart", args=[KETTLE]))
    client.post(reverse("demo:change-coupon"), {"code": "SAVE10"})
    Coupon.objects.filter(code="SAVE10").update(archived=True)

    told = client.post(reverse("demo:checkout"), {"name": "A", "street": "B", "city": "C"})

    assert "no longer accepted. The order costs €41.90 without it" in told.content.decode()
    placed = client.post(reverse("demo:checkout"), {"name": "A", "street": "B", "city": "C"}, follow=True)
    assert "coupon" not in declared(placed, "Order Completed")


def test_the_drawer_says_why_there_is_nothing_to_know(client, redis_client, site):
    Site.objects.filter(pk=site.pk).update(write_key=WRITE_KEY)

    for consent, words in (("declined", "You declined."), ("unasked", "not been asked yet")):
        assert words in client.get(reverse("demo:me"), {"consent": consent}).content.decode()
