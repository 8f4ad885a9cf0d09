from math import hypot, isfinite

import pytest

from segments.features import FEATURES, vector
from segments.profile import Profile, fold
from segments.state import SESSION_GAP_MS
from sites.times import DAY_MS
from tests.events import BUSY, NOW, START, event, folded, page

NUMBERS = [name for name, feature in FEATURES.items() if feature.unit != "text"]


def value(name, profile, now=NOW):
    return FEATURES[name].compute(profile, now)


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_says_what_it_is_in_words_that_marketers_read(feature):
    assert feature.sentence.endswith(".") and len(feature.sentence) > 20
    assert feature.title
    assert feature.unit == "text" or feature.low < feature.high


@pytest.mark.parametrize("profile", [Profile(), folded(*BUSY)], ids=["nobody", "busy"])
@pytest.mark.parametrize("now", [NOW, NOW + SESSION_GAP_MS, NOW + 29 * DAY_MS])
def test_every_number_lies_in_its_range(profile, now):
    row = vector(profile, now, NUMBERS)

    assert all(isfinite(number) for number in row)
    assert all(
        FEATURES[name].low - 1e-9 <= number <= FEATURES[name].high for name, number in zip(NUMBERS, row, strict=True)
    )


def test_cancelling_every_order_leaves_no_less_than_nothing():
    """A model learns on a log scale, so one visitor below 0 would end the training of all."""
    names = ["Order Completed", "Order Completed", "Order Cancelled", "Order Cancelled"]
    orders = [
        event(name, START + hours * 3_600_000, properties={"order_id": order, "total": 1})
        for name, order, hours in zip(names, "abab", (0, 1, 2, 2), strict=True)
    ]

    assert all(
        value(name, folded(*orders), START + 2 * 3_600_000) >= 0
        for name in ("orders_recent", "orders_30d", "revenue_total")
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pages_viewed", 3),
        ("categories_viewed", 2),
        ("category_pages", 2),
        ("session_category", "Kitchen"),
        ("longest_product_seconds", 31.5),
        ("product_seconds", 31.5),
        ("products_viewed", 2),
        ("distinct_products", 2),
        ("average_price_viewed", 3000),
        ("scroll_depth", 80),
        ("pointer_activity", 42),
        ("internal_clicks", 1),
        ("searches", 1),
        ("last_search", "kettle"),
        ("price_filters", 1),
        ("comparison_pages", 1),
        ("form_activity", 1),
        ("cart_adds", 1),
        ("cart_items", 2),
        ("cart_value", 8000),
        ("cart_idle_minutes", 0),
        ("average_price_added", 4000),
        ("average_cart_value", 8000),
        ("average_order_value", None),
        ("session_minutes", 2),
        ("sessions_total", 1),
        ("is_new", 1),
        ("days_since_last_visit", None),
        ("channel", "direct"),
    ],
)
def test_computes(name, expected):
    assert value(name, folded(*BUSY)) == expected


def test_features_of_the_session_end_with_it():
    profile = folded(*BUSY)

    later = NOW + SESSION_GAP_MS

    assert value("pages_viewed", profile, later) == 0
    assert value("longest_product_seconds", profile, later) == 0
    assert value("pages_total", profile, later) == 3


def test_cart_left_behind_shows_before_the_next_event():
    profile = folded(*BUSY)

    assert value("cart_abandonments", profile, NOW) == 0
    assert value("cart_abandonments", profile, NOW + SESSION_GAP_MS) == 1
    fold(profile, page(NOW + DAY_MS))
    assert value("cart_abandonments", profile, NOW + DAY_MS) == 1


def test_orders_count_in_their_thirty_days():
    profile = folded(
        *[
            event("Order Completed", START + n * 10 * DAY_MS, properties={"order_id": str(n), "total": 10})
            for n in range(5)
        ]
    )

    now = START + 41 * DAY_MS

    assert value("orders_30d", profile, now) == 3
    assert value("revenue_30d", profile, now) == 3000
    assert value("average_order_value", profile, now) == 1000
    assert value("days_since_order", profile, now) == pytest.approx(1)


def test_fading_feature_halves_in_its_half_life():
    profile = folded(*BUSY)

    for name, days in (("pages_recent", 7), ("cart_adds_recent", 7), ("sessions_recent", 30)):
        assert FEATURES[name].half_life == days
        assert value(name, profile, NOW + days * DAY_MS) == pytest.approx(value(name, profile, NOW) / 2)


def test_time_of_day_lies_on_a_circle_where_midnight_meets_itself():
    midnight = START // DAY_MS * DAY_MS

    for now in range(midnight, midnight + DAY_MS, DAY_MS // 7):
        assert hypot(value("hour_sin", Profile(), now), value("hour_cos", Profile(), now)) == pytest.approx(1)
    assert value("hour_sin", Profile(), midnight + DAY_MS // 4) == pytest.approx(1)
    assert value("weekday_cos", Profile(), 4 * DAY_MS) == pytest.approx(1)  # 1970-01-05 was a Monday


def test_model_reads_the_missing_value_and_refuses_words():
    assert vector(Profile(), NOW, ["days_since_order", "average_order_value"]) == [400.0, 0.0]
    with pytest.raises(ValueError):
        vector(folded(*BUSY), NOW, ["channel"])
    with pytest.raises(KeyError):
        vector(Profile(), NOW, ["no_such_feature"])
