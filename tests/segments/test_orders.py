"""What is known of orders depends on what was told, not on the sequence in which it was told."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.bounds import MAX_BOUGHT, MAX_ORDERS
from segments.features import FEATURES
from segments.profile import decode, encode, merge
from sites.times import DAY_MS
from tests.events import START, copied, event, folded, order, refund


def sums(profile):
    return profile.orders, profile.revenue_minor


def test_an_order_paid_with_a_voucher_adds_nothing():
    """ingest-zero-is-a-value-1"""
    profile = folded(order(total=0, products=[{"product_id": "A", "price": 49, "quantity": 1}]))

    assert sums(profile) == (1, 0)
    assert profile.unpriced_orders == 0


def test_all_lines_of_an_order_add_up():
    """ingest-twenty-lines-1"""
    assert sums(folded(order(products=[{"product_id": f"L{n}", "price": 10, "quantity": 1} for n in range(30)]))) == (
        1,
        30_000,
    )


@pytest.mark.parametrize("order_id", [4_567_890_123_456_789, "order-" + "9" * 200])
def test_an_order_with_a_long_id_counts_once(order_id):
    """ingest-ids-that-are-not-read-1"""
    assert sums(folded(order(order_id, total=5), order(order_id, START + 1, total=5))) == (1, 500)


def test_orders_whose_long_ids_differ_at_the_end_are_two():
    """ingest-ids-that-are-not-read-1"""
    assert sums(folded(order("9" * 60 + "1", total=5), order("9" * 60 + "2", total=5))) == (2, 1000)


@pytest.mark.parametrize("days", [30, 40, 400])
def test_a_thank_you_page_opened_again_counts_nothing(days):
    """ingest-one-order-counts-once-1"""
    told = [
        order("A-1", total=50),
        order("A-2", START + 35 * DAY_MS, total=20),
        order("A-1", START + days * DAY_MS, total=50),
    ]

    profile = folded(*told)

    assert sums(profile) == (2, 7000)
    assert profile.last_order_at == START + 35 * DAY_MS


def test_beyond_the_orders_that_are_remembered_the_sums_stay():
    profile = folded(*[order(str(number), START + number, total=1) for number in range(MAX_ORDERS + 50)])

    assert sums(profile) == (MAX_ORDERS + 50, 100 * (MAX_ORDERS + 50))
    assert len(profile.known_orders) == MAX_ORDERS


def test_an_order_without_an_id_counts_each_time():
    assert sums(folded(order("", total=5), order("", START + 1, total=5))) == (2, 1000)


def test_a_full_refund_takes_back_order_and_revenue():
    """ingest-refunds-1"""
    profile = folded(order(total=100), refund(at=START + 1, total=100))

    assert sums(profile) == (0, 0)
    assert FEATURES["orders_30d"].compute(profile, START + DAY_MS) == 0


def test_a_refund_told_below_zero_takes_back_as_much():
    """ingest-refunds-1"""
    assert sums(folded(order(total=100), refund(at=START + 1, total=-30))) == (1, 7000)


def test_refunds_of_parts_add_up():
    """ingest-refunds-1"""
    told = [
        order(total=100),
        refund(at=START + 1, total=30),
        refund(at=START + 2, products=[{"product_id": "A", "price": 10, "quantity": 2}]),
    ]

    assert sums(folded(*told)) == (1, 5000)
    assert FEATURES["revenue_30d"].compute(folded(*told), START + DAY_MS) == 5000
    assert sums(folded(*told, refund(at=START + 3, total=50))) == (0, 0)


def test_a_refund_without_amount_or_products_is_of_the_whole_order():
    """ingest-refunds-1"""
    assert sums(folded(order(total=100), refund(at=START + 1))) == (0, 0)


def test_a_refund_after_months_counts():
    """ingest-refunds-1: of an order that has long left the window of 30 days"""
    assert sums(
        folded(order(total=100), order("A-2", START + 90 * DAY_MS, total=5), refund(at=START + 91 * DAY_MS, total=40))
    ) == (2, 6500)


def test_an_order_in_another_currency_counts_as_an_order_and_not_in_the_revenue():
    """ingest-currencies-1"""
    profile = folded(order("1", total=100, currency="EUR"), order("2", total=100, currency="USD"))

    assert sums(profile) == (2, 10_000)
    assert profile.unpriced_orders == FEATURES["orders_unpriced"].compute(profile, START) == 1
    assert FEATURES["average_order_value"].compute(profile, START) == 10_000


@pytest.mark.parametrize("total", [None, "1,299", "a lot"])
def test_an_order_without_a_readable_amount_is_counted_as_such(total):
    """ingest-money-as-text-2"""
    profile = folded(order(total=total))

    assert sums(profile) == (1, 0)
    assert profile.unpriced_orders == 1


def test_the_telling_with_an_amount_wins():
    """ingest-currencies-1: the page tells the visitor's currency, the server the shop's"""
    for told in permutations([order(total=110, currency="USD"), order(at=START + 5, total=100), order(at=START + 9)]):
        profile = folded(*copied(told))
        assert (*sums(profile), profile.unpriced_orders) == (1, 10_000, 0)


# --- what was bought ------------------------------------------------------------------------------


def ordered(order_id, at, *items):
    return order(order_id, at, products=[{"product_id": item, "price": 1} for item in items])


def test_what_was_bought_is_known_with_the_latest_time():
    profile = folded(ordered("A", START, "kettle", "pan"), ordered("B", START + 5, "kettle", "kettle"))

    assert profile.bought == {"kettle": START + 5, "pan": START}


def test_what_two_tellings_of_an_order_name_was_bought():
    """The page may name the product and the server the size."""
    profile = folded(ordered("A", START + 5, "shoe"), order("A", START + 9), ordered("A", START, "shoe", "shoe-42"))

    assert profile.bought == {"shoe": START, "shoe-42": START}


@pytest.mark.parametrize("back", [{}, {"total": 2}, {"name": "Order Cancelled"}])
def test_what_was_taken_back_whole_was_not_bought(back):
    told = [ordered("A", START, "kettle", "pan"), ordered("B", START + 1, "pan"), refund("A", START + 2, **back)]

    for sequence in permutations(told):
        assert folded(*copied(sequence)).bought == {"pan": START + 1}


def test_a_refund_of_a_part_leaves_what_was_bought():
    profile = folded(ordered("A", START, "kettle", "pan"), refund("A", START + 2, total=1))

    assert profile.bought == {"kettle": START, "pan": START}


def test_beyond_the_bound_the_items_of_the_latest_orders_are_remembered():
    """However many an order has; the orders themselves are remembered without their items."""
    many = [f"item-{number:03}" for number in range(MAX_BOUGHT + 10)]

    profile = folded(ordered("A", START, "kettle"), ordered("B", START + 1, *many), ordered("C", START + 2, "pan"))

    assert profile.bought == {"pan": START + 2} | dict.fromkeys(many[: MAX_BOUGHT - 1], START + 1)
    assert profile.orders == len(profile.known_orders) == 3


def test_joined_histories_are_bounded_as_one():
    one, other = (
        folded(*[ordered(f"{name}-{number}", START + number, f"{name}-{number}") for number in range(MAX_BOUGHT)])
        for name in ("ours", "theirs")
    )

    merge(one, other)

    assert len(one.bought) == MAX_BOUGHT
    assert min(one.bought.values()) == START + MAX_BOUGHT // 2


def test_what_was_bought_takes_little_room():
    """A key and a byte or two an item, as the item's time is that of its order."""
    told = [
        ordered(f"order-{number}", START + number, *(f"item-{number}-{i}" for i in range(3))) for number in range(5)
    ]

    without = folded(*(order(one.properties["order_id"], one.at, total=3) for one in told))
    assert len(encode(folded(*told))) - len(encode(without)) == 15 * len(b"\xa8item-0-0")


