"""When a goal is reached, and what it is worth."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.goals import FIXED, NOTHING, OF_EVENT, OF_PROPERTY, Told, is_reached, worth
from segments.bounds import MOST_MINOR
from segments.conditions import matches
from tests.conditions import CONDITIONS, PLAIN
from tests.events import PROPERTIES, SMALL, scalars
from tests.goals import ORDERS, told

LINES = st.lists(st.dictionaries(st.sampled_from(PROPERTIES), st.sampled_from(SMALL), max_size=4), max_size=5)
SAID = st.dictionaries(st.sampled_from(PROPERTIES), st.sampled_from(SMALL) | scalars | LINES, max_size=8)


def goal(**changed):
    return msgspec.structs.replace(ORDERS, **changed)


def test_another_event_does_not_reach_it():
    assert is_reached(ORDERS, told("Order Completed"))
    assert not is_reached(ORDERS, told("Signed Up"))


def test_its_condition_looks_at_the_properties_of_the_event():
    large = goal(condition={"total": {"$gte": 100}, "customer.type": "new"})

    assert is_reached(large, told(total=120, customer={"type": "new"}))
    assert not is_reached(large, told(total=99, customer={"type": "new"}))
    assert not is_reached(large, told(total=120))


@given(CONDITIONS, st.dictionaries(st.sampled_from(["a", "b", "a.b"]), PLAIN, max_size=4))
def test_it_is_reached_where_the_condition_matches_the_properties(condition, said):
    assert is_reached(goal(condition=condition), told(**said)) == matches(condition, said)


@pytest.mark.parametrize(
    ("changed", "event", "minor"),
    [
        ({"value": NOTHING}, told(total=5), 0),
        ({"value": FIXED, "value_minor": 250}, told(total=5), 250),
        ({"value": OF_EVENT}, told(total="49.90"), 4990),
        ({"value": OF_EVENT}, told(), None),
        ({"value": OF_EVENT}, told("Conversion", type="engagement", value_minor=1250), 1250),
        ({"value": OF_EVENT}, told("Conversion", type="engagement", value_minor=-5), None),
        ({"value": OF_PROPERTY, "value_property": "fee"}, told(total=5, fee=1.5), 150),
        ({"value": OF_PROPERTY, "value_property": "plan.price"}, told(plan={"price": 12}), 1200),
        ({"value": OF_PROPERTY, "value_property": "fee"}, told(fee=-1), None),
        ({"value": OF_PROPERTY, "value_property": "fee"}, told(fee="many"), None),
    ],
)
def test_it_is_worth_what_its_kind_says(changed, event, minor):
    assert worth(goal(**changed), event) == minor


@pytest.mark.parametrize("changed", [{"value": OF_EVENT}, {"value": OF_PROPERTY, "value_property": "total"}])
def test_an_amount_in_another_currency_is_not_read_as_one_of_the_sites(changed):
    assert worth(goal(**changed), told(total=100, currency="EUR")) == 10_000
    foreign = Told("track", "Order Completed", {"total": 100, "currency": "USD"}, "EUR")
    assert worth(goal(**changed), foreign) is None


def test_amounts_have_the_decimals_of_the_sites_currency():
    assert worth(goal(value=OF_PROPERTY, value_property="fee"), told(fee=1200, currency="JPY")) == 1200


@given(
    st.sampled_from([NOTHING, OF_EVENT, FIXED, OF_PROPERTY]),
    st.sampled_from(["track", "engagement"]),
    SAID,
    st.sampled_from(["total", "price", "products"]),
    st.sampled_from(["", "EUR", "JPY"]),
)
def test_its_worth_is_never_below_nothing(kind, type_of_event, said, named, currency):
    minor = worth(goal(value=kind, value_property=named), Told(type_of_event, "Order Completed", said, currency))

    assert minor is None or (isinstance(minor, int) and 0 <= minor <= MOST_MINOR)
