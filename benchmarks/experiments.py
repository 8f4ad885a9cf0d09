"""Who gets which arm: our assignment against that of the growthbook SDK, unmodified, for the same visitors.

`python -m benchmarks experiments`. Both draw by the same published hash, and their answers are compared first. Visitors
come as they come to a shop: each looks at PAGES pages with others in between (6.8 clicks a session in the e-shop
clothing data of the UCI repository), and none is known when the first page comes. The note says what a first page and
what a later one costs.
"""

import statistics
import uuid
from collections.abc import Callable
from types import SimpleNamespace

from growthbook import Experiment, GrowthBook

from benchmarks.measure import Row, cpu_us
from campaigns.bucketing import draw
from campaigns.treatments import choose, split
from segments.profile import Profile

VISITORS = [uuid.UUID(int=number * 7_919).hex for number in range(1, 1_001)]
PAGES = 7
SEED = "9f86d081884c7d65"
TURNS = 15

Assign = Callable[[str], str]


def run() -> list[Row]:
    ours, theirs = assignment(), sdk()
    if [ours(who) for who in VISITORS] != [theirs(who) for who in VISITORS]:
        raise RuntimeError("both draw by one hash, and differ")
    turns = [(_visits(ours), _visits(theirs)) for _ in range(TURNS)]
    mine, its = (statistics.median(side) for side in zip(*turns, strict=True))
    ratio = statistics.median(other / own for own, other in turns)
    later = cpu_us(lambda: ours(VISITORS[0]), 5_000)
    note = f"first page {_first(ours):.1f} us, later ones {later:.1f} us"
    return [Row("assignment", mine, "us", "growthbook SDK", its, ratio, 5, 10, note=note)]


def _visits(assign: Assign) -> float:
    """CPU microseconds of one page view."""
    draw.cache_clear()
    return cpu_us(lambda: [assign(who) for _ in range(PAGES) for who in VISITORS], 1, 1) / (PAGES * len(VISITORS))


def _first(assign: Assign) -> float:
    def all_of_them() -> None:
        draw.cache_clear()
        for who in VISITORS:
            assign(who)

    return cpu_us(all_of_them, 1) / len(VISITORS)


def assignment() -> Assign:
    treatment = split.freeze(1, "test", SEED, [("0", 0, 50), ("1", 1, 30), ("2", 2, 20)], coverage=0.8)
    situation = SimpleNamespace(now=0, attributes={}, profile=Profile(), forced={}, weights={})

    def assign(who: str) -> str:
        return choose(treatment, who, situation).arm

    return assign


def sdk() -> Assign:
    client = GrowthBook()
    experiment = Experiment(
        key="test", variations=["0", "1", "2"], weights=[0.5, 0.3, 0.2], coverage=0.8, seed=SEED, hashVersion=2
    )

    def assign(who: str) -> str:
        client.set_attributes({"id": who})
        result = client.run(experiment)
        return result.value if result.inExperiment else ""

    return assign
