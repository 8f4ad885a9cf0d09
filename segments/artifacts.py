"""Where is a fitted model kept? Arrays in an .npz file below SEGUE_ARTIFACT_DIR, never a pickle, checked by its digest
when read."""

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from django.conf import settings

from segments.clustering.frozen import Clusters, FrozenClusters

WORDS = ("version", "kind", "features", "names", "ids")
MODEL = "model."  # before the name of each array of a model


class BadArtifact(Exception):
    """The file is missing, was changed since it was written, or holds no model that this Segue knows; training again
    makes a new one."""


class Artifact(NamedTuple):
    clusters: FrozenClusters
    about: Mapping[str, Any]  # parameters, training window, library versions: for people


def save(artifact: Artifact, name: str) -> str:
    """Writes the model under its name and returns the digest of the file. The file appears whole or not at all."""
    clusters, about = artifact
    words = {field: getattr(clusters, field) for field in WORDS} | {"about": about}
    arrays = {f"{MODEL}{key}": np.asarray(value, dtype=np.float64) for key, value in clusters.model.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, words=np.array(json.dumps(words, sort_keys=True)), **arrays)
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def load(name: str, digest: str) -> Artifact:
    """Raises BadArtifact."""
    try:
        data = path_of(name).read_bytes()
    except OSError as error:
        raise BadArtifact(f"{name} cannot be read: {error.strerror}") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise BadArtifact(f"{name} is not the file that was written: its digest differs")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            words = json.loads(str(arrays["words"]))
            about = words.pop("about")
            model = {key.removeprefix(MODEL): arrays[key].tolist() for key in arrays.files if key.startswith(MODEL)}
        clusters = FrozenClusters(**words, model=model)
        Clusters(clusters)  # whoever asks it later must not be the first to find out
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadArtifact(f"{name} holds no cluster model: {error}") from error
    return Artifact(clusters, about)


def path_of(name: str) -> Path:
    return Path(settings.ARTIFACT_DIR) / name
