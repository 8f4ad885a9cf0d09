"""Which probability belongs to a statistic, and which statistic to a probability? Normal, Student's t, chi-squared.

The normal distribution comes from the standard library; SciPy has the others, and is loaded when the first of them is
asked for: that takes half a second, which a process that shows no results need not spend. Pure.
"""

from math import erfc, exp, inf, pi, sqrt
from statistics import NormalDist

_STANDARD = NormalDist()


def normal_below(z: float) -> float:
    """P(Z <= z), exact in both tails."""
    return erfc(-z / sqrt(2)) / 2


def normal_density(z: float) -> float:
    return exp(-z * z / 2) / sqrt(2 * pi)


def normal_quantile(p: float) -> float:
    return _STANDARD.inv_cdf(p)


def t_quantile(p: float, df: float) -> float:
    """`df` may be infinite: the normal distribution."""
    if df == inf:
        return normal_quantile(p)
    from scipy.special import stdtrit

    return float(stdtrit(df, p))


def two_sided(statistic: float, df: float = inf) -> float:
    """P(|T| >= |statistic|)."""
    if df == inf:
        return erfc(abs(statistic) / sqrt(2))
    from scipy.special import stdtr

    return float(2 * stdtr(df, -abs(statistic)))


def chi_squared_above(statistic: float, df: int) -> float:
    """P(X >= statistic); 1 without degrees of freedom."""
    if df < 1:
        return 1.0
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))
