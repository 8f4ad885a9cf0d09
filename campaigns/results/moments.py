"""What are the mean of a metric in an arm, and the variance that tells how sure that mean is?

Of a ratio R = sum(y) / sum(d) the variance is that of the delta method: of (y - R d) / mean(d) per visitor (A. Deng,
U. Knoblich, J. Lu, "Applying the delta method in metric analytics", KDD 2018). All are exact integers up to one
division. Pure.
"""

from math import inf
from typing import NamedTuple

from campaigns.results.metrics import Kind, Metric
from campaigns.results.sums import Sums

NOT_RIGHT = "These sums cannot be right"


class Moments(NamedTuple):
    """Of a metric in an arm. The variance of the mean is `variance / n`."""

    n: int  # visitors, 1 or more
    mean: float
    variance: float  # per visitor, 0 or more
    df: float = inf  # degrees of freedom of the variance; infinite for a share, whose mean tells it

    @property
    def squared_error(self) -> float:
        """Of the mean."""
        return self.variance / self.n


def lack(sums: Sums, metric: Metric) -> str:
    """Why there is no mean with a variance; "" where there is one. Expects sums without a fault."""
    if sums.n < 2:
        return "Nobody was in this arm yet." if sums.n == 0 else "Only one visitor was in this arm yet."
    if metric.kind is Kind.PROPORTION and not sums.y == sums.yy == sums.hits:
        return f"{NOT_RIGHT}: a share counts each visitor once or not at all."
    if metric.kind is Kind.RATIO and sums.d <= 0:
        return "Nothing to divide by yet: the lower part of the ratio is 0."
    return ""


def moments(sums: Sums, metric: Metric) -> Moments:
    """Expects sums that lack nothing."""
    if metric.kind is Kind.PROPORTION:
        share = sums.y / sums.n
        return Moments(sums.n, share, share * (1 - share))
    if metric.kind is Kind.RATIO:
        return _of_ratio(sums)
    return Moments(sums.n, sums.y / sums.n, covariance(sums.n, sums.y, sums.y, sums.yy), sums.n - 1)


def covariance(n: int, first: int, second: int, products: int) -> float:
    """Of two values per visitor, by their sums and the sum of their products; unbiased; exact up to the division."""
    return (n * products - first * second) / (n * (n - 1))


def _of_ratio(sums: Sums) -> Moments:
    n, y, d = sums.n, sums.y, sums.d
    # The sum of squares of (d y_i - y d_i), whose mean is 0, in whole numbers; then by d**2, and by the square of the
    # mean of d.
    squares = d * d * sums.yy - 2 * d * y * sums.yd + y * y * sums.dd
    return Moments(n, y / d, squares * n * n / ((n - 1) * d**4), n - 1)
