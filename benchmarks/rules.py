"""Rule matching: bitmaps against the growthbook SDK, unmodified, and against a scan with compiled conditions.

`python -m benchmarks rules` prints the table. All of them answer the same question, which of all rules hold, and the
answers are compared first.
"""

import logging
import random
from collections.abc import Callable
from itertools import cycle

from growthbook import GrowthBook
from growthbook.core import evalCondition

from benchmarks.measure import LOOP, Row, cpu_us, loop, within
from campaigns.index import Index
from campaigns.release import FrozenPlacement, FrozenVariant, Source, dump, load
from campaigns.rules import FrozenRule
from campaigns.treatments import single
from personalization.decide import decide
from personalization.situation import NO_VISITOR, Situation
from segments.conditions import compile_condition
from segments.profile import Profile

SIZES = (100, 1_000, 10_000)
COUNTRIES = ["DE", "FR", "US", "GB", "IT", "ES", "NL", "PL", "SE", "AT"]
DEVICES = ["desktop", "mobile", "tablet"]
CHANNELS = ["search", "social", "email", "direct"]
SEGMENTS = [f"segment-{i}" for i in range(200)]


def make_conditions(count: int) -> list[dict]:
    """Three or four predicates each, as marketers combine them: a country, a device, a threshold, and a segment, a
    channel or a count."""
    rng = random.Random(2026)
    conditions = []
    for _ in range(count):
        condition: dict = {
            "context.country": {"$in": rng.sample(COUNTRIES, 2)},
            "context.device": rng.choice(DEVICES),
            "feature.cart_value": {"$gt": rng.randrange(200)},
        }
        kind = rng.random()
        if kind < 0.5:
            condition["segment"] = {"$elemMatch": {"$eq": rng.choice(SEGMENTS)}}
        elif kind < 0.75:
            condition["feature.sessions"] = {"$lte": rng.randrange(1, 40)}
        elif kind < 0.95:
            condition["referral.channel"] = {"$ne": rng.choice(CHANNELS)}
        conditions.append(condition)
    return conditions


def make_visitors(count: int) -> list[dict]:
    rng = random.Random(7)
    return [
        {
            "context.country": rng.choice(COUNTRIES),
            "context.device": rng.choice(DEVICES),
            "feature.cart_value": rng.uniform(0, 200),
            "feature.sessions": rng.randrange(40),
            "referral.channel": rng.choice(CHANNELS),
            "segment": rng.sample(SEGMENTS, 8),
        }
        for _ in range(count)
    ]


def nested(attributes: dict) -> dict:
    """The SDK walks the dots of a name; it knows no flat names."""
    tree: dict = {}
    for name, value in attributes.items():
        *groups, last = name.split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return tree


def sdk(conditions: list[dict]) -> Callable[[dict], int]:
    """One feature for each rule; on when its condition holds."""
    features = {
        str(i): {"defaultValue": False, "rules": [{"condition": condition, "force": True}]}
        for i, condition in enumerate(conditions)
    }
    client = GrowthBook(features=features)

    def match(attributes: dict) -> int:
        client.set_attributes(attributes)
        return sum(1 << i for i in range(len(conditions)) if client.is_on(str(i)))

    return match


def sdk_conditions(conditions: list[dict]) -> Callable[[dict], int]:
    """Only the SDK's evaluator, without features: the least that it can cost."""
    return lambda attributes: sum(
        1 << i for i, condition in enumerate(conditions) if evalCondition(attributes, condition)
    )


def scan(conditions: list[dict]) -> Callable[[dict], int]:
    tests = [compile_condition(condition) for condition in conditions]
    return lambda attributes: sum(1 << i for i, test in enumerate(tests) if test(attributes))


def of_each(match: Callable[[dict], object], visitors: list[dict]) -> Callable[[], object]:
    turn = cycle(visitors)
    return lambda: match(next(turn))


