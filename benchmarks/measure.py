"""How is a promise measured? A row with its yardstick beside it, and the statistics that noise leaves trustworthy."""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Work = Callable[[], object]

_NAMES = [f"name-{number % 50}" for number in range(100)]


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
    ratios: tuple[float, ...] = ()  # one a run, where the row stands for several

    @property
    def worst(self) -> float:
        """The ratio of the run that kept the promise least."""
        ratios = self.ratios or (self.ratio,)
        return max(ratios) if self.lower else min(ratios)

    @property
    def verdict(self) -> str:
        """A promise is kept that every run kept."""
        if self._reaches(self.aim):
            return "aim"
        return "must" if self._reaches(self.must) else "MISSED"

    def _reaches(self, bound: float) -> bool:
        return self.worst <= bound if self.lower else self.worst >= bound


def median_of(runs: Iterable[list[Row]]) -> list[Row]:
    """One row for each promise of several runs: medians, with the ratio of every run."""
    rows: dict[tuple[str, str], list[Row]] = {}
    for run in runs:
        for row in run:
            rows.setdefault((row.promise, row.yardstick), []).append(row)
    return [_median(same) for same in rows.values()]


def _median(same: list[Row]) -> Row:
    by_ratio = sorted(same, key=lambda row: row.ratio)
    return dataclasses.replace(
        by_ratio[len(by_ratio) // 2],  # its note belongs to its figures
        value=statistics.median(row.value for row in same),
        yardstick_value=statistics.median(row.yardstick_value for row in same),
        ratio=statistics.median(row.ratio for row in same),
        ratios=tuple(row.ratio for row in same),
    )


def cpu_us(work: Work, repeat: int, rounds: int = 5) -> float:
    """CPU microseconds of one call of `work`, the median of several rounds of `repeat` calls."""
    return statistics.median(_round(work, repeat) for _ in range(rounds))


def within(
    promise: str, work: Work, yardstick: str, least: Work, *, must: float, aim: float, repeat: int, note: str = ""
) -> Row:
    """The promise that `work` costs at most so many times what `least` costs.

    Both take turns of a few milliseconds, and the ratio is the median of the turns' ratios: a machine that slows down
    slows both.
    """
    work(), least()  # what is worked out once is no part of either
    turns = [(_round(work, repeat), _round(least, repeat)) for _ in range(21)]
    ours, theirs = (statistics.median(side) for side in zip(*turns, strict=True))
    ratio = statistics.median(mine / its for mine, its in turns)
    return Row(promise, ours, "us", yardstick, theirs, ratio, must, aim, lower=True, note=note)


LOOP = "a loop of 100 over a dict"


def loop() -> dict[str, int]:
    """The yardstick of what is pure Python and has no rival: machines differ in how they run an interpreter, and this
    is one."""
    counts: dict[str, int] = {}
    for name in _NAMES:
        counts[name] = counts.get(name, 0) + 1
    return counts


def _round(work: Work, repeat: int) -> float:
    start = time.process_time_ns()
    for _ in range(repeat):
        work()
    return (time.process_time_ns() - start) / repeat / 1000
