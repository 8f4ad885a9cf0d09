"""Between which bounds does an effect lie, and how surely is it not zero? For one look, and for as many as one likes.

- Fixed horizon: value +- q se, right for one look at a time chosen before. q is of the normal distribution for shares,
  whose variance follows from their mean, and of Student's t with Welch's degrees of freedom for all else; from a few
  hundred visitors on, the two are the same.
- Always valid (the default): an asymptotic confidence sequence, right for all looks together, so that a test may be
  watched and stopped at any time: I. Waudby-Smith, D. Arbour, R. Sinha, E. Kennedy, A. Ramdas, "Time-uniform central
  limit theory and asymptotic confidence sequences", arXiv 2103.06476, theorem 2.2 and, for rho, appendix B.2; it is
  tightest at TUNING visitors. Its probability of error is the smallest alpha whose interval with the same rho leaves
  zero out.

Intervals are `rates.Change`, as those of other results. Pure.
"""

from math import exp, log, sqrt

from campaigns.rates import Change
from campaigns.results.distributions import t_quantile, two_sided

ALPHA = 0.05
TUNING = 5_000  # visitors of both arms


def fixed(value: float, se: float, df: float, alpha: float = ALPHA) -> Change:
    half = t_quantile(1 - alpha / 2, df) * se
    return Change(value, value - half, value + half)


def fixed_p(value: float, se: float, df: float) -> float:
    """Two-sided; `se` above 0."""
    return two_sided(value / se, df)


def always_valid(value: float, se: float, n: int, alpha: float = ALPHA) -> Change:
    """`n`: visitors of both arms, 1 or more."""
    half = reach(n, alpha) * se
    return Change(value, value - half, value + half)


def always_valid_p(value: float, se: float, n: int, alpha: float = ALPHA) -> float:
    """`se` above 0; `alpha` is that of the interval, which fixes rho."""
    grown = n * _rho_squared(alpha)
    log_p = log(grown + 1) / 2 - (value / se) ** 2 * grown / (2 * (grown + 1))
    return min(exp(min(log_p, 0.0)), 1.0)


def reach(n: int, alpha: float = ALPHA) -> float:
    """Half of an always-valid interval, in standard errors: what 1.96 is to one look."""
    grown = n * _rho_squared(alpha)
    return sqrt(2 * (grown + 1) / grown * log(sqrt(grown + 1) / alpha))


def _rho_squared(alpha: float) -> float:
    return (-2 * log(alpha) + log(-2 * log(alpha) + 1)) / TUNING
