"""Where does each cluster lie on a map, so that those who behave alike lie near each other?"""

from dataclasses import dataclass
from typing import TypedDict

import numpy as np


class MapRow(TypedDict):
    """What a training keeps of its map."""

    points: list[list[float]]  # x and y of each cluster, in units of the space
    kept: float  # 0 to 1
    nearest: list[int]  # per cluster the position of the one that is most like it; empty where there is one alone


@dataclass(frozen=True, slots=True)
class Map:
    """`points` has shape (k, 2). `kept` is the share of the clusters' squared distances that two dimensions show."""

    points: np.ndarray
    kept: float
    nearest: list[int]

    def row(self) -> MapRow:
        return {"points": self.points.round(3).tolist(), "kept": round(self.kept, 3), "nearest": self.nearest}


def draw_map(centers: np.ndarray) -> Map:
    """Of the middles, shape (k, n_features): their first two principal components (classical scaling). Nearest is by
    all features, not by the map. The same middles always give the same map, none mirrored.

    >>> draw_map(np.array([[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [4.0, 0.0, 0.0]])).nearest
    [1, 2, 1]
    """
    centred = centers - centers.mean(axis=0)
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(centers), 2))
    shown = min(2, len(spread))
    points[:, :shown] = left[:, :shown] * spread[:shown]
    for axis in range(shown):  # the sign of a component is arbitrary
        if points[np.abs(points[:, axis]).argmax(), axis] < 0:
            points[:, axis] *= -1
    total = float((spread**2).sum())
    return Map(points, float((spread[:2] ** 2).sum()) / total if total else 1.0, _nearest(centers))


def _nearest(centers: np.ndarray) -> list[int]:
    if len(centers) < 2:
        return []
    distances = np.linalg.norm(centers[:, None] - centers[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest: list[int] = distances.argmin(axis=1).tolist()
    return nearest
