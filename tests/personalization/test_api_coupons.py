"""What a shop's server does with coupons, by the API."""

import pytest
from rest_framework.test import APIClient

from campaigns.coupons.tables import Coupon, Redemption
from personalization.models import ApiToken
from tests.factories import make_site

pytestmark = pytest.mark.django_db
CART = {"code": "save10", "total_minor": 8_385, "delivery_minor": 490}


@pytest.fixture
def call(site, administrator):
    def with_scopes(*scopes, of_site=site):
        _, secret = ApiToken.issue(name="Shop", scopes=list(scopes), created_by=administrator, site=of_site)
        client = APIClient(headers={"Authorization": f"Bearer {secret}"})
        return lambda path, body, method="post": getattr(client, method)(f"/api/v1/coupons/{path}", body, format="json")

    return with_scopes


@pytest.fixture
def save10(site):
    return Coupon.objects.create(site=site, key="save10", name="Ten off", code="SAVE10", percent=10)


def test_a_cart_is_told_what_a_code_takes_off_or_why_it_does_not(call, save10):
    shop = call("redeem")

    good, refused = shop("check/", CART).json(), shop("check/", CART | {"currency": "usd"}).json()

    assert good == {
        "valid": True, "discount_minor": 839, "currency": "EUR", "coupon": save10.pk, "gives": "10 % off", "code": "", "detail": ""
    }  # fmt: skip
    assert (refused["valid"], refused["code"], refused["detail"]) == (
        False, "wrong_currency", "This code is for orders in EUR."
    )  # fmt: skip


def test_an_order_redeems_once_and_gives_back_once(call, save10):
    shop = call("redeem")
    Coupon.objects.update(limit=1)

    answers = [shop("redeem/", CART | {"order_id": order}) for order in ("1", "1", "2")]

    assert [answer.status_code for answer in answers] == [201, 200, 409]
    assert answers[0].json() == answers[1].json() and answers[0].json()["discount_minor"] == 839
    assert answers[2].json() == {"detail": "All of these coupons have been used.", "code": "used_up"}
    assert [shop("release/", {"order_id": "1"}).status_code for _ in range(2)] == [204, 204]
    assert shop("redeem/", CART | {"order_id": "2"}).status_code == 201
    assert Redemption.objects.count() == 2


def test_the_scope_of_a_shop_opens_nothing_else(call, save10):
    shop = call("redeem")

    assert shop(f"{save10.pk}/", {"percent": 90}, "patch").status_code == 403
    assert call("read", "write")("redeem/", CART | {"order_id": "1"}).status_code == 403


def test_a_token_of_one_site_redeems_there_alone(call, save10):
    other = make_site(write_key="wk_other")

    assert call("redeem")("check/", CART | {"site": other.pk}).status_code == 400
    assert call("redeem", of_site=None)("check/", CART).json() == {
        "site": ["Name the site: this token is for all of them."]
    }


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"total_minor": -1}, "total_minor"), ({"total_minor": 1.5}, "total_minor"), ({"order_id": ""}, "order_id")],
)
def test_bad_input_names_its_field(call, save10, changed, field):
    answer = call("redeem")("redeem/", CART | {"order_id": "1"} | changed)

    assert answer.status_code == 400 and list(answer.json()) == [field]


def test_codes_are_added_listed_and_handed_out(call, site):
    edit, shop = call("read", "write"), call("redeem")
    made = edit("", {"site": site.pk, "key": "letter", "name": "Letter", "percent": 20})
    path = f"{made.json()['id']}/"

    assert edit(f"{path}codes/", {"codes": ["a1", "A1", "b2"]}).json() == {"added": 2, "known": 0}
    assert edit(f"{path}codes/", {"pattern": "L-##", "number": 3}).json()["pattern"][0].startswith("Write # at least")
    assert [row["code"] for row in edit(f"{path}codes/", {}, "get").json()["results"]] == ["A1", "B2"]
    given = [shop(f"{path}give/", {"userId": who}) for who in ("ann", "ann", "ben", "cora")]
    assert [answer.status_code for answer in given] == [200, 200, 200, 409]
    assert [answer.json()["code"] for answer in given] == ["A1", "A1", "B2", "used_up"]
    assert shop(f"{path}give/", {}).json() == {"userId": ["Say who it is for: anonymousId or userId."]}


def test_what_the_pages_refuse_the_api_refuses(call, save10, site):
    edit = call("read", "write")

    again = edit("", {"site": site.pk, "key": "b", "name": "B", "percent": 5, "code": "save10"})
    empty = edit(f"{save10.pk}/", {"gives": "amount"}, "patch")

    assert again.json() == {"code": ["The coupon “Ten off” has this code."]}
    assert empty.json() == {"amount_minor": ["Say how much it takes off."]}
    call("redeem")("redeem/", CART | {"order_id": "1"})
    gone = edit(f"{save10.pk}/", {}, "delete")
    assert gone.status_code == 409 and gone.json()["code"] == "in_use"
