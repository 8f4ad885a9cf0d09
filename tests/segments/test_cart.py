"""What is in the cart, by what was told of it and when it happened."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.bounds import MAX_LINES
from segments.features import FEATURES
from segments.profile import Profile, decode, encode, merge
from segments.state import Line
from sites.times import DAY_MS
from tests.events import MINUTE, START, copied, event, folded


def added(product="K-1", at=START, **properties):
    return event("Product Added", at, message_id=f"{product}-{at}", properties={"product_id": product} | properties)


def viewed(*products, at=START):
    return event("Cart Viewed", at, properties={"products": list(products)})


def ordered(at=START, order_id="A-1"):
    return event("Order Completed", at, properties={"order_id": order_id, "total": 80})


def cart_of(profile):
    return FEATURES["cart_items"].compute(profile, START), FEATURES["cart_value"].compute(profile, START)


def test_a_line_of_no_units_is_no_line():
    """ingest-zero-is-a-value-2"""
    profile = folded(
        viewed({"product_id": "x", "price": 20, "quantity": 0}, {"product_id": "y", "price": 5, "quantity": 1})
    )

    assert cart_of(profile) == (1, 500)
    assert folded(added(quantity=0, price=5)).cart == {}


def test_two_sizes_of_one_product_add_up():
    """ingest-same-product-twice-1"""
    small = {"product_id": "K", "price": 10, "quantity": 1, "variant": "S"}
    medium = {"product_id": "K", "price": 12, "quantity": 2, "variant": "M"}

    assert cart_of(folded(viewed(small, medium))) == (3, 3400)
    assert cart_of(folded(*(event("Product Added", properties=line) for line in (small, medium)))) == (3, 3400)


def test_units_are_removed_at_their_price_else_at_the_mean():
    """ingest-same-product-twice-1"""
    lines = viewed({"product_id": "K", "price": 10}, {"product_id": "K", "price": 12, "quantity": 2})

    def removed(**properties):
        return event("Product Removed", properties={"product_id": "K"} | properties)

    assert cart_of(folded(lines, removed(quantity=1, price=10))) == (2, 2400)
    assert cart_of(folded(lines, removed(quantity=1))) == (2, 2267)
    assert cart_of(folded(lines, removed(quantity=1, price=99))) == (2, 0)
    assert cart_of(folded(lines, removed())) == (0, 0)


def test_a_product_with_a_long_number_is_a_product():
    """ingest-ids-that-are-not-read-2"""
    assert list(folded(added(4_567_890_123_456_789, price=5)).cart) == ["4567890123456789"]


def test_a_cart_of_many_lines_is_worth_all_of_them():
    """ingest-twenty-lines-1: the bound on what is remembered is none on the sum"""
    lines = [{"product_id": f"L{number}", "price": 10, "quantity": 1} for number in range(50)]

    assert cart_of(folded(viewed(*lines))) == (50, 50_000)
    assert cart_of(folded(*(added(**line, product=line.pop("product_id")) for line in lines))) == (50, 50_000)


def test_a_price_in_another_currency_is_not_added():
    """ingest-currencies-1"""
    foreign = event(
        "Product Added", properties={"product_id": "K", "price": 100, "currency": "USD"}, context={"currency": "EUR"}
    )

    assert cart_of(folded(foreign)) == (1, 0)


def test_an_old_order_told_late_leaves_the_cart_of_today():
    """ingest-late-event-changes-the-present-1"""
    profile = folded(added(price=39.9), ordered(START - 10 * DAY_MS))

    assert cart_of(profile) == (1, 3990)
    assert profile.orders == 1
    assert profile.cart_at == START


def test_what_was_put_into_a_cart_before_it_was_ordered_is_not_in_the_next_one():
    """ingest-late-event-changes-the-present-1"""
    profile = folded(ordered(), added("K-1", START - MINUTE), added("K-2", START + MINUTE))

    assert list(profile.cart) == ["K-2"]
    assert profile.added == 2


def test_a_late_order_empties_the_cart_of_its_time():
    """ingest-late-event-changes-the-present-1"""
    profile = folded(added("K-1", START), added("K-2", START + 2 * MINUTE), ordered(START + MINUTE))

    assert list(profile.cart) == ["K-2"]


def test_a_late_view_of_the_cart_is_of_its_time():
    """ingest-late-event-changes-the-present-1"""
    profile = folded(ordered(), viewed({"product_id": "K-1", "price": 5}, at=START - MINUTE))

    assert profile.cart == {}


def test_a_thank_you_page_opened_again_leaves_the_cart_of_today():
    """ingest-one-order-counts-once-1"""
    assert len(folded(ordered(), added("K-2", START + DAY_MS), ordered(START + 2 * DAY_MS)).cart) == 1


def test_a_cart_stored_before_lines_had_a_time_is_emptied_by_an_order():
    profile = Profile(cart={"K-1": Line(2, 500)}, cart_at=START - DAY_MS)

    assert cart_of(profile) == (2, 1000)
    assert folded(ordered(), profile=profile).cart == {}


@pytest.mark.parametrize("sequence", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 3, 0, 2)])
def test_additions_and_orders_give_one_cart_in_whatever_sequence(sequence):
    told = [
        added("K-1", START, price=1),
        ordered(START + MINUTE),
        added("K-2", START + 2 * MINUTE, price=2),
        added("K-2", START + 3 * MINUTE, price=2),
    ]

    assert cart_of(folded(*(copied(told)[place] for place in sequence))) == (2, 400)


lines = st.lists(st.builds(lambda key, price, quantity: {"product_id": key, "price": price, "quantity": quantity}, st.sampled_from("ABCDEF"),
                           st.integers(0, 50), st.integers(0, 4)), max_size=60)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(lines, st.integers(0, 40))
def test_a_cart_is_worth_the_sum_of_its_lines(told, n_products):
    """ingest-same-product-twice-1, ingest-twenty-lines-1"""
    told = [
        line | {"product_id": f"{line['product_id']}{number % (n_products + 1)}"} for number, line in enumerate(told)
    ]
    expected = sum(line["quantity"] for line in told), 100 * sum(line["quantity"] * line["price"] for line in told)

    profile = folded(viewed(*told))
    joined = decode(encode(profile))
    merge(joined, folded(event("Something", START)))

    assert cart_of(profile) == cart_of(joined) == expected
    assert len(profile.cart) <= MAX_LINES


def test_what_two_joined_carts_are_worth_is_never_less_than_nothing():
    """What units cost beyond the price of their line was kept beside the price of the other cart."""
    here = folded(added(price=0, quantity=1), added(price=19.99, quantity=1, at=START + 1))
    there = folded(added(price=0, quantity=1, at=START + 2))

    merge(here, there)

    assert cart_of(here) == (2, 0)
