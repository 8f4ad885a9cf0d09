"""Which cluster of the new model is which of the old one?

Matched by the Hungarian method on how many visitors they share, so that a rule on a cluster keeps its meaning over
retrains.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

LEAST_OVERLAP = 0.5


@dataclass(slots=True)
class Identity:
    """Per new cluster its id and its name ("": to be named), and what became of the old ones, in sentences."""

    ids: list[int]
    names: list[str]
    notes: list[str] = field(default_factory=list)


def new_identity(k: int, next_id: int = 1) -> Identity:
    return Identity(list(range(next_id, next_id + k)), [""] * k)


def match(
    old: np.ndarray, new: np.ndarray, old_ids: Sequence[int], old_names: Sequence[str], k: int, next_id: int
) -> Identity:
    """`old` and `new` are positions of clusters of the same visitors; ids from `next_id` on were never used.

    A pair shares enough when half of the visitors of either cluster lie in both; otherwise the new cluster is a new
    one.
    """
    from scipy.optimize import linear_sum_assignment

    table = np.zeros((len(old_ids), k))
    np.add.at(table, (old, new), 1)
    overlap = table / np.maximum(np.maximum(table.sum(axis=1, keepdims=True), table.sum(axis=0, keepdims=True)), 1)
    identity = Identity([0] * k, [""] * k)
    for row, column in zip(*linear_sum_assignment(-table), strict=True):
        if overlap[row, column] >= LEAST_OVERLAP:
            identity.ids[column], identity.names[column] = old_ids[row], old_names[row]
    for column, known in enumerate(identity.ids):
        if not known:
            identity.ids[column] = next_id
            next_id += 1
    identity.notes = [
        _fate(name, table[row])
        for row, (known, name) in enumerate(zip(old_ids, old_names, strict=True))
        if known not in identity.ids
    ]
    return identity


def _fate(name: str, shared: np.ndarray) -> str:
    total = shared.sum()
    if not total:
        return f"{name}: nobody is left in it"
    shares = np.sort(shared / total)[::-1]
    if shares[0] >= LEAST_OVERLAP:
        return f"{name}: merged into another cluster ({shares[0]:.0%})"
    return f"{name}: split up (largest part {shares[0]:.0%})"
