import csv
import importlib
import re
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.utils import timezone

from campaigns.coupons.redeeming import buyer_of, redeem
from campaigns.coupons.tables import Coupon, CouponCode
from campaigns.coupons.terms import Cart
from campaigns.models import AdVariant
from sites.times import now_ms

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def letter(site) -> Coupon:
    return Coupon.objects.create(site=site, key="letter", name="Letter", percent=20)


def sale(save10) -> AdVariant:
    return AdVariant.objects.create(site=save10.site, key="sale", name="Sale", headline="Sale", coupon=save10)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_list_says_what_each_gives_and_what_came_of_it(browser, save10):
    sale(save10)
    redeem(save10.site, "SAVE10", "1", Cart(5_000), buyer_of(save10.site, "anna"), now_ms())

    shown = text_of(browser.get("/coupons/"))

    assert "10 % off" in shown and "no limit" in shown and "45.00 EUR" in shown and "Sale" in shown
    assert "Ten off" in text_of(browser.get("/coupons/?text=save"))
    assert "None like that" in text_of(browser.get("/coupons/?text=nothing"))


def test_an_empty_list_leads_on(browser, site):
    assert "Create the first" in text_of(browser.get("/coupons/"))


def test_a_coupon_is_made_with_moments_of_the_sites_clocks_and_amounts_of_its_currency(browser, site):
    site.time_zone, site.currency = "Asia/Tokyo", "JPY"
    site.save()
    typed = {
        "name": "Five",
        "gives": "amount",
        "amount_minor": "500",
        "code": " five ",
        "starts_at": "2026-12-01T09:00",
    }

    assert browser.post("/coupons/new/", typed).status_code == 302

    row = Coupon.objects.get()
    assert (row.code, row.key, row.amount_minor) == ("FIVE", "five", 500)
    assert row.starts_at.isoformat() == "2026-12-01T00:00:00+00:00"
    assert 'value="2026-12-01T09:00:00"' in text_of(browser.get(f"/coupons/{row.pk}/"))
    refused = text_of(browser.post("/coupons/new/", typed | {"amount_minor": "4.5", "code": "other"}))
    assert "has a part smaller than a minor unit of JPY" in refused and 'value="other"' in refused


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"percent": ""}, "Say how many per cent"),
        ({"percent": "101"}, "less than or equal to 100"),
        ({"gives": "amount"}, "Say how much it takes off"),
        ({"code": "a,b"}, "without commas"),
        ({"code": "A1"}, "The coupon “Letter” has this code."),
        ({"code": "taken"}, "The coupon “Taken” has this code."),
        ({"starts_at": "2026-12-02T09:00", "ends_at": "2026-12-01T09:00"}, "It must end after it starts"),
        ({"limit": "0"}, "greater than or equal to 1"),
    ],
)
def test_bad_input_is_told_at_its_field_and_nothing_typed_is_lost(browser, site, letter, changed, words):
    Coupon.objects.create(site=site, key="taken", name="Taken", code="TAKEN", percent=5)
    CouponCode.objects.create(site=site, coupon=letter, code="A1")

    told = text_of(browser.post("/coupons/new/", {"name": "My own", "gives": "percent", "percent": "5"} | changed))

    assert words in told and 'value="My own"' in told
    assert Coupon.objects.count() == 2


def test_codes_come_by_paste_file_and_pattern(browser, letter):
    add = f"/coupons/{letter.pk}/codes"

    assert "2 codes added." in text_of(browser.post(add, {"listed": "a1\nB2"}, follow=True))
    file = BytesIO(b"code;made\nB2;x\nC3;y\n")
    file.name = "codes.csv"
    assert "1 code added. 1 code of the list were there" in text_of(browser.post(add, {"file": file}, follow=True))
    browser.post(add, {"pattern": "NEW-########", "number": "7"})

    assert letter.codes.filter(code__startswith="NEW-").count() == 7 and letter.codes.count() == 10
    for typed, words in (
        ({}, "one of the three"),
        ({"pattern": "N-##", "number": "7"}, "codes could be guessed"),
        ({"pattern": "N-########"}, "Say how many"),
        ({"listed": "x" * 41}, "at most 40 characters"),
        ({"file": BytesIO(b"\xff\xfe\x00")}, "no text in UTF-8"),
    ):
        assert words in text_of(browser.post(add, typed)), typed


