"""Why a condition holds for somebody, or not."""

import pytest
from hypothesis import given
from hypothesis import settings as limits

from segments.conditions import matches, validate
from segments.reasons import MAX_SHOWN, examine, findings_of
from tests.conditions import ATTRIBUTES, CONDITIONS, GROUPS

VIPS = {"vip": {"type": "condition", "condition": {"feature.orders_total": {"$gte": 5}}}}


@limits(max_examples=300, deadline=None)
@given(CONDITIONS, ATTRIBUTES)
def test_the_parts_hold_together_when_the_condition_does(condition, attributes):
    if not validate(condition, GROUPS):
        checks = examine(condition, attributes, GROUPS)

        assert all(check.holds for check in checks) is matches(condition, attributes, GROUPS)


@limits(max_examples=200, deadline=None)
@given(CONDITIONS, ATTRIBUTES)
def test_what_does_not_hold_says_what_must_be_and_what_holds_does_not(condition, attributes):
    if not validate(condition, GROUPS):
        for holds, words in findings_of(condition, attributes, GROUPS, "EUR"):
            asks = " must " in words or "nobody" in words or "no segment" in words

            assert asks is not holds, words


@pytest.mark.parametrize(
    ("condition", "attributes", "holds", "words"),
    [
        ({"context.device": "mobile"}, {"context.device": "mobile"}, True, "Device is “mobile”"),
        (
            {"feature.cart_value": {"$gt": 5000}},
            {"feature.cart_value": 8000},
            True,
            "Value of the cart is 80.00 EUR, which is more than 50.00 EUR",
        ),
        (
            {"feature.cart_value": {"$gt": 5000}},
            {"feature.cart_value": 2000},
            False,
            "Value of the cart is 20.00 EUR and must be more than 50.00 EUR",
        ),
        (
            {"context.country": {"$nin": ["DE", "AT"]}},
            {"context.country": "AT"},
            False,
            "Country is “AT” and must not be “DE” or “AT”",
        ),
        ({"visitor.trait.plan": {"$exists": True}}, {}, False, "Trait plan is unknown and must be known"),
        (
            {"$or": [{"context.device": "mobile"}, {"session.pages": {"$gte": 3}}]},
            {"context.device": "desktop", "session.pages": 3},
            True,
            "Pages this session is 3 pages, which is at least 3 pages",
        ),
        (
            {"$or": [{"context.device": "mobile"}, {"session.pages": {"$gte": 3}}]},
            {"context.device": "desktop", "session.pages": 1},
            False,
            "(Device is “desktop” and must be “mobile”) or (Pages this session is 1 page and must be at least 3 pages)",
        ),
        (
            {"$nor": [{"context.device": "mobile"}, {"session.pages": 1}]},
            {"context.device": "desktop", "session.pages": 1},
            False,
            "Pages this session is 1 page and must not be 1 page",
        ),
        (
            {"$not": {"context.device": "desktop", "session.pages": 1}},
            {"context.device": "desktop", "session.pages": 1},
            False,
            "(Device is “desktop” and must not be “desktop”) or (Pages this session is 1 page and must not be 1 page)",
        ),
        (
            {"$savedGroup": "vip"},
            {"feature.orders_total": 2},
            False,
            "segment “vip”: Orders ever is 2 orders and must be at least 5 orders",
        ),
        ({"$savedGroup": "gone"}, {}, False, "there is no segment “gone”"),
        ({"$nor": [{}]}, {}, False, "nobody"),
    ],
)
def test_says_what_was_there_and_what_would_have_to_be(condition, attributes, holds, words):
    assert findings_of(condition, attributes, VIPS, "EUR") == [(holds, words)]


def test_parts_come_in_the_order_in_which_they_are_written():
    reasons = findings_of({"a": 1, "$and": [{"b": 2}, {"c": {"$gt": 1, "$lt": 9}}]}, {"a": 1, "c": 5}, {}, "EUR")

    assert reasons == [
        (True, "a is 1"),
        (False, "b is unknown and must be 2"),
        (True, "c is 5, which is more than 1; c is 5, which is less than 9"),
    ]


def test_keeps_no_more_of_a_value_than_somebody_reads():
    (check,) = examine({"segment": {"$in": ["a"]}}, {"segment": [str(i) for i in range(99)]}, {})

    assert len(check.actual) == MAX_SHOWN
