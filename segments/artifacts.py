"""Where is a fitted model kept? Arrays in an .npz file below SEGUE_ARTIFACT_DIR, never a pickle, checked by its digest
when read."""

import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings

ARRAYS = ("low", "high", "mean", "scale", "centroids")
WORDS = ("version", "features", "temperature", "names", "ids", "about")


class BadArtifact(Exception):
    """The file is missing, was changed since it was written, or holds no model; training again makes a new one."""


@dataclass(frozen=True, slots=True)
class ClusterModel:
    """A fitted k-means with its preprocessing; `campaigns.release.Clusters` is the same as plain lists."""

    version: int
    features: list[str]
    low: np.ndarray  # of log1p of the features, shape (n_features,), as are high, mean, scale
    high: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    centroids: np.ndarray  # shape (k, n_features), standardised
    temperature: float
    names: list[str]
    ids: list[int]
    about: dict  # parameters, training window, library versions


def save(model: ClusterModel, name: str) -> str:
    """Writes the model under its name and returns the digest of the file. The file appears whole or not at all."""
    words = json.dumps({field: getattr(model, field) for field in WORDS}, sort_keys=True)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, allow_pickle=False, words=np.array(words), **{field: getattr(model, field) for field in ARRAYS}
    )
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_bytes(buffer.getvalue())
    partial.replace(path)
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def load(name: str, digest: str) -> ClusterModel:
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
            return ClusterModel(**words, **{field: arrays[field] for field in ARRAYS})
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise BadArtifact(f"{name} holds no cluster model: {error}") from error


def path_of(name: str) -> Path:
    return Path(settings.ARTIFACT_DIR) / name
