"""Tables of visitors in whom clusters were planted."""

import numpy as np

from segments import preprocessing
from segments.clustering.kmeans import KMeans


def blobs(sizes=(300, 300, 300), spread=0.3, seed=0):
    rng = np.random.default_rng(seed)
    centres = np.array([[0, 0, 0], [6, 0, 0], [0, 6, 6], [6, 6, 0]])[: len(sizes)]
    return np.vstack([centre + rng.normal(0, spread, (size, 3)) for centre, size in zip(centres, sizes, strict=True)])


def raw(Z, kind=KMeans):
    """Arguments of a trial whose features lie in its space as `Z` says."""
    n = Z.shape[1]
    space = preprocessing.Preprocessing(np.zeros(n), np.full(n, 99.0), np.full(n, 20.0), np.ones(n))
    return {"X": np.expm1(Z + 20), "space": space, "kind": kind}
