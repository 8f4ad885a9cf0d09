"""How do trained clusters travel? As plain data, in a release and in an artefact, and ready to be asked."""

from typing import Any

import msgspec
import numpy as np

from segments.clustering.kinds import KINDS


class FrozenClusters(msgspec.Struct, array_like=True, frozen=True):
    """Trained clusters as plain data. `ids` are kept over trainings, so that a rule on a cluster keeps its meaning."""

    version: int
    kind: str
    features: list[str]  # what `model` reads, in this order
    names: list[str]  # per cluster, as are the ids
    ids: list[int]
    model: dict[str, Any]  # of `Clustering.to_plain`

    @property
    def is_readable(self) -> bool:
        """Whether this version of Segue knows the kind."""
        return self.kind in KINDS


class Clusters:
    """Trained clusters, ready to be asked. Raises KeyError for an unknown kind, and what `Clustering.from_plain`
    raises."""

    __slots__ = ("assign", "clustering", "features", "ids", "names", "version")

    def __init__(self, frozen: FrozenClusters) -> None:
        self.version, self.features = frozen.version, tuple(frozen.features)
        self.names, self.ids = tuple(frozen.names), tuple(frozen.ids)
        self.clustering = KINDS[frozen.kind].from_plain(frozen.model)
        self.assign = self.clustering.assign  # of one row of `features`

    def label(self, X: np.ndarray) -> np.ndarray:
        """Position of each row's cluster; columns as in `features`."""
        return self.clustering.label(X)
