import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.coupons.terms import AMOUNT, DELIVERY, GIVES, OTHER, PERCENT, REASONS, Cart, Terms, Used, judge, refuse
from segments.bounds import MOST_MINOR
from sites.money import major, to_minor

NOW = 1_790_000_000_000
HOUR = 3_600_000
amounts = st.integers(0, MOST_MINOR)
terms = st.builds(
    Terms,
    gives=st.sampled_from(list(GIVES)),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    percent=st.integers(0, 100),
    amount_minor=amounts,
    minimum_minor=amounts,
    limit=st.integers(0, 3),
    limit_per_visitor=st.integers(0, 3),
)
carts = st.builds(Cart, amounts, amounts)


@given(terms, carts, st.builds(Used, st.integers(0, 4), st.none() | st.integers(0, 4), st.booleans()))
def test_a_discount_is_never_negative_nor_above_the_sum_and_a_refusal_takes_nothing_off(coupon, cart, used):
    verdict = judge(coupon, cart, used, NOW)

    assert 0 <= verdict.discount_minor <= cart.sum_minor
    assert verdict.is_good or (verdict.discount_minor == 0 and verdict.words)


@given(amounts, st.integers(1, 100))
def test_a_yen_has_no_part(total, percent):
    off = judge(Terms(PERCENT, "JPY", percent=percent), Cart(total), Used(), NOW).discount_minor

    assert "." not in major(total - off, "JPY") and to_minor(major(off, "JPY"), "JPY") == off
    assert abs(off * 100 - total * percent) <= 50


@pytest.mark.parametrize(
    ("coupon", "cart", "off"),
    [
        (Terms(PERCENT, "EUR", percent=10), Cart(8_385), 839),  # half a cent counts as one
        (Terms(PERCENT, "EUR", percent=100), Cart(8_385, 490), 8_385),
        (Terms(AMOUNT, "EUR", amount_minor=500), Cart(8_385), 500),
        (Terms(AMOUNT, "EUR", amount_minor=500), Cart(300, 490), 300),
        (Terms(DELIVERY, "EUR"), Cart(8_385, 490), 490),
        (Terms(OTHER, "EUR"), Cart(8_385, 490), 0),
    ],
)
def test_takes_off_what_it_gives(coupon, cart, off):
    assert judge(coupon, cart, Used(), NOW).discount_minor == off


@pytest.mark.parametrize(
    ("changed", "cart", "used", "reason", "words"),
    [
        ({"is_archived": True}, Cart(9), Used(), "withdrawn", "no longer accepted"),
        ({"begins": NOW + 1, "time_zone": "Europe/Berlin"}, Cart(9), Used(), "not_begun", "from 21 September 2026, 16:13 on"),
        ({"ends": NOW}, Cart(9), Used(), "over", "until 21 September 2026, 14:13"),
        ({}, Cart(9, 0, "USD"), Used(), "wrong_currency", "in EUR"),
        ({}, Cart(9), Used(is_code_used=True), "code_used", "has been used"),
        ({"limit": 2}, Cart(9), Used(in_all=2), "used_up", "All of these"),
        ({"minimum_minor": 4_000}, Cart(3_999), Used(), "below_minimum", "€40.00 and more"),
        ({"limit_per_visitor": 1}, Cart(9), Used(), "visitor_needed", "sign in"),
        ({"limit_per_visitor": 1}, Cart(9), Used(by_visitor=1), "visitor_limit", "as often as you may"),
    ],
)  # fmt: skip
def test_a_refusal_says_why_to_programs_and_to_people(changed, cart, used, reason, words):
    verdict = judge(Terms(PERCENT, "EUR", percent=10, **changed), cart, used, NOW)

    assert verdict.reason == reason and words in verdict.words


def test_it_is_good_from_its_first_moment_until_just_before_its_last():
    coupon = Terms(PERCENT, "EUR", percent=10, begins=NOW, ends=NOW + HOUR)

    assert [judge(coupon, Cart(9), Used(), at).is_good for at in (NOW - 1, NOW, NOW + HOUR - 1, NOW + HOUR)] == [
        False, True, True, False
    ]  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_can_be_said(reason):
    coupon = Terms(PERCENT, "EUR", begins=NOW, ends=NOW, minimum_minor=5)

    assert "{" not in refuse(reason, coupon).words
