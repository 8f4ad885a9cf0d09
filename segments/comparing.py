"""May these clusters replace those in force? Both judged on visitors of whom the candidate learned nothing.

The held-out visitors are a fifth, by visitor id, so they are the same for both and for the next training. Both are
judged in a space fitted on the held-out visitors themselves, whatever kind they are of.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from segments import preprocessing
from segments.clustering import selection
from segments.clustering.frozen import Clusters
from segments.fitting import CLUSTER_FEATURES, SEED, Candidate
from segments.population import Population

TOLERANCE = 0.02  # of silhouette, by which a candidate may be worse: visitors of another month differ as much


class Labelling(Protocol):
    """A candidate, or clusters in force."""

    @property
    def features(self) -> list[str] | tuple[str, ...]: ...
    def label(self, X: np.ndarray) -> np.ndarray: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    accepted: bool
    note: str  # why, for people
    figures: dict[str, Any]  # silhouettes, and how many visitors they were measured on


def is_held_out(visitor: str) -> bool:
    return int(visitor[-2:], 16) < 51  # of 256


def labels_of(model: Labelling, people: Population) -> np.ndarray:
    """Position of each visitor's cluster."""
    return model.label(people.columns(model.features))


def separation(people: Population, labels: np.ndarray) -> float:
    """Silhouette of a labelling by all features, in a space fitted on these visitors; -1 when all have one label."""
    return selection.silhouette(preprocessing.fit(people.X).transform(people.X), labels, SEED)


def knows_features(clusters: Clusters | None) -> bool:
    """Clusters of an earlier Segue may read features that training no longer takes."""
    return clusters is not None and set(clusters.features) <= set(CLUSTER_FEATURES)


def judge(candidate: Candidate, in_force: Clusters | None, held_out: Population) -> Verdict:
    """A candidate is refused when it is not stable, or separates worse than what is in force by more than
    `TOLERANCE`."""
    ours = round(separation(held_out, labels_of(candidate, held_out)), 4)
    figures = {"visitors": len(held_out.visitors), "candidate": ours}
    if not candidate.stable:
        return Verdict(False, "Not promoted: no number of clusters was stable and large enough.", figures)
    if in_force is None or not knows_features(in_force):
        return Verdict(True, "Promoted: the first model.", figures)
    theirs = round(separation(held_out, labels_of(in_force, held_out)), 4)
    figures["promoted"] = theirs
    accepted = ours >= theirs - TOLERANCE
    outcome = "Promoted" if accepted else "Not promoted"
    note = (
        f"{outcome}: silhouette {ours:.3f} against {theirs:.3f} on the same {len(held_out.visitors)} held-out visitors."
    )
    return Verdict(accepted, note, figures)
