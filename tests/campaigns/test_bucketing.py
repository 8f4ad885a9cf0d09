"""Everybody who uses GrowthBook's published hash finds the same bucket."""

import itertools
import json

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from campaigns.bucketing import bucket_ranges, choose_variation, equal_weights, hash_value, in_namespace

PUBLIC = settings.SHARED_DIR / "conformance" / "growthbook" / "cases.json"
CASES: dict[str, list] = json.loads(PUBLIC.read_text()) if PUBLIC.exists() else {}
WEIGHTS = st.lists(st.integers(1, 100), min_size=1, max_size=6)

published = pytest.mark.skipif(not CASES, reason=f"GrowthBook's conformance suite is not at {PUBLIC}; set SEGUE_SHARED")


def named(case: list) -> str:
    return str(case[0])


@published
@pytest.mark.parametrize("case", CASES.get("hash", []), ids=str)
def test_hash_is_as_published(case):
    seed, value, version, expected = case

    assert hash_value(seed, value, version) == expected


@published
@pytest.mark.parametrize("case", CASES.get("getBucketRange", []), ids=named)
def test_ranges_are_as_published(case):
    _, (n, coverage, weights), expected = case

    ranges = bucket_ranges(n, coverage, weights)

    assert [round(bound, 6) for bounds in ranges for bound in bounds] == [
        bound for bounds in expected for bound in bounds
    ]


@published
@pytest.mark.parametrize("case", CASES.get("chooseVariation", []), ids=named)
def test_choice_is_as_published(case):
    _, n, ranges, expected = case

    assert choose_variation(n, ranges) == expected


@published
@pytest.mark.parametrize("case", CASES.get("inNamespace", []), ids=named)
def test_namespace_is_as_published(case):
    _, value, namespace, expected = case

    assert in_namespace(value, tuple(namespace)) is expected


@published
@pytest.mark.parametrize("case", CASES.get("getEqualWeights", []), ids=named)
def test_equal_weights_are_as_published(case):
    n, expected = case

    assert equal_weights(n) == pytest.approx(expected)


def test_some_values_by_hand():
    """Without the published suite these stand for it."""
    assert hash_value("", "a", 1) == 0.22
    assert hash_value("seed", "b", 2) == 0.2696
    assert hash_value("abc", "def", 99) is None


@given(st.text(), st.text())
def test_a_hash_lies_in_its_interval_and_is_always_the_same(seed, value):
    drawn = hash_value(seed, value)

    assert 0 <= drawn < 1
    assert hash_value(seed, value) == drawn


@given(WEIGHTS, st.integers(0, 9_999))
def test_with_full_coverage_everybody_falls_into_one_range(weights, step):
    shares = [weight / sum(weights) for weight in weights]
    ranges = bucket_ranges(len(shares), 1.0, shares)

    assert choose_variation(step / 10_000, ranges) >= 0
    assert all(low <= high for low, high in ranges)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(ranges))