# --- in whatever order ----------------------------------------------------------------------------

amounts = st.sampled_from([0, 10, 25.5, "39,90", "1,299", None])
moments = st.integers(0, 90).map(lambda days: START + days * DAY_MS)
ids = st.sampled_from(["A", "B", "C", 7])
baskets = st.lists(st.sampled_from(["kettle", "pan", "cup"]).map(lambda item: {"product_id": item}), max_size=3)
tellings = st.one_of(
    st.builds(
        lambda id_, at, total, items: order(id_, at, total=total, products=items), ids, moments, amounts, baskets
    ),
    st.builds(lambda id_, at, total: order(id_, at, total=total, currency="USD"), ids, moments, amounts),
    st.builds(lambda id_, at, total: refund(id_, at, total=total), ids, moments, amounts),
    st.builds(lambda id_, at: refund(id_, at, "Order Cancelled"), ids, moments),
)


def known(profile):
    return (
        *sums(profile),
        profile.unpriced_orders,
        profile.last_order_at,
        encode(profile.known_orders),
        profile.bought,
    )


@settings(max_examples=80, deadline=None)
@given(st.lists(tellings, max_size=12), st.randoms(use_true_random=False))
def test_orders_are_the_same_in_whatever_sequence_they_are_told(told, rng):
    """ingest-one-order-counts-once-1, ingest-refunds-1, ingest-late-event-changes-the-present-1"""
    shuffled = copied(told)
    rng.shuffle(shuffled)

    assert known(folded(*shuffled)) == known(folded(*copied(told)))


@settings(max_examples=80, deadline=None)
@given(st.lists(tellings, max_size=12), st.randoms(use_true_random=False))
def test_two_histories_that_are_joined_know_the_orders_of_one(told, rng):
    """ingest-one-order-counts-once-1: the server and the page told it of two profiles, before the visitor signed in"""
    parts = [], []
    for one in copied(told):
        rng.choice(parts).append(one)
    first, second = (folded(event("Something", START), *part) for part in parts)
    left, right = decode(encode(first)), decode(encode(second))

    merge(left, decode(encode(second)))
    merge(right, decode(encode(first)))

    assert known(left) == known(right) == known(folded(*copied(told)))


@settings(max_examples=80, deadline=None)
@given(st.lists(tellings, max_size=12))
def test_sums_are_those_of_the_orders_that_count(told):
    profile = folded(*told)

    counted = [one for one in profile.known_orders if one.counts]
    assert sums(profile) == (len(counted), sum(one.net_minor for one in counted))
    assert min(profile.month.sums) >= 0
