from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.holes import HOLES
from campaigns.release import FrozenItem, FrozenRelease
from campaigns.slots import SLOTS, choices, fill
from campaigns.slots.base import ITEM_HOLES, prices_of
from segments.profile import Profile
from segments.state import SESSION_GAP_MS, Item, Line, Order, Session
from sites.money import with_symbol
from tests.releases import release

NOW = 1_790_000_000_000
OF = release([])


class View(NamedTuple):
    profile: Profile
    release: FrozenRelease = OF
    now: int = NOW
    context: Mapping[str, Any] = {}


def values_of(slot, profile, now=NOW, shown=()):
    filled = fill(slot, View(profile, now=now), shown)
    return filled.values if filled else None


def browsing(**fields):
    return Session(number=1, started_at=NOW, last_at=NOW, **fields)


@pytest.mark.parametrize("slot", SLOTS)
def test_a_visitor_about_whom_nothing_is_known_fills_no_slot(slot):
    assert values_of(slot, Profile()) is None


def test_an_unknown_slot_cannot_be_filled():
    assert values_of("horoscope", Profile(session=browsing(longest_product="p1"))) is None


@pytest.mark.parametrize(
    ("slot", "name", "price"),
    [("viewed", "Trail Runner", "€89.90"), ("related", "Road Runner", "€99.90"), ("similar", "Easy Walker", "€49.90")],
)
def test_items_follow_from_the_one_looked_at_longest_this_session(slot, name, price):
    profile = Profile(session=browsing(longest_product="p1"), items={"p4": Item(dwell_ms=99_000)})

    values = values_of(slot, profile)

    assert (values["item.name"], values["item.price"]) == (name, price)


def test_an_older_look_counts_when_this_session_has_none():
    profile = Profile(
        session=browsing(), items={"p1": Item(dwell_ms=5000), "p4": Item(dwell_ms=9000), "gone": Item(dwell_ms=99_000)}
    )

    assert values_of("viewed", profile)["item.name"] == "Kettle"


def test_an_item_without_a_related_one_fills_no_related_slot():
    assert values_of("related", Profile(session=browsing(longest_product="p4"))) is None


def test_the_category_with_most_pages_wins_and_ends_with_the_session():
    profile = Profile(session=browsing(categories={"Shoes": 2, "Kitchen": 3, "Unlisted": 9}))

    assert values_of("category", profile) == {
        "category.name": "Kitchen",
        "category.url": "/c/kitchen",
        "category.image_url": "/i/p4.svg",
    }
    assert values_of("category", profile, NOW + SESSION_GAP_MS) is None


def test_a_category_is_not_offered_on_its_own_page():
    profile = Profile(session=browsing(categories={"Shoes": 2, "Kitchen": 3}))

    assert fill("category", View(profile, context={"path": "/c/kitchen"})).values["category.name"] == "Shoes"
    assert fill("category", View(profile, context={"path": "/p/kettle"})).values["category.name"] == "Kitchen"


def test_equal_categories_go_by_name_whatever_came_first():
    for categories in ({"Shoes": 2, "Kitchen": 2}, {"Kitchen": 2, "Shoes": 2}):
        assert values_of("category", Profile(session=browsing(categories=categories)))["category.name"] == "Kitchen"


def test_the_cart_tells_its_dearest_item_and_its_value():
    profile = Profile(cart={"p3": Line(3, 4990), "p1": Line(1, 8990), "gone": Line(1, 100)})

    values = values_of("cart", profile)

    assert (values["item.name"], values["cart.count"], values["cart.value"]) == ("Trail Runner", "5", "€240.60")


def test_the_cart_is_told_in_the_sites_currency_and_the_item_in_its_own():
    yen = release([], currency="JPY")

    values = fill("cart", View(Profile(cart={"p1": Line(1, 12_000)}), yen)).values

    assert (values["item.price"], values["cart.value"]) == ("€89.90", "¥12,000")


# --- offers -----------------------------------------------------------------------------------------

ON_P1 = Profile(session=browsing(longest_product="p1"))


def test_what_another_creative_of_the_page_shows_is_not_offered_again():
    """There was one candidate, and two creatives of a page showed the same item."""
    first = fill("related", View(ON_P1))
    second = fill("related", View(ON_P1), set(first.items))

    assert (first.items, second.items) == (("p2",), ("p3",))
    assert fill("related", View(ON_P1), {"p2", "p3"}) is None


def test_several_items_are_all_there_or_nothing_is_shown():
    two, three = (fill("related", View(ON_P1), count=count, discount=10) for count in (2, 3))

    assert two.items == ("p2", "p3") and three is None
    assert (two.values["item.name"], two.values["item2.name"]) == ("Road Runner", "Easy Walker")
    assert (two.values["item.reduced_price"], two.values["item2.reduced_price"]) == ("€89.91", "€44.91")
    assert set(two.values) == ITEM_HOLES | {hole.replace("item.", "item2.") for hole in ITEM_HOLES}


