"""How are visitors shared out between arms, in whole per cents that sum to 100? Pure."""

from collections.abc import Sequence

WHOLE = 100


def shares_of(weights: Sequence[int]) -> list[int]:
    """Weights as per cents, each rounded down or up, so that they sum to 100: those that lose most by rounding down are
    rounded up, the first of equals. All 0 where no arm has a weight."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    found = [weight * WHOLE // total for weight in weights]
    rests = sorted(range(len(weights)), key=lambda i: (-(weights[i] * WHOLE % total), i))
    for i in rests[: WHOLE - sum(found)]:
        found[i] += 1
    return found


def equal(number: int) -> list[int]:
    return shares_of([1] * number)
