"""Event rows of conditions: their form, what is refused, their names and their words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments.conditions import event_properties
from segments.conditions.event_rows import Row, describe, faults_of, find, read, row_of, title_of, write
from tests.events import START, event, letters

COFFEE = {"event": "Product Viewed", "where": {"category": "coffee"}, "count": {"$gte": 3}, "in": "session"}
NO_ORDER = {"event": "Order Completed", "count": {"$eq": 0}, "in": {"days": 30}}
RICH = {"event": "Order Completed", "worth": {"$gte": 10000}, "in": {"days": 90}}
MOSTLY = {"event": "Product Viewed", "where": {"category": {"$in": ["tea", "coffee"]}}, "share": {"$gte": 60}}
BOUGHT = {"event": "Product Added", "then": {"event": "Order Completed"}, "within": {"minutes": 120}}

names = st.sampled_from(["Product Viewed", "Order Completed", "page", "Ünïcode “quoted”"])
tests = st.dictionaries(
    st.sampled_from(["category", "price", "products.category", "$path"]),
    st.one_of(
        st.text(letters, max_size=8),
        st.integers(-5, 5),
        st.booleans(),
        st.fixed_dictionaries({"$in": st.lists(st.sampled_from(["a", 1, 1.0, True, "b"]), min_size=1)}),
        st.fixed_dictionaries({"$gte": st.floats(-10, 10)}),
        st.fixed_dictionaries({"$exists": st.booleans(), "$ne": st.text(letters, max_size=3)}),
    ),
    max_size=3,
)
windows = st.one_of(st.sampled_from(["session", "ever"]), st.fixed_dictionaries({"days": st.integers(1, 365)}))


@st.composite
def rows(draw):
    measure = draw(st.sampled_from(["count", "worth", "share", "then"]))
    row = {"event": draw(names), "in": draw(windows)}
    if measure == "share" or draw(st.booleans()):
        row["where"] = draw(tests) or ({"category": "coffee"} if measure == "share" else {})
    if measure == "then":
        row["then"] = {"event": draw(names), "where": draw(tests)}
        row["within"] = {draw(st.sampled_from(["minutes", "hours", "days"])): draw(st.integers(1, 30))}
    if measure in ("count", "then"):
        operator = draw(st.sampled_from(["$gte", "$lte", "$eq"]))
        row["count"] = {operator: draw(st.integers(0, 100))}
    else:
        row[measure] = {draw(st.sampled_from(["$gte", "$lte"])): draw(st.integers(0, 100))}
    if measure == "worth" and draw(st.booleans()):
        row["of"] = "price"
    return row


@given(rows())
def test_a_row_and_its_canonical_form_are_one(row):
    assert not list(faults_of(row))
    question = read(row)

    written = write(question)

    assert not list(faults_of(written))
    assert read(json.loads(json.dumps(written))) == question
    assert row_of(question.attribute) == question.row


def test_the_way_of_writing_does_not_matter():
    one = {"event": "page", "where": {"b": {"$in": ["x", "y"]}, "a": 1.0}}
    other = {
        "in": "ever",
        "count": {"$gte": 1},
        "where": {"a": {"$eq": 1}, "b": {"$in": ["y", "x", "x"]}},
        "event": "page",
    }

    assert read(one) == read(other)
    assert read(one).row.digest == read(other).row.digest


def test_a_number_that_needs_no_more_room_shares_the_count():
    assert read(COFFEE).row == read(COFFEE | {"count": {"$lte": 1}}).row
    assert read(COFFEE).row != read(COFFEE | {"count": {"$gte": 4}}).row
    assert read(COFFEE | {"count": {"$eq": 100}}).row.keep > 100


@pytest.mark.parametrize(
    "row, path",
    [
        ("Product Viewed", ""),
        ({}, "event"),
        ({"event": " "}, "event"),
        ({"event": "a\x00b"}, "event"),
        ({"event": "a\nb"}, "event"),
        ({"event": "\ud800"}, "event"),
        ({"event": "x" * 201}, "event"),
        ({"event": ["page"]}, "event"),
        (COFFEE | {"count": {"$gte": -1}}, "count.$gte"),
        (COFFEE | {"count": {"$gte": 101}}, "count.$gte"),
        (COFFEE | {"count": {"$gte": 1.5}}, "count.$gte"),
        (COFFEE | {"count": {"$gte": True}}, "count.$gte"),
        (COFFEE | {"count": {"$gt": 1}}, "count.$gt"),
        (COFFEE | {"count": 3}, "count"),
        (COFFEE | {"worth": {"$gte": 3}}, "worth"),
        (RICH | {"worth": {"$eq": 3}}, "worth.$eq"),
        (COFFEE | {"of": "price"}, "of"),
        (RICH | {"of": ""}, "of"),
        (RICH | {"of": "products.price"}, "of"),
        (RICH | {"of": "$path"}, "of"),
        (COFFEE | {"in": "week"}, "in"),
        (COFFEE | {"in": {"weeks": 1}}, "in"),
        (COFFEE | {"in": {"days": 0}}, "in.days"),
        (COFFEE | {"in": {"days": 366}}, "in.days"),
        (COFFEE | {"where": []}, "where"),
        (COFFEE | {"where": {"price": {"$regex": "x"}}}, "where.price.$regex"),
        (COFFEE | {"where": {"price": {"$gt": "10"}}}, "where.price.$gt"),
        (COFFEE | {"where": {"price": {"$in": []}}}, "where.price.$in"),
        (COFFEE | {"where": {"price": None}}, "where.price"),
        (COFFEE | {"where": {"$url": "x"}}, "where.$url"),
        (COFFEE | {"where": {"a..b": "x"}}, "where.a..b"),
        (COFFEE | {"where": {str(i): 1 for i in range(9)}}, "where"),
        ({"event": "page", "share": {"$gte": 50}}, "where"),
        (MOSTLY | {"share": {"$gte": 101}}, "share.$gte"),
        (BOUGHT | {"within": {"weeks": 1}}, "within"),
        (BOUGHT | {"within": {"days": 31}}, "within.days"),
        (BOUGHT | {"then": {"event": ""}}, "then.event"),
        (BOUGHT | {"then": {"event": "page", "count": 1}}, "then.count"),
        ({"event": "page", "within": {"days": 1}}, "then"),
        (COFFEE | {"wher": {}}, "wher"),
    ],
)
def test_a_fault_names_its_field(row, path):
    assert path in [where for where, _ in faults_of(row)]


def test_words():
    assert describe(read(COFFEE)) == "at least 3 × Product Viewed where category is “coffee” in this session"
    assert describe(read(NO_ORDER)) == "no Order Completed in the last 30 days"
    assert describe(read(RICH), "EUR") == "worth of Order Completed in the last 90 days is at least 100.00 EUR"
    assert describe(read(MOSTLY)) == "at least 60 % of Product Viewed being category is “coffee” or “tea” ever"
    assert describe(read(BOUGHT)) == "at least 1 × Product Added, then Order Completed within 2 hours ever"
    assert title_of(read(BOUGHT).row) == "Product Added, then Order Completed within 2 hours ever"


def test_words_for_one_visitor():
    seen = "Product Viewed where category is “coffee” in this session"
    assert find(read(COFFEE), 2, holds=False) == f"{seen}: 2, and must be at least 3"
    assert find(read(COFFEE), 4, holds=True) == f"{seen}: 4 or more"
    assert find(read(COFFEE), 4, holds=True, denied=True) == f"{seen}: 4 or more, and must not be at least 3"
    assert find(read(COFFEE), None, holds=False) == f"{seen}: not counted yet for this visitor"
    assert find(read(RICH), 2500, "EUR", holds=True) == "worth of Order Completed in the last 90 days: 25.00 EUR"


@pytest.mark.parametrize(
    "properties, where, holds",
    [
        ({"category": "coffee"}, {"category": "coffee"}, True),
        ({"category": "Coffee"}, {"category": "coffee"}, False),
        ({}, {"category": "coffee"}, False),
        ({}, {"category": {"$ne": "coffee"}}, True),
        ({"tags": ["new", "coffee"]}, {"tags": "coffee"}, True),
        ({"tags": ["new", "coffee"]}, {"tags": {"$nin": ["coffee"]}}, False),
        ({"price": "12.50"}, {"price": {"$gt": 12}}, True),
        ({"price": "twelve"}, {"price": {"$gt": 12}}, False),
        ({}, {"price": {"$lt": 12}}, False),
        ({"price": True}, {"price": {"$lt": 12}}, False),
        ({"price": 5}, {"price": 5.0}, True),
        ({"price": 1}, {"price": True}, False),
        ({"sale": None}, {"sale": {"$exists": False}}, True),
        ({"products": [{"category": "tea"}, {"category": "coffee"}]}, {"products.category": "coffee"}, True),
        ({"products": [{"category": "tea"}, 7]}, {"products.category": "coffee"}, False),
        ({"products": []}, {"products.category": {"$exists": True}}, False),
        ({"products": [{"price": 5}, {"price": "50"}]}, {"products.price": {"$gt": 12}}, True),
        ({"cart": {"total": 5}}, {"cart.total": {"$lte": 5}}, True),
        ({"tags": ["new", "coffee beans"]}, {"tags": {"$contains": "bean"}}, True),
    ],
)
def test_what_properties_say(properties, where, holds):
    test = event_properties.compile_tests(event_properties.read(where))

    assert test(event("Product Viewed", START, properties=properties)) is holds


def test_the_page_stands_beside_the_properties():
    test = event_properties.compile_tests(event_properties.read({"$path": {"$startsWith": "/sale"}}))

    assert test(event("", START, "page", path="/sale/coffee"))
    assert not test(event("", START, "page", path="/"))


def test_an_attribute_that_is_no_row_has_none():
    assert row_of("visitor.events") is None
    assert row_of('did.{"event":1}') is None
    assert row_of(Row("page").name) == Row("page")
