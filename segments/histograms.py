"""How do the values of a feature spread? Counts between fixed edges.

The edges follow from the range of the feature, not from the values: so counts of different days stand beside each
other, may be added, and tell a shift of shares (population stability index) or of their sums (Kolmogorov-Smirnov)
without anybody's values being kept. They are even on the scale of log1p, on which models read features, unless the
feature may be below 0. Pure.
"""

from collections.abc import Sequence

import numpy as np

BINS = 40


def edges_of(low: float, high: float, bins: int = BINS) -> np.ndarray:
    """Shape (bins + 1,), ascending from `low` to `high`."""
    if low < 0:
        return np.linspace(low, high, bins + 1)
    edges = np.expm1(np.linspace(np.log1p(low), np.log1p(high), bins + 1))
    edges[0], edges[-1] = low, high  # exactly: nobody's 0 may lie beside the first edge by a rounding
    return edges


def count(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Shape (len(edges) + 1,): values up to and with the first edge, those up to and with each other edge, those
    beyond the last. So who has nothing of a feature that begins at 0 is counted apart."""
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)


def quantile(counts: Sequence[int], edges: np.ndarray, share: float) -> float | None:
    """The value that this share of the values does not exceed, as if those between two edges were spread evenly; None
    without values. Beyond the last edge it is the last edge."""
    totals = np.cumsum(counts)
    if not totals[-1]:
        return None
    rank = share * totals[-1]
    position = int(np.searchsorted(totals, rank, side="left"))
    if position == 0 or position == len(edges):
        return float(edges[0] if position == 0 else edges[-1])
    before = totals[position - 1]
    part = (rank - before) / counts[position]
    return float(edges[position - 1] + part * (edges[position] - edges[position - 1]))