def decider(conditions: list[dict]) -> Callable[[dict], list]:
    rules = [
        FrozenRule(i, f"rule {i}", "c", "C", "hero", 500, "", 0, 0, 0, 0, 0, condition=condition)
        for i, condition in enumerate(conditions)
    ]
    variant = FrozenVariant(1, "v", "", [], [b"{}"], [], [])
    placements, treatments = [FrozenPlacement("hero", 0, 0)], [single.freeze(0)]
    release = load(dump(Source(1, [], {}, placements, rules, [variant], [], "EUR", treatments=treatments)))
    profile = Profile()

    def ask(attributes: dict) -> list:
        situation = Situation(release, profile, NO_VISITOR, True, {}, 1, 1)
        situation.attributes.update(attributes)
        return decide(situation, ["hero"])

    return ask


def measure(size: int) -> dict[str, float]:
    """CPU microseconds by what is measured."""
    conditions, visitors = make_conditions(size), make_visitors(50)
    trees = [nested(visitor) for visitor in visitors]
    index = Index.build(conditions)
    matchers = {
        "scan": (scan(conditions), visitors),
        "growthbook conditions": (sdk_conditions(conditions), trees),
        "growthbook SDK": (sdk(conditions), trees),
    }
    for name, (match, inputs) in matchers.items():
        for visitor, given in zip(visitors[:5], inputs, strict=False):
            if match(given) != index.match(visitor):
                raise RuntimeError(f"{name} and the index disagree about {visitor}")
    repeat = max(1, 20_000 // size)
    figures = {name: cpu_us(of_each(match, inputs), repeat) for name, (match, inputs) in matchers.items()}
    data = index.to_bytes()
    return figures | {
        "bitmaps": cpu_us(of_each(index.match, visitors), 2000),
        "decide": cpu_us(of_each(decider(conditions), visitors), 1000),
        "build": cpu_us(lambda: Index.build(conditions), 1),
        "load": cpu_us(lambda: Index.from_bytes(data), 5),
    }


def run() -> list[Row]:
    logging.getLogger("growthbook").setLevel(logging.CRITICAL)
    figures = {size: measure(size) for size in SIZES}
    _print(figures)
    small, large = figures[1_000], figures[10_000]
    return [
        Row(
            "rule matching, 10,000 rules",
            large["bitmaps"],
            "us",
            "growthbook SDK at 1,000",
            small["growthbook SDK"],
            small["growthbook SDK"] / large["bitmaps"],
            100,
            1000,
        ),
        Row(
            "rule matching, 1,000 rules",
            small["bitmaps"],
            "us",
            "growthbook SDK at 1,000",
            small["growthbook SDK"],
            small["growthbook SDK"] / small["bitmaps"],
            100,
            1000,
        ),
        Row(
            "rule matching, 10,000 rules",
            large["bitmaps"],
            "us",
            "scan, compiled conditions",
            large["scan"],
            large["scan"] / large["bitmaps"],
            100,
            1000,
        ),
        *in_loops(),
        Row(
            "index of 10,000 rules, loaded",
            large["load"] / 1000,
            "ms",
            "building it",
            large["build"] / 1000,
            large["build"] / large["load"],
            10,
            50,
        ),
    ]


def in_loops() -> list[Row]:
    """What has no rival, beside loops of plain Python."""
    conditions, visitors = make_conditions(10_000), make_visitors(50)
    match, decides = of_each(Index.build(conditions).match, visitors), of_each(decider(conditions[:1_000]), visitors)
    return [
        within("rule matching, 10,000 rules", match, LOOP, loop, must=2.9, aim=1.1, repeat=200),
        within("decide alone, 1,000 rules", decides, LOOP, loop, must=4.3, aim=2.9, repeat=200),
        within(
            "index of 10,000 rules, built",
            lambda: Index.build(conditions),
            "a plain dict from predicates to rules",
            lambda: postings(conditions),
            must=11,
            aim=3.4,
            repeat=1,
        ),
    ]


def postings(conditions: list[dict]) -> dict[tuple[str, str], list[int]]:
    """The least that an index of rules could be."""
    rules: dict[tuple[str, str], list[int]] = {}
    for number, condition in enumerate(conditions):
        for path, test in condition.items():
            rules.setdefault((path, str(test)), []).append(number)
    return rules


def _print(figures: dict[int, dict[str, float]]) -> None:
    print(f"{'CPU us for one visitor, all rules':36}" + "".join(f"{size:>12,}" for size in figures))
    for name in figures[SIZES[0]]:
        print(f"{name:36}" + "".join(f"{figure[name]:12.2f}" for figure in figures.values()))
