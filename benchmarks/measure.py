"""How is a promise measured? A row with the yardstick beside it, and the statistics that noise leaves trustworthy."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One promise. `ratio` is ours against the yardstick; `must` and `aim` bound it from below, or from above when
    `lower` is set."""

    promise: str
    value: float
    unit: str
    yardstick: str
    yardstick_value: float
    ratio: float
    must: float
    aim: float
    lower: bool = False
    note: str = ""

    @property
    def verdict(self) -> str:
        def reaches(bound: float) -> bool:
            return self.ratio <= bound if self.lower else self.ratio >= bound

        return "aim" if reaches(self.aim) else "must" if reaches(self.must) else "MISSED"


def cpu_us(work: Callable[[], object], repeat: int, rounds: int = 5) -> float:
    """CPU microseconds of one call of `work`, the median of several rounds of `repeat` calls."""
    figures = []
    for _ in range(rounds):
        start = time.process_time_ns()
        for _ in range(repeat):
            work()
        figures.append((time.process_time_ns() - start) / repeat / 1000)
    return statistics.median(figures)
