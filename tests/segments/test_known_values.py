from datetime import UTC, datetime

import pytest

from segments import known_values
from segments.audience import estimate_of, measure
from segments.known_values import Gathering, Told, find, is_unseen, nearest
from segments.models import KnownValue
from segments.profile import Profile
from segments.state import Session, Touch
from tests.events import START, event, folded, page

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 2, tzinfo=UTC)


def visitor(category="Kitchen", source="Google", **traits):
    profile = folded(page(START, category=category), event("x", START + 1, "identify", traits=traits))
    profile.session.touch = Touch("search", source)
    return profile


@pytest.fixture
def shop(keep, site, monkeypatch):
    monkeypatch.setattr(known_values, "_SOURCES", [lambda site: [Told("session.longest_product", "K-1", "Kettle"), Told("session.categories", "Garden")]])  # fmt: skip
    for number, profile in enumerate(
        [visitor(), visitor(), visitor("Coffee", "letter"), visitor("Coffee ware", plan="gold", age=30, vip=True)]
    ):
        keep(f"{number:032x}", profile)
    measure(site)
    return site


def words(found):
    return [(row.value, row.visitors) for row in found.values]


def test_values_come_with_their_visitors_the_most_frequent_first(shop):
    assert words(find(shop, "session.categories")) == [("Kitchen", 2), ("Coffee", 1), ("Coffee ware", 1), ("Garden", 0)]
    assert words(find(shop, "referral.source")) == [("Google", 3), ("letter", 1)]
    assert words(find(shop, "visitor.trait.plan")) == [("gold", 1)]
    assert words(find(shop, "visitor.trait.age")) == [("30", 1)]
    assert words(find(shop, "visitor.trait.vip")) == [("true", 1)]


def test_a_number_beside_a_value_is_what_it_reaches(shop):
    for row in KnownValue.objects.filter(visitors__gt=0, attribute__in=known_values.PICKED):
        is_list = row.attribute == "session.categories"
        condition = {row.attribute: {"$in": [row.value]} if is_list else row.value}
        assert estimate_of(shop, condition).visitors == row.visitors


def test_capitals_do_not_matter_and_names_are_found(shop):
    assert words(find(shop, "session.categories", "COFF")) == [("Coffee", 1), ("Coffee ware", 1)]
    assert words(find(shop, "session.longest_product", "kett")) == [("K-1", 0)]
    assert find(shop, "session.categories", "zzz").values == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("kitchen", "Kitchen"), ("coffe", "Coffee"), ("Kitchn", "Kitchen"), ("ware", "Coffee ware"), ("bicycles", None), ("Kitchen", None)],
)  # fmt: skip
def test_the_nearest_value_is_meant(shop, typed, meant):
    found = nearest(shop, "session.categories", typed)

    assert (found and found.value) == meant


def test_only_where_values_are_known_one_is_unseen(shop):
    assert is_unseen(shop, "session.categories", "kitchen")
    assert not is_unseen(shop, "session.categories", "Kitchen")
    assert not is_unseen(shop, "context.host", "anything")


def test_counting_again_writes_only_what_differs(shop, keep, django_assert_max_num_queries):
    before = set(KnownValue.objects.values_list("pk", "value"))
    keep("f" * 32, visitor("Toys"))

    measure(shop)

    after = set(KnownValue.objects.values_list("pk", "value"))
    assert before < after
    assert {value for _, value in after - before} == {"Toys"}
    assert known_values.counted_at(shop) is not None


def test_ten_thousand_values_are_bounded_in_store_and_answer(site):
    gathered = Gathering()
    for number in range(10_500):
        gathered.add(Profile(session=Session(), path=f"/p/{number}", last_at=1, events=1))

    known_values.store(site, gathered, 10_500, AT)

    assert KnownValue.objects.filter(site=site, attribute="context.path").count() == known_values.MOST
    found = find(site, "context.path", "/p/99")
    assert len(found.values) == known_values.MOST_SHOWN
    assert found.total > known_values.MOST_SHOWN


def test_a_sample_is_scaled_up(site):
    gathered = Gathering()
    gathered.add(visitor())

    known_values.store(site, gathered, 50, AT)

    assert words(find(site, "referral.source")) == [("Google", 50)]