def test_codes_and_redemptions_are_files_with_times_of_the_site(browser, letter):
    CouponCode.objects.create(site=letter.site, coupon=letter, code="=A1")
    redeem(letter.site, "=A1", "D-1", Cart(5_000), buyer_of(letter.site), now_ms())

    codes, redemptions = (
        list(csv.DictReader(browser.get(f"/coupons/{letter.pk}/{name}.csv").content.decode().splitlines()))
        for name in ("codes", "redemptions")
    )

    assert codes == [{"code": "'=A1", "given_at": "", "order_id": "D-1"}]
    assert [redemptions[0][name] for name in ("order_id", "sum", "discount", "paid", "currency")] == [
        "D-1", "50.00", "10.00", "40.00", "EUR"
    ]  # fmt: skip


def test_what_is_used_is_neither_archived_nor_deleted(browser, save10, letter):
    shown = sale(save10)
    redeem(letter.site, "x", "1", Cart(1), buyer_of(letter.site), now_ms())

    archived = text_of(browser.post(f"/coupons/{save10.pk}/archive", follow=True))
    deleted = text_of(browser.post(f"/coupons/{save10.pk}/delete", follow=True))

    assert "Creatives show its code: “Sale”." in archived and "Creatives name it: “Sale”." in deleted
    shown.coupon = None
    shown.save()
    redeem(save10.site, "save10", "2", Cart(1_000), buyer_of(save10.site), now_ms())
    assert "Archive it instead" in text_of(browser.post(f"/coupons/{save10.pk}/delete", follow=True))
    assert "no order redeems it any more" in text_of(browser.post(f"/coupons/{save10.pk}/archive", follow=True))
    assert "is gone" in text_of(browser.post(f"/coupons/{letter.pk}/delete", follow=True))


def test_a_viewer_looks_and_changes_nothing(client, viewer, save10):
    client.force_login(viewer)

    assert "Ten off" in text_of(client.get(f"/coupons/{save10.pk}/"))
    assert "Your role may look at this" in text_of(client.post(f"/coupons/{save10.pk}/", {"name": "X"}))
    assert client.post(f"/coupons/{save10.pk}/archive").status_code == 403


def test_a_creative_chooses_among_coupons_with_a_code_for_everybody(browser, save10, letter):
    page = text_of(browser.get("/campaigns/variants/new/"))

    assert "SAVE10: 10 % off (Ten off)" in page and "Letter" not in page
    typed = {"name": "Sale", "headline": "{discount} off with {coupon}", "template": "hero", "coupon": save10.pk}
    browser.post("/campaigns/variants/new/", typed)
    assert AdVariant.objects.get().code == "SAVE10"
    shown = browser.post("/campaigns/variants/preview", typed).content.decode()
    assert "10% off with SAVE10" in shown


def test_codes_that_were_typed_become_coupons(site):
    migration = importlib.import_module("campaigns.migrations.0013_coupons_of_typed_codes")
    rows = [
        SimpleNamespace(
            site_id=site.pk, typed_coupon=code, discount_percent=percent, coupon=None, save=lambda **_: None
        )
        for code, percent in (("Save10", 10), ("SAVE10 ", None), ("GIFT", None))
    ]
    made = SimpleNamespace(objects=SimpleNamespace(exclude=lambda **_: SimpleNamespace(order_by=lambda _: rows)))

    migration.make(SimpleNamespace(get_model=lambda _, name: {"AdVariant": made, "Coupon": Coupon}[name]), None)

    found = Coupon.objects.order_by("id").values_list("key", "code", "gives", "percent")
    assert list(found) == [("save10", "SAVE10", "percent", 10), ("gift", "GIFT", "other", None)]
    assert [row.coupon.code for row in rows] == ["SAVE10", "SAVE10", "GIFT"]


def test_a_coupon_that_is_over_is_said_to_be(browser, save10):
    Coupon.objects.update(ends_at=timezone.now())

    assert "Over" in text_of(browser.get("/coupons/"))
