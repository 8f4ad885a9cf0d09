"""How much of the noise was there before anybody was exposed, and what remains of an effect without it?

A. Deng, Y. Xu, R. Kohavi, T. Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data" (CUPED), WSDM 2013:

    Y' = Y - theta (X - mean X),  theta = cov(Y, X) / var X, of all arms together

The mean keeps its expectation, as arms do not differ before exposure, and the variance becomes 1 - rho^2 of what it
was. X must be measured before the visitor was exposed; 0 for who was not known then. For shares, means and revenue: of
ratios it would take the covariates of both parts. Pure.
"""

from collections.abc import Mapping

from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import Moments, covariance, moments
from campaigns.results.sums import Sums, total


def theta(arms: Mapping[str, Sums]) -> float | None:
    """None where the covariate is the same for all, or was not kept."""
    together = total(list(arms.values()))
    if together.n < 2:
        return None
    spread = covariance(together.n, together.x, together.x, together.xx)
    return covariance(together.n, together.x, together.y, together.xy) / spread if spread > 0 else None


def adjusted(arms: Mapping[str, Sums], metric: Metric) -> dict[str, Moments] | None:
    """Of all arms, which must have two visitors each. None where there is nothing to adjust by, or the metric is a
    ratio."""
    factor = None if metric.kind is Kind.RATIO else theta(arms)
    if factor is None:
        return None
    together = total(list(arms.values()))
    return {arm: _adjust(sums, metric, factor, together.x / together.n) for arm, sums in arms.items()}


def _adjust(sums: Sums, metric: Metric, factor: float, mean_before: float) -> Moments:
    n = sums.n
    raw = moments(sums, metric)
    spread = covariance(n, sums.x, sums.x, sums.xx)
    shared = covariance(n, sums.x, sums.y, sums.xy)
    own = covariance(n, sums.y, sums.y, sums.yy)
    variance = max(own - 2 * factor * shared + factor**2 * spread, 0.0)
    return Moments(n, raw.mean - factor * (sums.x / n - mean_before), variance, n - 1)
