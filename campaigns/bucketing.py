"""Which bucket does somebody fall into? The hash that GrowthBook publishes, so that anybody can work it out again.
Pure.

Treatments ask for version 2; exclusion groups are GrowthBook's namespaces, which hash by version 1.

The same seed and value give the same number on every machine, in every language; another seed deals anew. FNV-1a is no
secret and no cryptography: who knows a seed can tell their own bucket, which is the point.

References
----------
https://docs.growthbook.io/lib/build-your-own: hashing, `getBucketRanges`, `chooseVariation`, `inNamespace`.
"""

from collections.abc import Sequence
from functools import lru_cache

Range = tuple[float, float]  # from, up to but not with

_OFFSET, _PRIME, _MASK = 0x811C9DC5, 0x01000193, 0xFFFF_FFFF


def hash_value(seed: str, value: str, version: int = 2) -> float | None:
    """In [0, 1): in steps of a thousandth for version 1, which is biased for similar seeds, of a ten-thousandth for
    version 2. None for a version that nobody knows."""
    if version == 2:
        return draw(seed, value)
    if version == 1:
        return _fnv1a(value + seed) % 1_000 / 1_000
    return None


# A visitor comes back with the next page, and in the same experiments: they are found again at a tenth of the cost of a
# hash. Some 15 MB when full.
@lru_cache(maxsize=50_000)
def draw(seed: str, value: str) -> float:
    """`hash_value` of version 2. Both hashes are written out: calls would cost a fifth."""
    state, again = _after(seed), _OFFSET
    for byte in value.encode():
        state = (state ^ byte) * _PRIME & _MASK
    for byte in str(state).encode():
        again = (again ^ byte) * _PRIME & _MASK
    return again % 10_000 / 10_000


@lru_cache(maxsize=10_000)  # seeds, of which a site has a few; the hash goes on from there with each visitor
def _after(seed: str) -> int:
    return _fnv1a(seed)


def _fnv1a(text: str) -> int:
    """FNV-1a of 32 bits."""
    state = _OFFSET
    for byte in text.encode():
        state = (state ^ byte) * _PRIME & _MASK
    return state


def equal_weights(n: int) -> list[float]:
    return [1 / n] * n if n > 0 else []


def bucket_ranges(n: int, coverage: float = 1.0, weights: Sequence[float] | None = None) -> list[Range]:
    """One range for each of `n` variations: as wide as its weight, of which `coverage` (0 to 1) takes part. Weights
    that are not `n`, or do not sum to about 1, count as equal."""
    coverage = min(max(coverage, 0.0), 1.0)
    if weights is None or len(weights) != n or not 0.99 <= sum(weights) <= 1.01:
        weights = equal_weights(n)
    ranges, start = [], 0.0
    for weight in weights:
        ranges.append((start, start + coverage * weight))
        start += weight
    return ranges


def choose_variation(n: float, ranges: Sequence[Range]) -> int:
    """The position of the range that holds `n`, -1 for none."""
    for position, (low, high) in enumerate(ranges):
        if low <= n < high:
            return position
    return -1


def in_namespace(value: str, namespace: tuple[str, float, float]) -> bool:
    """Whether somebody falls into the part of a namespace, from `low` up to `high`: experiments that take parts which
    do not overlap exclude one another."""
    name, low, high = namespace
    n = hash_value(f"__{name}", value, 1)
    return n is not None and low <= n < high
