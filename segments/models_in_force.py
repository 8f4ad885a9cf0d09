"""Which trained models are in force for a site? Read for drafts, audiences and pages; training is another matter.

Models come in families, named as the group of the attributes that they give (`cluster`). One of a family is in force at
a time, of whatever kind.
"""

from contextlib import suppress

from segments import artifacts
from segments.clustering.base import CLUSTER
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.models import ModelVersion
from sites.models import Site


def version_in_force(site: Site, family: str = CLUSTER) -> ModelVersion | None:
    return ModelVersion.objects.filter(site=site, family=family, status=ModelVersion.Status.PROMOTED).first()


def frozen_in_force(site: Site) -> dict[str, FrozenClusters]:
    """By family. A family has none without a promoted one, when its file is gone, or when this Segue does not know its
    kind. One query."""
    found = {}
    for version in ModelVersion.objects.filter(site=site, status=ModelVersion.Status.PROMOTED).order_by("id"):
        with suppress(artifacts.BadArtifact):
            found[version.family] = artifacts.load(version.artifact, version.digest).clusters
    return found


def models_in_force(site: Site) -> dict[str, Clusters]:
    """By family, ready to be asked: the `models` of `Attributes`."""
    return {family: Clusters(frozen) for family, frozen in frozen_in_force(site).items()}
