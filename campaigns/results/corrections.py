"""Of many comparisons some differ by chance. Which stay, so that of those called different few are not?

Y. Benjamini, Y. Hochberg, "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57
(1995): of what is called different at .05, one in twenty is not, on average. Pure.
"""

from collections.abc import Sequence


def benjamini_hochberg(ps: Sequence[float]) -> list[float]:
    """Adjusted probabilities, in the order of the given ones: the smallest rate of false discoveries at which each
    would be called different. Never below the given, and in the same order of size."""
    order = sorted(range(len(ps)), key=lambda i: ps[i], reverse=True)
    adjusted, least = [0.0] * len(ps), 1.0
    for place, i in enumerate(order):
        rank = len(ps) - place
        least = min(least, ps[i] * (len(ps) / rank))
        adjusted[i] = least
    return adjusted
