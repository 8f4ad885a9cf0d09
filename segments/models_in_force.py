"""Which trained models are in force for a site? Read for drafts, audiences and pages; training is another matter.

Models come in families, named as the group of the attributes that they give (`cluster`). One of a family is in force at
a time, of whatever kind.
"""

from contextlib import suppress

from segments import artifacts
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.models import ModelVersion
from sites.models import Site

CLUSTER = "cluster"


def version_in_force(site: Site, family: str = CLUSTER) -> ModelVersion | None:
    return ModelVersion.objects.filter(site=site, family=family, status=ModelVersion.Status.PROMOTED).first()


def clusters_in_force(site: Site) -> FrozenClusters | None:
    """None without promoted ones, when their file is gone, or when this Segue does not know their kind."""
    version = version_in_force(site)
    if version is None:
        return None
    with suppress(artifacts.BadArtifact):
        return artifacts.load(version.artifact, version.digest).clusters
    return None


def models_in_force(site: Site) -> dict[str, Clusters]:
    """By family, ready to be asked: the `models` of `Attributes`."""
    frozen = clusters_in_force(site)
    return {CLUSTER: Clusters(frozen)} if frozen else {}
