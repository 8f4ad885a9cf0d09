"""The visitor's latest steps, in whatever sequence they are told."""

from base64 import b64encode

from hypothesis import given, settings
from hypothesis import strategies as st

from segments.bounds import MAX_TRAIL
from segments.effects import trail
from segments.effects.trail import STEPS
from segments.profile import encode
from segments.state import Step
from tests.events import MINUTE, START, copied, event, folded, merged, page, streams


@settings(max_examples=100, deadline=None)
@given(streams(max_size=45), st.randoms(use_true_random=False))
def test_any_sequence_of_arrival_leaves_the_same_trail(events, rng):
    mixed = copied(events)
    rng.shuffle(mixed)

    assert folded(*mixed).trail == folded(*events).trail


@settings(max_examples=100, deadline=None)
@given(streams(max_size=45))
def test_the_trail_is_bounded_and_ascends(events):
    steps = folded(*events).trail

    assert steps == sorted(steps) and len(steps) <= MAX_TRAIL


@settings(max_examples=100, deadline=None)
@given(streams(max_size=45), st.integers(0, 45), st.integers(0, 45))
def test_histories_that_are_joined_have_the_trail_of_one(events, start, end):
    """However the events are divided, in whatever order the parts are joined."""
    start, end = sorted((start, end))
    parts = [events[:start], events[start:end], events[end:]]
    a, b, c = (folded(*copied(part)) for part in parts)
    whole = folded(*events).trail

    assert merged(merged(a, b), c).trail == whole
    assert merged(c, merged(b, a)).trail == whole
    assert merged(merged(c, a), b).trail == whole


def test_a_step_says_what_was_done_with_what():
    steps = folded(
        page(START, category="Garden"),
        event("Product Viewed", START + 1, properties={"product_id": "K-1", "category": "Garden"}),
        event("Products Searched", START + 2, properties={"query": "rake"}),
        event("Page Dwell", START + 3, properties={"page_id": "a", "seconds": 3}),
        event("Product Added", START + 4, properties={"sku": 7}),
        event("Order Completed", START + 5, properties={"order_id": "A-1", "total": 5}),
        event("Something Else", START + 6),
    ).trail

    assert [(STEPS[step.kind], step.item, step.category) for step in steps] == [
        ("page", "", "Garden"),
        ("Product Viewed", "K-1", "Garden"),
        ("Products Searched", "", ""),
        ("Product Added", "7", ""),
        ("Order Completed", "", ""),
    ]
    assert [step.at - START for step in steps] == [0, 1, 2, 4, 5]


def test_a_step_that_is_told_late_finds_its_place_or_has_none():
    pages = [page(START + number * MINUTE) for number in range(1, MAX_TRAIL + 1)]
    between, before = page(START + 90_000, category="Late"), page(START, category="Older")

    steps = folded(*pages, between, before).trail

    assert [step.category for step in steps[:3]] == ["Late", "", ""]
    assert len(steps) == MAX_TRAIL and steps[-1].at == pages[-1].at


def test_the_numbers_of_the_kinds_are_those_that_profiles_hold():
    """Changing one would give stored steps another meaning: a new kind goes to the end."""
    assert STEPS[:13] == (
        "page", "Product Viewed", "Product List Viewed", "Product List Filtered", "Price Filter Applied",
        "Comparison Viewed",
        "Products Searched", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started", "Order Completed",
        "Form Submitted",
    )  # fmt: skip
    assert (trail.PAGE, trail.ORDERED, trail.SUBMITTED) == (0, 11, 12)


def test_a_merge_that_is_told_as_an_event_joins_the_trails():
    phone, laptop = folded(page(START, category="Phone")), folded(page(START + MINUTE, category="Laptop"))
    absorbed = {"visitor": "ab", "profile": b64encode(encode(phone)).decode()}

    joined = folded(event("Visitor Merged", START + 2 * MINUTE, "alias", properties=absorbed), profile=laptop)

    assert joined.trail == [Step(START, trail.PAGE, "", "Phone"), Step(START + MINUTE, trail.PAGE, "", "Laptop")]