@given(price=st.integers(0, 10**9), more=st.one_of(st.none(), st.integers(1, 10**9)), discount=st.integers(0, 100))
def test_a_price_before_is_shown_where_something_is_taken_off_and_only_there(price, more, discount):
    item = FrozenItem("p", "P", "C", "", price, "EUR", "/p", "", old_price_minor=price + more if more else None)

    values = prices_of(item, discount)

    now = (price * (100 - discount) + 50) // 100
    assert values["item.price"] == with_symbol(price, "EUR")
    assert values["item.reduced_price"] == with_symbol(now, "EUR")
    assert values["item.old_price"] == (with_symbol(price + (more or 0), "EUR") if now < price + (more or 0) else "")
    assert not values["item.saving"] or values["item.old_price"]


@pytest.mark.parametrize(
    ("old", "discount", "before", "now", "saving"),
    [
        (None, 0, "", "€40.00", ""),
        (None, 15, "€40.00", "€34.00", "−15%"),
        (5000, 0, "€50.00", "€40.00", "−20%"),
        (5000, 15, "€50.00", "€34.00", "−32%"),
        (4001, 0, "€40.01", "€40.00", ""),
    ],
)
def test_the_prices_of_a_reduced_item(old, discount, before, now, saving):
    values = prices_of(FrozenItem("p", "P", "C", "", 4000, "EUR", "/p", "", old_price_minor=old), discount)

    assert [values[f"item.{name}"] for name in ("old_price", "reduced_price", "saving")] == [before, now, saving]


def test_what_is_in_the_cart_is_not_offered():
    profile = Profile(session=browsing(longest_product="p1"), cart={"p2": Line(1, 9990)})

    assert values_of("related", profile)["item.name"] == "Easy Walker"
    assert values_of("similar", Profile(session=profile.session, cart={"p3": Line(1, 4990)})) is None


def test_what_was_bought_is_not_offered():
    profile = Profile(session=browsing(longest_product="p1"), known_orders=[Order(NOW - 1, "A", 9990, items=["p2"])])

    assert values_of("related", profile)["item.name"] == "Easy Walker"
    profile.known_orders[0].refunded_minor = 9990
    assert values_of("related", profile)["item.name"] == "Road Runner"


def test_what_was_bought_and_is_in_the_cart_again_can_be_reminded_of():
    profile = Profile(cart={"p1": Line(1, 8990)}, known_orders=[Order(NOW - 1, "A", 8990, items=["p1"])])

    assert values_of("cart", profile)["item.name"] == "Trail Runner"


def test_the_product_whose_page_is_open_is_no_neighbour_worth_a_banner():
    profile = Profile(session=browsing(longest_product="p1", page_product="p2"))

    assert values_of("related", profile)["item.name"] == "Easy Walker"


def test_the_product_whose_page_is_open_can_be_named_on_it():
    profile = Profile(session=browsing(longest_product="p1", page_product="p1"))

    assert values_of("viewed", profile)["item.name"] == "Trail Runner"


def test_a_reminder_of_the_cart_stands_whatever_else_the_page_shows():
    profile = Profile(cart={"p1": Line(1, 8990)})

    assert values_of("cart", profile, shown={"p1"})["item.name"] == "Trail Runner"


KEYS = st.sampled_from(["p1", "p2", "p3", "p4", "gone"])
PROFILES = st.builds(
    Profile,
    session=st.builds(browsing, longest_product=KEYS, page_product=KEYS),
    items=st.dictionaries(KEYS, st.builds(Item, dwell_ms=st.integers(0, 9))),
    cart=st.dictionaries(KEYS, st.builds(Line, st.integers(1, 3), st.integers(1, 9))),
    known_orders=st.lists(st.builds(Order, st.just(NOW), st.just("A"), st.just(1), items=st.lists(KEYS)), max_size=2),
)


@pytest.mark.parametrize("slot", SLOTS.values(), ids=lambda slot: slot.name)
@given(profile=PROFILES, shown=st.sets(KEYS))
def test_an_offer_is_not_on_the_page_in_the_cart_or_bought_and_always_in_the_catalogue(slot, profile, shown):
    filled = fill(slot.name, View(profile), shown)

    if filled and slot.shows_item:
        assert set(filled.items) <= OF.items.keys()
    if filled and slot.is_offer:
        assert not {*filled.items} & {*shown, *profile.cart, *profile.bought}


# --- the registry -----------------------------------------------------------------------------------

KNOWN = Profile(session=browsing(longest_product="p1", categories={"Shoes": 1}), cart={"p4": Line(1, 104_990)})


@pytest.mark.parametrize("slot", SLOTS.values(), ids=lambda slot: slot.name)
def test_a_slot_fills_the_holes_that_it_says(slot):
    assert values_of(slot.name, KNOWN).keys() == slot.holes


@pytest.mark.parametrize("slot", SLOTS.values(), ids=lambda slot: slot.name)
def test_a_slot_shows_an_item_where_it_fills_the_holes_of_items(slot):
    assert slot.shows_item == (slot.holes >= ITEM_HOLES) == bool(fill(slot.name, View(KNOWN)).items)


@pytest.mark.parametrize("name", HOLES)
def test_every_hole_is_settled_or_filled_by_a_slot(name):
    assert HOLES[name].is_settled != any(name in slot.holes for slot in SLOTS.values())


def test_slots_are_offered_by_their_titles():
    assert dict(choices()) == {"": "Nothing: the same for everybody"} | {
        slot.name: slot.title for slot in SLOTS.values()
    }
