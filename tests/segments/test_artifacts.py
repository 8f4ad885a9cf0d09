"""Files of models: whole, as they were written, and never code."""

import hashlib

import numpy as np
import pytest

from segments import artifacts
from segments.artifacts import Artifact
from segments.clustering.frozen import FrozenClusters

PLAIN = {"low": [0.0], "high": [9.0], "mean": [0.1], "scale": [1.0], "centers": [[0.0], [2.0]], "temperature": 1.5}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.ARTIFACT_DIR = tmp_path


def artifact(kind="kmeans"):
    return Artifact(FrozenClusters(7, kind, ["a"], ["Ä", "B"], [3, 9], PLAIN), {"k": 2})


def test_artifact_comes_back_as_it_was():
    assert artifacts.load("site-1/x.npz", artifacts.save(artifact(), "site-1/x.npz")) == artifact()


def test_changed_artifact_is_refused():
    digest = artifacts.save(artifact(), "x.npz")
    path = artifacts.path_of("x.npz")
    path.write_bytes(path.read_bytes() + b"!")

    with pytest.raises(artifacts.BadArtifact, match="digest differs"):
        artifacts.load("x.npz", digest)
    with pytest.raises(artifacts.BadArtifact, match="cannot be read"):
        artifacts.load("y.npz", digest)


def test_artifact_with_pickled_objects_is_refused():
    np.savez(artifacts.path_of("evil.npz"), words=np.array([{"object": 1}], dtype=object))
    digest = hashlib.sha256(artifacts.path_of("evil.npz").read_bytes()).hexdigest()

    with pytest.raises(artifacts.BadArtifact, match="holds no cluster model"):
        artifacts.load("evil.npz", digest)


def test_a_kind_that_this_segue_does_not_know_is_refused():
    with pytest.raises(artifacts.BadArtifact, match="holds no cluster model"):
        artifacts.load("x.npz", artifacts.save(artifact("tea-leaves"), "x.npz"))


def test_a_model_without_one_of_its_arrays_is_refused():
    frozen, about = artifact()
    halved = {name: value for name, value in PLAIN.items() if name != "centers"}
    lacking = FrozenClusters(7, frozen.kind, frozen.features, frozen.names, frozen.ids, halved)

    with pytest.raises(artifacts.BadArtifact, match="centers"):
        artifacts.load("x.npz", artifacts.save(Artifact(lacking, about), "x.npz"))
