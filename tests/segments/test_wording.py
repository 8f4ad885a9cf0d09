"""A condition in plain words."""

import pytest
from hypothesis import given
from hypothesis import settings as limits

from segments.conditions.operators import OPERATORS
from segments.wording import describe
from tests.conditions import CONDITIONS, HOSTILE, MALFORMED


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({}, "everybody"),
        ({"$nor": [{}]}, "nobody"),
        ({"cart": {"$gt": 50, "$lte": 90.5}}, "cart is more than 50 and is at most 90.5"),
        ({"cart": {"$gt": 50, "$lte": 90.5}, "n": 1}, "cart is more than 50 and is at most 90.5 and n is 1"),
        ({"country": {"$in": ["DE", "AT"]}, "new": True}, "country is “DE” or “AT” and new is yes"),
        ({"country": {"$nin": ["DE", "AT"]}}, "country is not “DE” or “AT”"),
        ({"$or": [{"a": 1}, {"b": 2, "c": 3}]}, "a is 1 or (b is 2 and c is 3)"),
        ({"$or": [{"a": 1}, {"b": {"$gt": 2, "$lt": 9}}]}, "a is 1 or (b is more than 2 and is less than 9)"),
        ({"$not": {"a": 1}}, "a is not 1"),
        ({"$not": {"a": {"$ne": 1}}}, "a is 1"),
        ({"$not": {"a": 1, "b": 2}}, "not (a is 1 and b is 2)"),
        ({"a": {"$not": {"$gt": 5}}}, "a is not more than 5"),
        ({"a": {"$not": {"$gt": 5, "$lt": 9}}}, "a not (is more than 5 and is less than 9)"),
        ({"$or": [{"a": 1}, {"b": 2}], "c": 3}, "c is 3 and (a is 1 or b is 2)"),
        ({"$nor": [{"a": 1}, {"b": 2}], "c": 3}, "c is 3 and none of (a is 1 or b is 2)"),
        ({"$nor": [{"a": 1}], "$or": [{"b": 1}, {"c": 1}]}, "(b is 1 or c is 1) and a is not 1"),
        ({"a": {"$exists": False}}, "a is not known"),
        ({"a": {"$not": {"$exists": False}}}, "a is known"),
        ({"a": {"$size": 1}}, "a has 1 entry"),
        ({"a": {"$size": {"$gt": 1}}}, "a has a number of entries that is more than 1"),
        ({"a": {"$all": ["x", "y"]}}, "a has all of “x” and “y”"),
        ({"a": {"$all": ["x", {"$regex": "^y"}]}}, "a has all of “x” and one that matches the pattern “^y”"),
        ({"a": {"$elemMatch": {"$eq": "x"}}}, "a has an entry that is “x”"),
        ({"a": {"$elemMatch": {"sku": "x"}}}, "a has an entry where sku is “x”"),
        ({"a": {"$type": "string"}}, "a is of the type “string”"),
        ({"a": {"$inGroup": "vips"}}, "a is in the list “vips”"),
        ({"v": {"$vlte": "2.0"}}, "v is version “2.0” or older"),
        ({"a": None}, "a is unknown"),
        ({"a": {"$in": []}}, "a is nothing"),
        ({"$savedGroup": "vip"}, "the visitor is in the segment “vip”"),
        (
            {"$savedGroups": ["vip", "new"]},
            "the visitor is in the segment “vip” and the visitor is in the segment “new”",
        ),
        ({"a": {"$future": 1}}, "a $future 1"),
        ({"$future": [1]}, "$future [1]"),
    ],
)
def test_a_condition_reads_in_plain_words(condition, words):
    assert describe(condition) == words


def test_names_of_the_registry_read_as_their_titles_with_their_unit():
    condition = {"feature.cart_value": {"$gte": 5000}, "feature.pages_viewed": 1, "visitor.trait.plan": "gold"}

    assert describe(condition, "EUR") == (
        "Value of the cart is at least 50.00 EUR and Pages this session is 1 page and Trait plan is “gold”"
    )
    assert describe({"feature.cart_value": {"$gte": 5000}}, "JPY") == "Value of the cart is at least 5,000 JPY"


def test_operators_that_mean_different_things_read_differently():
    argument = {"$elemMatch": {"$eq": 1}, "$size": 1, "$exists": True}

    phrases = {
        name: describe({"a": {name: argument.get(name, ["x", "y"] if "in" in name or "all" in name else "x")}})
        for name in OPERATORS
        if name
        not in ("$not", "$in", "$nin", "$inGroup", "$notInGroup")  # of several values $in says what $eq says of one
    }

    assert len(set(phrases.values())) == len(phrases)


@limits(deadline=None)
@given(CONDITIONS | MALFORMED | HOSTILE)
def test_anything_has_words(condition):
    assert describe(condition)
