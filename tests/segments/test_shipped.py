import pytest

from segments.attributes import Attributes
from segments.conditions import compile_condition
from segments.conditions.saved import saved_groups
from segments.models import Segment
from segments.profile import Profile
from segments.shipped import SHIPPED, install
from segments.state import SESSION_GAP_MS
from segments.vocabulary import faults_of
from sites.times import DAY_MS
from tests import factories
from tests.events import START, event, folded, page

TESTS = [(shipped.key, compile_condition(shipped.condition)) for shipped in SHIPPED]


def segments(profile, now=None):
    return set(Attributes(profile, profile.last_at if now is None else now, segments=TESTS)["segment"])


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.key)
def test_shipped_condition_is_sound_and_speaks_of_known_attributes(shipped):
    keys = {each.key for each in SHIPPED}

    assert faults_of(shipped.condition, saved_groups(SHIPPED), of_segment=True, segments=keys) == []


def dwell(seconds):
    return event("Page Dwell", START + 40_000, properties={"page_id": "a", "product_id": "K-1", "seconds": seconds})


def test_high_intent_begins_above_thirty_seconds_on_one_product():
    assert "high-intent-product-viewer" not in segments(folded(page(), dwell(30)))
    assert "high-intent-product-viewer" in segments(folded(page(), dwell(30.5)))


def test_three_pages_of_one_category_explore_it():
    pages = [
        page(START + n, category=category) for n, category in enumerate(["Kitchen", "Garden", "Kitchen", "Kitchen"])
    ]

    assert "category-explorer" not in segments(folded(*pages[:3]))
    assert "category-explorer" in segments(folded(*pages))


@pytest.mark.parametrize(
    "told",
    [
        event("Comparison Viewed"),
        event("Price Filter Applied", properties={"max": 50}),
        event("Product Added", properties={"product_id": "K-1", "price": 49.99}),
    ],
    ids=["compares", "filters", "cart below 50"],
)
def test_price_sensitive(told):
    assert "price-sensitive" in segments(folded(page(), told))


def test_expensive_cart_is_not_price_sensitive_nor_is_an_empty_one():
    assert "price-sensitive" not in segments(folded(page()))
    assert "price-sensitive" not in segments(
        folded(event("Product Added", properties={"product_id": "K-1", "price": 50}))
    )


def test_cart_is_abandoned_after_half_an_hour_without_an_order():
    added = event("Product Added", properties={"product_id": "K-1", "price": 50})
    ordered = event("Order Completed", START + 1, properties={"order_id": "A", "total": 50})

    assert "cart-abandoner" not in segments(folded(added))
    assert "cart-abandoner" in segments(folded(added), START + SESSION_GAP_MS)
    assert "cart-abandoner" not in segments(folded(added, ordered), START + SESSION_GAP_MS)


def test_more_than_five_orders_in_thirty_days_make_a_frequent_buyer():
    orders = [
        event("Order Completed", START + n * DAY_MS, properties={"order_id": str(n), "total": 5}) for n in range(6)
    ]

    assert "frequent-buyer" not in segments(folded(*orders[:5]))
    assert {"frequent-buyer", "converter"} <= segments(folded(*orders))
    assert "frequent-buyer" not in segments(folded(*orders), START + 40 * DAY_MS)


def test_frequent_browser_comes_back_without_ordering():
    visits = [page(START + n * DAY_MS) for n in range(5)]

    assert "frequent-browser" in segments(folded(*visits))
    assert "frequent-browser" not in segments(
        folded(*visits, event("Order Completed", START + 5 * DAY_MS, properties={"total": 1}))
    )


def test_new_visitor_is_new_until_the_second_session():
    assert "new-visitor" in segments(Profile(), START)
    assert "new-visitor" in segments(folded(page()))
    assert "new-visitor" not in segments(folded(page(), page(START + DAY_MS)))


def test_browser_looks_and_adds_nothing():
    views = [event("Product Viewed", START + n, properties={"product_id": f"K-{n}"}) for n in range(2)]

    assert "browser" in segments(folded(*views))
    assert "browser" not in segments(
        folded(*views, event("Product Added", START + 3, properties={"product_id": "K-1"}))
    )


def test_engaged_by_visible_time():
    assert "engaged" in segments(folded(page(), dwell(120)))
    assert "engaged" not in segments(folded(page(), dwell(119)))


@pytest.mark.django_db
def test_install_adds_ten_once_and_keeps_edits():
    site = factories.make_site()
    Segment.objects.filter(site=site).delete()
    assert install(site, factories.TESTER) == 10
    edited = Segment.objects.get(site=site, key="frequent-buyer")
    edited.condition = {"feature.orders_30d": {"$gt": 2}}
    edited.save()

    assert install(site, factories.TESTER) == 0
    edited.refresh_from_db()
    assert edited.condition == {"feature.orders_30d": {"$gt": 2}}
    assert edited.shipped
