"""How do raw features become numbers that distances mean something in? log1p, clip, standardise, as one artefact."""

from dataclasses import dataclass

import numpy as np

CLIP_PERCENTILES = (1.0, 99.0)
LEAST_SPREAD = 0.05  # of log1p: about 5 %


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Fitted bounds and moments of each feature, after log1p; arrays of shape (n_features,)."""

    low: np.ndarray
    high: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    def transform(self, X: np.ndarray) -> np.ndarray:
        return (np.clip(np.log1p(X), self.low, self.high) - self.mean) / self.scale


def fit(X: np.ndarray) -> Preprocessing:
    """Fits on `X` of shape (n_samples, n_features), no value below 0. A feature without spread gets scale 1, so it
    weighs nothing."""
    if X.min(initial=0.0) < 0:
        raise ValueError("a feature below 0 has no place on a log scale")
    logs = np.log1p(X)
    low, high = np.percentile(logs, CLIP_PERCENTILES, axis=0)
    clipped = np.clip(logs, low, high)
    scale = clipped.std(axis=0)
    return Preprocessing(low, high, clipped.mean(axis=0), np.where(scale > 1e-9, scale, 1.0))


def varies(X: np.ndarray) -> np.ndarray:
    """Which features still differ by `LEAST_SPREAD` on the log scale after clipping.

    One that hardly anybody has is a constant; standardising one that differs by a thousandth would only blow up noise.
    """
    low, high = np.percentile(np.log1p(X), CLIP_PERCENTILES, axis=0)
    return high - low > LEAST_SPREAD
