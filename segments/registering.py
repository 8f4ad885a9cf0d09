"""What becomes of a candidate? It is compared, gets its clusters' ids and names, a number, a file, and perhaps the
place of the model in force."""

import platform
from datetime import UTC, datetime
from typing import Any, TypedDict

import numpy as np
from django.db import transaction
from django.db.models import Max

from segments import artifacts, comparing
from segments.cluster_names import ClusterRow, carry_names
from segments.clustering import identity, naming, selection
from segments.clustering.base import CLUSTER
from segments.clustering.frozen import Clusters, FrozenClusters
from segments.clustering.mapping import MapRow, draw_map
from segments.comparing import knows_features, labels_of
from segments.fitting import SEED, Candidate
from segments.models import ModelVersion
from segments.models_in_force import models_in_force
from segments.population import Population
from sites.locks import lock_site
from sites.models import Site
from sites.pages.history import Actor, record
from sites.times import moment_of


class About(TypedDict):
    """How a model came about, for people."""

    kind: str
    features: list[str]
    k: int
    seed: int
    starts: int
    resamples: int
    window: list[int]  # milliseconds: first and last event of the visitors it learned of
    libraries: dict[str, str]  # versions


class Metrics(TypedDict):
    """What a training found out, for its page."""

    table: list[selection.TrialRow]
    k: int
    silhouette: float
    stability: float
    held_out: dict[str, Any]
    identity: list[str]
    map: MapRow


def register(site: Site, people: Population, held_out: np.ndarray, candidate: Candidate, by: Actor) -> ModelVersion:
    """Numbers, stores and, if it is not worse, promotes the candidate, which changes what the next release holds: `by`
    signs for it in the change log. `held_out` marks the visitors of whom it did not learn."""
    with transaction.atomic():
        # One training of a site at a time gets this far: numbers go up, and one model is in force.
        lock_site(site)
        in_force = models_in_force(site).get(CLUSTER)
        verdict = comparing.judge(candidate, in_force, people.select(held_out))
        versions = ModelVersion.objects.filter(site=site, family=CLUSTER)
        labels = labels_of(candidate, people)
        apart = differences(candidate, people, labels)
        found = identify(candidate, in_force, people, labels, apart, next_id(site))
        number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
        about = about_training(people, candidate)
        name = f"site-{site.pk}/{CLUSTER}-{number}.npz"
        digest = artifacts.save(artifacts.Artifact(freeze(number, candidate, found), about), name)
        promoted, retired = ModelVersion.Status.PROMOTED, ModelVersion.Status.RETIRED
        before = versions.filter(status=promoted).first()
        if verdict.accepted:
            versions.filter(status=promoted).update(status=retired)
        version = ModelVersion.objects.create(
            site=site,
            family=CLUSTER,
            kind=candidate.clustering.KIND,
            number=number,
            status=promoted if verdict.accepted else ModelVersion.Status.REJECTED,
            artifact=name,
            digest=digest,
            parameters=about,
            metrics=metrics_of(candidate, verdict.figures, found),
            clusters=carry_names(before.clusters if before else [], describe(found, labels, apart)),
            window_start=moment_of(people.window_start),
            window_end=moment_of(people.window_end),
            n_samples=len(people.visitors),
            note=" ".join([verdict.note, *found.notes]),
            promoted_at=datetime.now(UTC) if verdict.accepted else None,
        )
        record(by, version, version.note, created=True)
        return version


def next_id(site: Site) -> int:
    """Ids of clusters are never given twice, whatever became of the model."""
    given = ModelVersion.objects.filter(site=site, family=CLUSTER).values_list("clusters", flat=True)
    return 1 + max((cluster["id"] for clusters in given for cluster in clusters), default=0)


def identify(
    candidate: Candidate,
    in_force: Clusters | None,
    people: Population,
    labels: np.ndarray,
    apart: list[list[naming.Difference]],
    next_id: int,
) -> identity.Identity:
    """Which of the candidate's clusters are those that visitors are sorted by today, and what the others are called."""
    k = candidate.trial.k
    if in_force is None or not knows_features(in_force):
        found = identity.new_identity(k, next_id)
    else:
        found = identity.match(labels_of(in_force, people), labels, in_force.ids, in_force.names, k, next_id)
    kept = {name for name in found.names if name}
    for position, name in enumerate(naming.names(apart, kept)):
        found.names[position] = found.names[position] or name
    return found


def differences(candidate: Candidate, people: Population, labels: np.ndarray) -> list[list[naming.Difference]]:
    """Per cluster what sets those who are labelled with it apart from everybody."""
    X = people.columns(candidate.features)
    overall = X.mean(axis=0)
    shown = []
    for position, center in enumerate(candidate.clustering.centers_):
        members = X[labels == position]
        mean = members.mean(axis=0) if len(members) else overall
        shown.append(naming.differences(mean, overall, center, candidate.features))
    return shown


def describe(found: identity.Identity, labels: np.ndarray, apart: list[list[naming.Difference]]) -> list[ClusterRow]:
    """Per cluster: id, name, size, share, what sets it apart, and the name that these figures alone would give it."""
    sizes = np.bincount(labels, minlength=len(apart)).tolist()
    return [
        {
            "id": known,
            "name": name,
            "size": size,
            "share": round(size / len(labels), 4),
            "apart": list(map(str, shown)),
            "today": today,
        }
        for known, name, size, shown, today in zip(
            found.ids, found.names, sizes, apart, naming.names(apart), strict=True
        )
    ]


def freeze(number: int, candidate: Candidate, found: identity.Identity) -> FrozenClusters:
    clustering = candidate.clustering
    return FrozenClusters(number, clustering.KIND, candidate.features, found.names, found.ids, clustering.to_plain())


def about_training(people: Population, candidate: Candidate) -> About:
    import scipy
    import sklearn

    return {
        "kind": candidate.clustering.KIND,
        "features": candidate.features,
        "k": candidate.trial.k,
        "seed": SEED,
        "starts": candidate.clustering.STARTS,
        "resamples": selection.RESAMPLES,
        "window": [people.window_start, people.window_end],
        "libraries": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }


def metrics_of(candidate: Candidate, figures: dict[str, Any], found: identity.Identity) -> Metrics:
    return {
        "table": [trial.row() for trial in candidate.trials],
        "k": candidate.trial.k,
        "silhouette": round(candidate.trial.silhouette, 4),
        "stability": round(candidate.trial.stability, 4),
        "held_out": figures,
        "identity": found.notes,
        "map": draw_map(candidate.clustering.centers_).row(),
    }
