import pytest

from personalization.slots import SLOTS, slot_values
from segments.profile import Profile
from segments.state import SESSION_GAP_MS, Item, Line, Session
from tests.releases import release

NOW = 1_790_000_000_000
OF = release([])


def browsing(**fields):
    return Session(number=1, started_at=NOW, last_at=NOW, **fields)


def test_no_slot_needs_no_values():
    assert slot_values("", Profile(), OF, NOW) == {}


@pytest.mark.parametrize("slot", SLOTS)
def test_a_visitor_about_whom_nothing_is_known_fills_no_slot(slot):
    assert slot_values(slot, Profile(), OF, NOW) is None


def test_an_unknown_slot_cannot_be_filled():
    assert slot_values("horoscope", Profile(session=browsing(longest_product="p1")), OF, NOW) is None


@pytest.mark.parametrize(
    ("slot", "name", "price"),
    [("viewed", "Trail Runner", "€89.90"), ("related", "Road Runner", "€99.90"), ("similar", "Easy Walker", "€49.90")],
)
def test_items_follow_from_the_one_looked_at_longest_this_session(slot, name, price):
    profile = Profile(session=browsing(longest_product="p1"), items={"p4": Item(dwell_ms=99_000)})

    values = slot_values(slot, profile, OF, NOW)

    assert (values["item.name"], values["item.price"]) == (name, price)


def test_an_older_look_counts_when_this_session_has_none():
    profile = Profile(
        session=browsing(), items={"p1": Item(dwell_ms=5000), "p4": Item(dwell_ms=9000), "gone": Item(dwell_ms=99_000)}
    )

    assert slot_values("viewed", profile, OF, NOW)["item.name"] == "Kettle"


def test_an_item_without_a_related_one_fills_no_related_slot():
    assert slot_values("related", Profile(session=browsing(longest_product="p4")), OF, NOW) is None


def test_the_category_with_most_pages_wins_and_ends_with_the_session():
    profile = Profile(session=browsing(categories={"Shoes": 2, "Kitchen": 3, "Unlisted": 9}))

    assert slot_values("category", profile, OF, NOW) == {"category.name": "Kitchen", "category.url": "/c/kitchen"}
    assert slot_values("category", profile, OF, NOW + SESSION_GAP_MS) is None


def test_equal_categories_go_by_name_whatever_came_first():
    for categories in ({"Shoes": 2, "Kitchen": 2}, {"Kitchen": 2, "Shoes": 2}):
        assert (
            slot_values("category", Profile(session=browsing(categories=categories)), OF, NOW)["category.name"]
            == "Kitchen"
        )


def test_the_cart_tells_its_dearest_item_and_its_value():
    profile = Profile(cart={"p3": Line(3, 4990), "p1": Line(1, 8990), "gone": Line(1, 100)})

    values = slot_values("cart", profile, OF, NOW)

    assert (values["item.name"], values["cart.count"], values["cart.value"]) == ("Trail Runner", "5", "€240.60")


def test_the_cart_is_told_in_the_sites_currency_and_the_item_in_its_own():
    yen = release([], currency="JPY")

    values = slot_values("cart", Profile(cart={"p1": Line(1, 12_000)}), yen, NOW)

    assert (values["item.price"], values["cart.value"]) == ("€89.90", "¥12,000")
