"""How large is the error of a mean over decisions? By visitor. Pure.

Decisions of one visitor go together: a thousand of one are not those of a thousand visitors. So what each decision
adds to the deviation of a mean is added up by visitor first, and visitors are what varies (the sandwich estimate by
group).

References
----------
K.-Y. Liang, S. L. Zeger, "Longitudinal data analysis using generalized linear models", Biometrika 73 (1986).
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from campaigns.rates import Z


class Estimate(NamedTuple):
    """In the unit of the rewards, per decision."""

    value: float
    error: float | None = None  # its standard error; None where an interval would be false

    @property
    def low(self) -> float | None:
        return None if self.error is None else self.value - Z * self.error

    @property
    def high(self) -> float | None:
        return None if self.error is None else self.value + Z * self.error


class Means:
    """Of columns and of what is linear in them, with standard errors by visitor: each column is added up once."""

    def __init__(self, columns: dict[str, np.ndarray], visitor: np.ndarray | None) -> None:
        [self.n] = {len(column) for column in columns.values()}
        self.values = {name: float(column.mean()) for name, column in columns.items()}
        if visitor is None:
            self.visitors, self.counts, self.sums = self.n, np.ones(self.n), columns
            return
        if visitor.max() >= 4 * self.n or visitor.min() < 0:
            visitor = np.unique(visitor, return_inverse=True)[1]
        self.counts = np.bincount(visitor).astype(np.float64)
        self.visitors = int(np.count_nonzero(self.counts))
        self.sums = {name: np.bincount(visitor, column) for name, column in columns.items()}

    def of(self, combination: dict[str, float]) -> Estimate:
        """Of the sum of columns, each by its factor. One visitor alone has no error that could be known."""
        value = sum(factor * self.values[name] for name, factor in combination.items())
        if self.visitors < 2:
            return Estimate(value)
        apart = -value * self.counts
        for name, factor in combination.items():
            apart += factor * self.sums[name]
        return Estimate(value, sqrt(self.visitors / (self.visitors - 1) * float(apart @ apart)) / self.n)
