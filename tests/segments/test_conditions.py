import json
import math
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import example, given
from hypothesis import settings as limits

from segments.conditions import Fault, compile_condition, matches, validate
from segments.conditions.operators import OPERATORS
from tests.conditions import ATTRIBUTES, CONDITIONS, GROUPS, HOSTILE, MALFORMED

OURS = json.loads((Path(__file__).parent.parent / "cases" / "conditions.json").read_text())
PUBLIC = settings.SHARED_DIR / "conformance" / "growthbook" / "cases.json"


def both(condition, attributes, groups=None):
    groups = groups or {}
    return matches(condition, attributes, groups), compile_condition(condition, groups)(attributes)


@pytest.mark.parametrize("case", OURS, ids=lambda case: case[0])
def test_agrees_with_our_cases(case):
    _, condition, attributes, expected, *groups = case

    assert both(condition, attributes, *groups) == (expected, expected)


@pytest.mark.skipif(not PUBLIC.exists(), reason=f"GrowthBook's conformance suite is not at {PUBLIC}; set SEGUE_SHARED")
def test_agrees_with_all_248_cases_of_the_specification():
    cases = json.loads(PUBLIC.read_text())["evalCondition"]

    wrong = [
        name
        for name, condition, attributes, expected, *groups in cases
        if both(condition, attributes, *groups) != (expected, expected)
    ]

    assert len(cases) == 248
    assert wrong == []


@pytest.mark.parametrize(
    ("condition", "path", "message"),
    [
        ([], "", "must be an object"),
        ({"$or": {"n": 1}}, "$or", "must be a list"),
        (
            {"$or": [{}, {"feature.cart_value": {"$gt": None}}]},
            "$or[1].feature.cart_value.$gt",
            "must be a number or text",
        ),
        ({"$and": [{"n": {"$in": 5}}]}, "$and[0].n.$in", "must be a list"),
        ({"n": {"$regx": "a"}}, "n.$regx", "unknown operator"),
        ({"$nand": []}, "$nand", "unknown operator"),
        ({"n": {"$not": {"$size": []}}}, "n.$not.$size", "must be a number or operators"),
        ({"n": {"$exists": 1}}, "n.$exists", "must be true or false"),
        ({"n": {"$type": "date"}}, "n.$type", "must be one of string, number, boolean, array, object, null"),
        ({"n": {"$elemMatch": {"m": {"$gt": []}}}}, "n.$elemMatch.m.$gt", "must be a number or text"),
        ({"n": {"$gt": 1, "m": 2}}, "n", "mixes operators with plain names"),
        ({"n": math.nan}, "n", "is not a JSON value"),
        ({"n": [1, {"a": math.inf}]}, "n[1].a", "is not a JSON value"),
        ({"n": {"$regex": "(?=a)"}}, "n.$regex", "is not a regular expression of RE2: invalid perl operator: (?="),
        ({"n": {"$inGroup": 5}}, "n.$inGroup", "must name a saved group"),
        ({"$savedGroup": {}}, "$savedGroup", "must name a saved group"),
    ],
)
def test_names_the_path_to_a_fault(condition, path, message):
    assert validate(condition) == [Fault(path, message)]


def test_reports_every_fault_in_reading_order():
    faults = validate({"a": {"$x": 1}, "$or": [{"b": {"$in": 1}}, 5]})

    assert [fault.path for fault in faults] == ["a.$x", "$or[0].b.$in", "$or[1]"]


def test_refuses_conditions_nested_too_deeply_and_survives_them():
    condition: dict = {"n": 1}
    literal: list = []
    for _ in range(5000):
        condition = {"$not": condition}
        literal = [literal]

    assert "nested deeper" in validate(condition)[0].message
    assert "nested deeper" in validate({"n": literal})[0].message
    assert both(condition, {"n": 1}) == (False, False)


def test_follows_saved_groups_only_when_it_knows_them():
    condition = {"$savedGroup": "g"}

    assert validate(condition) == []
    assert validate(condition, {}) == [Fault("$savedGroup", "there is no saved group 'g' with a condition")]


class Lazy(dict):
    """Computes what is asked for, as the attributes of a visitor do."""

    def __missing__(self, key):
        if key != "feature.visits":
            raise KeyError(key)
        self[key] = 7
        return 7


def test_asks_lazy_attributes_by_whole_path():
    assert both({"feature.visits": {"$gt": 6}, "feature.other": None}, Lazy()) == (True, True)


@limits(max_examples=600, deadline=None)
@given(CONDITIONS | MALFORMED, ATTRIBUTES | HOSTILE)
@example({"a": {"$in": [float("nan")]}}, {"a": float("nan")})
@example({"v": {"$veq": "1"}}, {"v": 10**400})
def test_both_evaluators_agree_and_never_raise(condition, attributes):
    reference, compiled = both(condition, attributes, GROUPS)

    assert reference is compiled


@limits(max_examples=200, deadline=None)
@given(MALFORMED)
def test_a_condition_with_a_fault_never_matches(condition):
    if validate(condition, GROUPS):
        assert both(condition, {"a": 1}, GROUPS) == (False, False)
        assert both({"$not": condition}, {"a": 1}, GROUPS) == (False, False)


def test_every_operator_is_documented():
    page = (settings.BASE_DIR / "docs" / "conditions.md").read_text()

    assert [name for name in OPERATORS if f"`{name}`" not in page] == []


def test_a_path_may_name_a_place_in_a_list():
    """Issue 7, part 9k."""
    attributes = {"items": [{"sku": "K-1"}, {"sku": "K-2"}], "pair": (1, 2), "named": {"0": "zero"}}
    expected = {
        "items.0.sku": "K-1",
        "items.1.sku": "K-2",
        "items.2.sku": None,
        "items.-1.sku": None,
        "pair.1": 2,
        "named.0": "zero",
        "items.x.sku": None,
    }

    for path, value in expected.items():
        assert matches({path: value}, attributes)
        assert compile_condition({path: value})(attributes)


@pytest.mark.parametrize(
    ("left", "right"), [("1.02.0", "1.2.0"), ("01.2", "1.2"), ("v1.2.003", "1.2.3"), ("1.2.3-007", "1.2.3-7")]
)
def test_zeros_in_front_of_a_number_of_a_version_mean_nothing(left, right):
    """Issue 7, part 9k."""
    assert matches({"version": {"$veq": right}}, {"version": left})
    assert compile_condition({"version": {"$veq": right}})({"version": left})
