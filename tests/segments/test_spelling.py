import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.attributes import Attributes
from segments.conditions import compile_condition, validate
from segments.profile import Profile
from segments.spelling import respell
from segments.state import Session, Touch
from tests.conditions import VALUES

CAME_LONG_AGO = Profile(session=Session(touch=Touch("paid", "google", "CPC", "Black Friday")))


@pytest.mark.parametrize(
    ("condition", "spelled"),
    [
        ({"referral.source": "google"}, {"referral.source": "Google"}),
        ({"referral.source": {"$in": ["GOOGLE", "Google", "ig"]}}, {"referral.source": {"$in": ["Google", "Instagram"]}}),
        ({"$or": [{"referral.source": {"$ne": "fb"}}]}, {"$or": [{"referral.source": {"$ne": "Facebook"}}]}),
        ({"$not": {"referral.medium": "CPC"}}, {"$not": {"referral.medium": "cpc"}}),
        ({"referral.source": {"$not": {"$eq": "fb"}}}, {"referral.source": {"$not": {"$eq": "Facebook"}}}),
        ({"context.country": "de"}, {"context.country": "DE"}),
        ({"referral.channel": "Search"}, {"referral.channel": "search"}),
        ({"referral.source": {"$regex": "GOO"}}, {"referral.source": {"$regex": "GOO"}}),
        ({"feature.top_category": "Kitchen"}, {"feature.top_category": "Kitchen"}),
        ({"$savedGroup": "google"}, {"$savedGroup": "google"}),
        ({"referral.source": {"$in": [1, True, None]}}, {"referral.source": {"$in": [1, True, None]}}),
    ],
)  # fmt: skip
def test_words_are_spelled_as_attributes_are(condition, spelled):
    assert json.dumps(respell(condition)) == json.dumps(spelled)


@pytest.mark.parametrize("value", ["google", "GOOGLE", "Google", {"$in": ["google.com"]}])
def test_either_spelling_finds_who_came_before_names_were_one(value):
    assert compile_condition(respell({"referral.source": value}))(Attributes(CAME_LONG_AGO, 0))


@given(VALUES)
def test_a_good_condition_stays_good_and_is_spelled_once(value):
    condition = {"$or": [{"referral.source": value}, {"$not": {"feature.orders_total": value}}]}

    spelled = respell(condition)

    assert (validate(spelled) == []) is (validate(condition) == [])
    assert respell(spelled) == spelled


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["$and", "$not", "$in", "referral.source"]), inner)))  # fmt: skip
def test_never_raises(anything):
    respell(anything)
