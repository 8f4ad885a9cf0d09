"""A model of clusters in use, with its file, without a training."""

from segments import artifacts
from segments.artifacts import Artifact
from segments.clustering.frozen import FrozenClusters
from segments.models import ModelVersion
from sites.models import Site

PLAIN = {"low": [0.0], "high": [9.0], "mean": [0.1], "scale": [1.0], "centers": [[0.0], [2.0]], "temperature": 1.5}


def promote(site: Site) -> ModelVersion:
    """Of “Buyers” (3) and “Passers-by” (7); the file lies in SEGUE_ARTIFACT_DIR."""
    frozen = FrozenClusters(1, "kmeans", ["cart_value"], ["Buyers", "Passers-by"], [3, 7], PLAIN)
    name = f"site-{site.pk}/cluster-1.npz"
    digest = artifacts.save(Artifact(frozen, {"k": 2}), name)
    rows = [
        {"id": number, "name": called, "size": 50, "share": 0.5, "apart": ["2.0x cart value"], "today": called}
        for number, called in zip(frozen.ids, frozen.names, strict=True)
    ]
    return ModelVersion.objects.create(
        site=site, number=1, status="promoted", artifact=name, digest=digest, clusters=rows
    )
