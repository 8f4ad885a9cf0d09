"""A condition that is opened in the form and saved unchanged is the same condition."""

import json

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from segments.attributes import ATTRIBUTES
from segments.conditions import validate
from segments.drafting import EVENT, JSON, VISITOR, Draft
from segments.models import Segment
from segments.shipped import SHIPPED
from segments.spelling import respell
from tests import factories

names = st.sampled_from(["visitor.trait.vip", "visitor.trait.age", "nowhere.at.all", *ATTRIBUTES])
texts = st.text("ab ,\n'é", max_size=4) | st.sampled_from(["yes", "true", "1", "1.0", "inf"])
scalars = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts
)
operations = st.dictionaries(
    st.sampled_from(["$eq", "$ne", "$gt", "$lte"]), scalars, min_size=1, max_size=2
) | st.dictionaries(st.sampled_from(["$in", "$nin"]), st.lists(scalars, max_size=3), min_size=1, max_size=2)
operands = (
    scalars | operations | st.builds(lambda there: {"$exists": there}, st.booleans()) | st.lists(scalars, max_size=2)
)
conditions = st.recursive(
    st.dictionaries(names, operands, max_size=3),
    lambda inner: (
        st.builds(
            lambda key, parts: {key: parts}, st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=3)
        )
        | st.builds(lambda part: {"$not": part}, inner)
        | st.builds(lambda one, other: one | other, inner, inner)
    ),
    max_leaves=6,
).filter(lambda condition: validate(condition) == [])


def posted(draft: Draft) -> QueryDict:
    """What a browser sends for the form as it is drawn."""
    data = QueryDict(mutable=True)
    data["condition-mode"], data["condition-about"] = draft.mode, draft.about
    if draft.mode == JSON:
        data["condition-json"] = draft.text.replace("\n", "\r\n")
        return data
    data["condition-join"] = draft.groups.join
    data.setlist("condition-quantifier", [group.quantifier for group in draft.groups.groups])
    for place, group in enumerate(draft.groups.groups):
        for row in group.rows:
            data.appendlist("condition-group", str(place))
            data.appendlist("condition-attribute", row.attribute)
            data.appendlist("condition-operator", row.operator)
            data.appendlist("condition-value", row.value.replace("\n", "").replace("\r", ""))
    return data


@given(conditions, st.sampled_from(["EUR", "JPY", "KWD"]), st.sampled_from([VISITOR, EVENT]))
def test_any_condition_opened_and_saved_unchanged_is_the_same(condition, currency, about):
    """R04: with the types of its values, which Python's == would not tell."""
    again = Draft.of_post(posted(Draft(currency, condition, about)), currency).value()

    meant = respell(condition) if about == VISITOR else condition
    assert json.dumps(again, sort_keys=True) == json.dumps(meant, sort_keys=True)


@pytest.mark.parametrize(
    "condition",
    [
        {"visitor.sessions": "3"},
        {"context.device": {"$gt": "a"}},
        {"feature.checkout_open": {"$gt": 0}},
        {"feature.cart_value": {"$gt": 12.5}},
        {"$not": {"context.device": "mobile"}},
        {"context.device": {"$not": {"$eq": "mobile"}}},
        {"$or": []},
        {"$or": [{"context.device": "mobile"}]},
        {"$or": [{}]},
    ],
    ids=str,
)
def test_what_rows_would_change_is_shown_as_json(condition):
    """R04."""
    assert Draft("EUR", condition).mode == JSON


@pytest.mark.parametrize(
    "condition",
    [
        {"visitor.trait.vip": True},
        {"visitor.trait.age": 30},
        {"visitor.trait.age": "30"},
        {"$nor": [{"visitor.trait.vip": True}]},
        {"visitor.trait.size": {"$in": ["s", 1]}},
    ],
    ids=str,
)
def test_a_trait_is_what_it_looks_like(condition):
    draft = Draft("EUR", condition)

    assert draft.mode == "rows"
    assert json.dumps(draft.value()) == json.dumps(condition)


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.key)
def test_shipped_segments_are_still_shown_as_rows(shipped):
    assert Draft("EUR", shipped.condition).mode == "rows"


def test_a_new_description_leaves_the_condition_as_it_was(client, site):
    """R04, through the page."""
    segment = Segment.objects.create(site=site, key="vips", name="VIPs", condition={"visitor.trait.vip": True})
    client.force_login(factories.make_user("editor"))
    data = posted(Draft("EUR", segment.condition))
    data.update({"name": "VIPs", "key": "vips", "description": "Those who pay."})

    client.post("/segments/s/vips/", data.urlencode(), content_type="application/x-www-form-urlencoded")

    segment.refresh_from_db()
    assert segment.description == "Those who pay."
    assert segment.condition == {"visitor.trait.vip": True}
    assert segment.condition["visitor.trait.vip"] is True


@pytest.mark.parametrize(
    ("typed", "condition"),
    [
        ([("total", "$gte", "50")], {"total": {"$gte": 50}}),
        ([("plan.name", "$eq", "pro")], {"plan.name": "pro"}),
        ([("code", "$eq", '"0123"'), ("first", "$eq", "true")], {"first": True, "code": "0123"}),
        ([("sku", "$in", 'K-1, 7, "7"')], {"sku": {"$in": ["K-1", 7, "7"]}}),
        ([("coupon", "known", "")], {"coupon": {"$exists": True}}),
        ([(" total ", "$gt", "1.5")], {"total": {"$gt": 1.5}}),
    ],
)
def test_rows_about_an_event_say_what_is_typed_as_it_looks(typed, condition):
    """Nobody registers the properties of events, so the value says its type."""
    data = QueryDict(mutable=True)
    data["condition-mode"], data["condition-about"] = "rows", EVENT
    for name, values in zip(("attribute", "operator", "value"), zip(*typed, strict=True), strict=True):
        data.setlist(f"condition-{name}", list(values))

    assert Draft.of_post(data, "EUR").value() == condition
    assert Draft("EUR", condition, EVENT).mode == "rows"


@pytest.mark.parametrize("name", ["", "$total"])
def test_a_row_about_an_event_needs_a_property(name):
    data = QueryDict(mutable=True)
    data["condition-mode"], data["condition-about"] = "rows", EVENT
    data["condition-attribute"], data["condition-operator"], data["condition-value"] = name, "$eq", "1"

    with pytest.raises(forms.ValidationError, match="Name a property"):
        Draft.of_post(data, "EUR").value()
