"""Which kinds of clustering are there? The registry: a new kind is one module and one name here."""

from segments.clustering.base import Clustering
from segments.clustering.kmeans import KMeans
from segments.clustering.mixture import GaussianMixture

KINDS: dict[str, type[Clustering]] = {kind.KIND: kind for kind in (KMeans, GaussianMixture)}
DEFAULT = KMeans.KIND
