"""What has to be kept of an arm's visitors so that a metric can be judged without looking at them again?

Sums of whole numbers: of a value y per visitor (0 or 1, a count, milliseconds, minor units), of a denominator d where
the metric is a ratio, of a covariate x measured before the visitor was exposed, and of their squares and products.
They add up over days, segments and arms in any order.

Precision. Revenue in minor units sums to 1e12 and its squares to 1e24, where a double has lost the difference between
the squares and the square of the sum, which is the variance. All sums are therefore Python integers, which have no
largest value: n * yy - y * y is exact, and the one division that follows is the only rounding (`moments`). In
PostgreSQL such sums are `numeric`, not `bigint`. A metric that has no whole unit is counted in a smaller one. Pure.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import add, sub
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from msgspec.structs import astuple

FIELDS = ("n", "hits", "y", "yy", "d", "dd", "yd", "x", "xx", "xy")
COUNTS = ("n", "hits", "yy", "dd", "xx")  # never below 0


class Value(NamedTuple):
    """Of one visitor: y, with d of a ratio and x of before the exposure."""

    y: int = 0
    d: int = 0
    x: int = 0


class Sums(msgspec.Struct, frozen=True, omit_defaults=True):
    """Over the visitors of one arm; whole numbers. A visitor without an event counts in `n`, and is 0 elsewhere."""

    n: int = 0  # visitors
    hits: int = 0  # of them, those whose y is not 0: buyers, clickers
    y: int = 0
    yy: int = 0  # squares of y
    d: int = 0
    dd: int = 0
    yd: int = 0  # products of y and d
    x: int = 0
    xx: int = 0
    xy: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(*map(add, astuple(self), astuple(other)))

    def among(self, n: int) -> Self:
        """The same events among so many visitors: for tables that count visitors apart from what they did."""
        return msgspec.structs.replace(self, n=n)

    @property
    def not_whole(self) -> str:
        """The first field that is no whole number, as what a table holds may be; "" where all are."""
        values = astuple(self)
        if {*map(type, values)} == {int}:
            return ""
        return next(name for name, value in zip(FIELDS, values, strict=True) if type(value) is not int)

    @property
    def fault(self) -> str:
        """Why no visitors can have these sums; "" where they can."""
        if self.not_whole:
            return f"{self.not_whole} is no whole number"
        if min(self.n, self.hits, self.yy, self.dd, self.xx) < 0:
            return f"{next(name for name in COUNTS if getattr(self, name) < 0)} is below zero"
        if self.hits > self.n:
            return f"{self.hits:,} visitors with a value among {self.n:,}"
        # Cauchy and Schwarz: no values have a square of their sum above this.
        if self.y**2 > self.hits * self.yy or self.d**2 > self.n * self.dd or self.x**2 > self.n * self.xx:
            return "the squares do not fit the sums"
        return ""


def total(parts: Sequence[Sums]) -> Sums:
    return sum(parts, Sums())


def of_visitor(value: Value) -> Sums:
    """Of one visitor alone."""
    y, d, x = value
    return Sums(1, int(y != 0), y, y * y, d, d * d, y * d, x, x * x, x * y)


def step(before: Value, after: Value) -> Sums:
    """What to add when the value of a visitor who is counted already becomes another one: for a second order, a refund.
    No sums by themselves: parts may be below zero."""
    return Sums(*map(sub, astuple(of_visitor(after)), astuple(of_visitor(before))))


def of_row(row: Mapping[str, Any]) -> Sums:
    """Of a row of SQL with columns named as FIELDS: `numeric` arrives as Decimal, a sum over nothing as None. What is
    no whole number stays, and is the sums' `fault`."""
    return Sums(**{name: _whole(row[name]) for name in FIELDS if name in row})


def of_arrays(y: Sequence[int] | np.ndarray, d: Any = None, x: Any = None) -> Sums:
    """Of a value per visitor, each array of the same length. ValueError for what is not whole."""
    whole = [_integers(each) if each is not None else None for each in (y, d, x)]
    ys, ds, xs = whole
    assert ys is not None
    return Sums(
        len(ys), int(np.count_nonzero(ys)), _sum(ys), _dot(ys, ys), _sum(ds), _dot(ds, ds), _dot(ys, ds),
        _sum(xs), _dot(xs, xs), _dot(xs, ys),
    )  # fmt: skip


def _whole(value: Any) -> Any:
    if value is None:
        return 0
    if isinstance(value, (Decimal, float)) and value == value and abs(value) != Decimal("Infinity"):
        return int(value) if value == int(value) else value
    return value


def _integers(values: Any) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype == object:
        return array
    whole = array.astype(np.int64)
    if not np.array_equal(whole, array):
        raise ValueError("sums are of whole numbers: count in a smaller unit")
    return whole


def _sum(values: np.ndarray | None) -> int:
    return 0 if values is None else _dot(values, np.ones(len(values), np.int64))


def _dot(first: np.ndarray | None, second: np.ndarray | None) -> int:
    if first is None or second is None or not len(first):
        return 0
    largest = int(abs(first).max()) * int(abs(second).max()) * len(first)
    if largest < 2**63:
        return int(first @ second)
    # Beyond what 64 bits hold: Python's own integers.
    return int(first.astype(object) @ second.astype(object))
