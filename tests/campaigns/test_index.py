import random

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from campaigns.index import Index
from campaigns.index.columns import MAX_CUTS, MAX_DENSE
from segments.conditions import compile_condition, matches
from tests.conditions import ATTRIBUTES, CONDITIONS, GROUPS, MALFORMED


def scan(conditions, attributes, groups=None):
    return sum(1 << i for i, condition in enumerate(conditions) if matches(condition, attributes, groups or {}))


WORDS = ["DE", "FR", "US", "5", "10", "", "shoes"]
NUMBERS = [-1, 0, 1, 2, 5, 5.5, 10]
NAMES = ["context.country", "context.device", "feature.cart_value", "feature.visits", "segment", "session.new"]


def random_value(rng):
    return rng.choice([rng.choice(WORDS), rng.choice(NUMBERS), rng.choice([True, False, None])])


def random_list(rng):
    return [random_value(rng) for _ in range(rng.randrange(4))]


OPERATORS = {
    "$eq": random_value,
    "$ne": random_value,
    "$in": random_list,
    "$nin": random_list,
    "$all": random_list,
    "$gt": lambda rng: rng.choice(NUMBERS),
    "$gte": lambda rng: rng.choice(NUMBERS),
    "$lt": lambda rng: rng.choice(NUMBERS + WORDS),
    "$lte": lambda rng: rng.choice(NUMBERS),
    "$exists": lambda rng: rng.random() < 0.5,
    "$elemMatch": lambda rng: rng.choice(
        [{"$eq": random_value(rng)}, {"$in": random_list(rng)}, {"$gt": 3}, {"name": "x"}]
    ),
    "$not": lambda rng: random_predicate(rng),
    "$regex": lambda rng: rng.choice(["^D", "5", "("]),
    "$inGroup": lambda rng: rng.choice(["plain", "unknown", "odd"]),
    "$vgt": lambda rng: "1.2.0",
}


def random_predicate(rng):
    names = rng.sample(list(OPERATORS), rng.choice([1, 1, 2]))
    return {name: OPERATORS[name](rng) for name in names}


def random_condition(rng, depth=0):
    condition = {
        name: random_value(rng) if rng.random() < 0.3 else random_predicate(rng)
        for name in rng.sample(NAMES, rng.randrange(3 if depth else 4))
    }
    if depth < 2 and rng.random() < 0.35:
        operator = rng.choice(["$and", "$or", "$nor", "$not"])
        parts = [random_condition(rng, depth + 1) for _ in range(rng.randrange(4))]
        condition[operator] = random_condition(rng, depth + 1) if operator == "$not" else parts
    return condition


def random_attributes(rng):
    def value():
        return rng.choice(
            [random_value, random_value, random_value, random_list, lambda rng: {"name": 1}, lambda rng: object()]
        )(rng)

    return {name: value() for name in NAMES if rng.random() < 0.8}


def test_equals_the_scan_on_100_000_random_pairs():
    rng = random.Random(5)
    pairs = held = 0
    for _ in range(20):
        conditions = [random_condition(rng) for _ in range(100)]
        tests = [compile_condition(condition, GROUPS) for condition in conditions]
        index = Index.build(conditions, GROUPS)
        for _ in range(50):
            attributes = random_attributes(rng)

            found = index.match(attributes)

            assert found == sum(1 << i for i, test in enumerate(tests) if test(attributes)), attributes
            pairs, held = pairs + len(conditions), held + found.bit_count()
    assert pairs == 100_000
    assert 0.1 < held / pairs < 0.9


@limits(max_examples=250, deadline=None)
@given(st.lists(CONDITIONS | MALFORMED, max_size=6), st.lists(ATTRIBUTES, min_size=1, max_size=3), st.integers(0, 63))
def test_equals_the_reference_on_hostile_input(conditions, visitors, within):
    index = Index.build(conditions, GROUPS)

    for attributes in visitors:
        expected = scan(conditions, attributes, GROUPS)
        assert index.match(attributes) == expected
        assert index.match(attributes, within) == expected & within


@pytest.mark.parametrize("seed", range(3))
def test_loading_gives_the_same_matches(seed):
    rng = random.Random(seed)
    conditions = [random_condition(rng) for _ in range(200)]
    groups = {"plain": [1, "DE"]}
    index = Index.build(conditions, groups)

    loaded = Index.from_bytes(index.to_bytes())

    for _ in range(50):
        attributes = random_attributes(rng)
        assert loaded.match(attributes) == index.match(attributes)


def test_stays_exact_with_more_limits_than_cuts():
    rng = random.Random(1)
    conditions = [{"n": {"$gt": rng.uniform(0, 99), "$lte": rng.uniform(50, 200)}} for _ in range(MAX_CUTS)] + [
        {"n": {"$gte": i / 4}} for i in range(MAX_CUTS)
    ]
    index = Index.from_bytes(Index.build(conditions).to_bytes())

    for value in [
        -5,
        0,
        0.25,
        33.3,
        33.25,
        98.99,
        127.75,
        1e9,
        float("inf"),
        float("-inf"),
        float("nan"),
        "33.3",
        "x",
        None,
        True,
        [1],
        10**400,
    ]:
        assert index.match({"n": value}) == scan(conditions, {"n": value}), value


def test_stays_exact_with_more_literals_than_dense_bitmaps():
    conditions = (
        [{"url": f"/{i}"} for i in range(MAX_DENSE)]
        + [{"url": {"$nin": [f"/{i}", 5]}} for i in range(MAX_DENSE)]
        + [{"url": {"$in": [f"/{i}"]}} for i in range(MAX_DENSE)]
    )
    index = Index.from_bytes(Index.build(conditions).to_bytes())

    for value in ["/0", "/511", "/9999", 5, None, ["/3", "/4"], ["/3", 5, []], [], {}]:
        assert index.match({"url": value}) == scan(conditions, {"url": value}), value


def test_keeps_true_apart_from_1():
    index = Index.from_bytes(
        Index.build([{"n": 1}, {"n": True}, {"n": {"$in": [False]}}, {"n": {"$ne": 0}}]).to_bytes()
    )

    assert [index.match({"n": value}) for value in (1, True, False, 0, 1.0)] == [0b1001, 0b1010, 0b1100, 0, 0b1001]


class Asked(dict):
    """Attributes that remember which were computed."""

    def __init__(self, **values):
        super().__init__()
        self.values_, self.asked = values, []

    def __missing__(self, key):
        self.asked.append(key)
        return self.values_[key]


def test_looks_up_no_attribute_that_cannot_matter():
    conditions = [{"country": "DE"}] * 8 + [{"country": "DE", "costly": {"$gt": 5}}, {"other": 1}]
    index = Index.build(conditions)
    elsewhere, nobody, here = (Asked(country=country, costly=9, other=2) for country in ("FR", "DE", "DE"))

    assert index.match(elsewhere) == 0
    assert index.match(nobody, within=0b1111) == 0b1111
    assert index.match(here) == 0b111111111
    assert (elsewhere.asked, nobody.asked) == (["country", "other"], ["country"])


def test_an_empty_index_matches_nothing():
    assert Index.from_bytes(Index.build([]).to_bytes()).match({"n": 1}) == 0
