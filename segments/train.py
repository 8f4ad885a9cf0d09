"""How does a site get its clusters? Sample, try, choose, name, compare, promote.

A candidate is promoted when its clusters are stable (`selection.choose`) and it does not separate the held-out visitors
worse than the promoted model does, by more than `TOLERANCE` of silhouette. The held-out visitors are a fifth, by
visitor id, so they are the same for both models and for the next training; both are judged in a space fitted on the
held-out visitors themselves.
"""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.db import transaction
from django.db.models import Max

from segments import artifacts, population, preprocessing
from segments.artifacts import ClusterModel
from segments.clustering import identity, naming, selection
from segments.clustering.kmeans import MIN_EVENTS
from segments.models import ModelVersion, TrainingRun
from segments.population import Population
from sites.models import Site
from sites.times import moment_of
from sites.units import counted

KIND = "kmeans"
# What visitors are compared by: what fades with time, and the latest session.
CLUSTER_FEATURES = (
    "pages_recent",
    "product_views_recent",
    "distinct_products",
    "time_recent",
    "category_focus",
    "categories_viewed",
    "searches_recent",
    "price_interest",
    "cart_adds_recent",
    "cart_value",
    "orders_recent",
    "sessions_recent",
    "session_minutes",
    "average_price_viewed",
    "scroll_depth",
)
KS = range(2, 9)
SEED = 20
MOST_VISITORS = 100_000
LEAST_VISITORS = 100
TOLERANCE = 0.02
Tell = Callable[[int, str], None]


class TooFew(Exception):
    """There are not enough visitors to learn from yet; more of them help."""


@dataclass(slots=True)
class Candidate:
    """A fitted model, before it has a number, with all that is known about it."""

    features: list[str]
    space: preprocessing.Preprocessing
    trial: selection.Trial
    trials: list[selection.Trial]
    temperature: float
    stable: bool


def train(site: Site, run: TrainingRun | None = None) -> TrainingRun:
    """One attempt, with its progress in the TrainingRun that it returns. Raises nothing but what should not happen."""
    run = run or TrainingRun.objects.create(site=site, kind=KIND)
    try:
        run.model = _train(site, lambda progress, message: _tell(run, progress, message))
        run.status, run.message = TrainingRun.Status.DONE, run.model.note
    except TooFew as error:
        run.status, run.message = TrainingRun.Status.FAILED, str(error)
    except Exception:
        run.status, run.message = TrainingRun.Status.FAILED, "Training stopped with an error; the worker's log has it."
        raise
    finally:
        run.progress, run.finished_at = 100, datetime.now(UTC)
        run.save()
    return run


def _tell(run: TrainingRun, progress: int, message: str) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(progress=progress, message=message)


def _train(site: Site, tell: Tell) -> ModelVersion:
    tell(2, "Reading profiles")
    people = population.sample(site, CLUSTER_FEATURES, MOST_VISITORS, MIN_EVENTS)
    if len(people.visitors) < LEAST_VISITORS:
        raise TooFew(
            f"{counted(len(people.visitors), 'visitors')} did more than one thing in the last 30 days; {LEAST_VISITORS} are needed."
        )
    held_out = np.array([is_held_out(visitor) for visitor in people.visitors])
    candidate = fit(people.X[~held_out], CLUSTER_FEATURES, tell)
    tell(90, "Comparing with the promoted model")
    return _register(site, people, held_out, candidate)


def is_held_out(visitor: str) -> bool:
    return int(visitor[-2:], 16) < 51  # of 256


def fit(
    X: np.ndarray, features: Sequence[str], tell: Tell = lambda progress, message: None, ks: Sequence[int] = KS
) -> Candidate:
    """Fits clusters on raw features, shape (n_visitors, n_features). Raises TooFew when the visitors do not differ."""
    useful = preprocessing.varies(X)
    distinct = len(np.unique(X[:, useful], axis=0))
    ks = [k for k in ks if k < distinct]
    if not ks:
        raise TooFew("The visitors hardly differ from each other yet.")
    X, kept = X[:, useful], [name for name, use in zip(features, useful, strict=True) if use]
    space = preprocessing.fit(X)
    Z = space.transform(X)
    trials = selection.try_all(Z, ks, SEED, lambda k: tell(5 + 80 * ks.index(k) // len(ks), f"Trying {k} clusters"))
    chosen = selection.choose(trials)
    trial = chosen or max(trials, key=lambda trial: trial.stability)
    temperature = max(float(selection.distances(Z, trial.centroids).mean()), 1e-6)
    return Candidate(kept, space, trial, trials, temperature, chosen is not None)


# --- identity, comparison, promotion --------------------------------------------------------------


def promoted_model(site: Site) -> ClusterModel | None:
    """The model in force, None without one or when its file is gone."""
    version = ModelVersion.objects.filter(site=site, kind=KIND, status=ModelVersion.Status.PROMOTED).first()
    if version is None:
        return None
    try:
        return artifacts.load(version.artifact, version.digest)
    except artifacts.BadArtifact:
        return None


def clusters_for_release(site: Site) -> dict | None:
    """The promoted model as plain data with the fields of `campaigns.release.Clusters`."""
    model = promoted_model(site)
    if model is None:
        return None
    arrays = {name: getattr(model, name).tolist() for name in artifacts.ARRAYS}
    return {
        "version": model.version,
        "features": model.features,
        **arrays,
        "temperature": model.temperature,
        "names": model.names,
        "ids": model.ids,
    }


def label(model: ClusterModel | Candidate, X: np.ndarray) -> np.ndarray:
    """Position of each visitor's cluster; columns of `X` are CLUSTER_FEATURES."""
    columns = [CLUSTER_FEATURES.index(name) for name in model.features]
    if isinstance(model, Candidate):
        return selection.nearest(model.space.transform(X[:, columns]), model.trial.centroids)
    space = preprocessing.Preprocessing(model.low, model.high, model.mean, model.scale)
    return selection.nearest(space.transform(X[:, columns]), model.centroids)


def knows_features(model: ClusterModel | None) -> bool:
    """A model of an earlier Segue may read features that training no longer takes."""
    return model is not None and set(model.features) <= set(CLUSTER_FEATURES)


def separation(X: np.ndarray, labels: np.ndarray) -> float:
    """Silhouette of a labelling in a space fitted on `X` itself; -1 when all have one label."""
    from sklearn.metrics import silhouette_score

    if not 1 < len(set(labels.tolist())) < len(labels):
        return -1.0
    Z = preprocessing.fit(X).transform(X)
    return float(silhouette_score(Z, labels, sample_size=min(len(Z), selection.MOST_FOR_SILHOUETTE), random_state=SEED))


def judge(candidate: Candidate, promoted: ClusterModel | None, X: np.ndarray) -> tuple[bool, str, dict]:
    """Whether the candidate may replace the promoted model, why, and the figures; `X` are the held-out visitors."""
    figures: dict = {"visitors": len(X), "candidate": round(separation(X, label(candidate, X)), 4)}
    if not candidate.stable:
        return False, "Not promoted: no number of clusters was stable and large enough.", figures
    if promoted is None or not knows_features(promoted):
        return True, "Promoted: the first model.", figures
    figures["promoted"] = round(separation(X, label(promoted, X)), 4)
    worse = figures["candidate"] < figures["promoted"] - TOLERANCE
    compared = f"silhouette {figures['candidate']:.3f} against {figures['promoted']:.3f} on the same {len(X)} held-out visitors."
    return not worse, ("Not promoted: " if worse else "Promoted: ") + compared, figures


def identify(site: Site, candidate: Candidate, promoted: ClusterModel | None, X: np.ndarray) -> identity.Identity:
    k = candidate.trial.k
    used = [
        entry["id"]
        for clusters in ModelVersion.objects.filter(site=site, kind=KIND).values_list("clusters", flat=True)
        for entry in clusters
    ]
    next_id = max(used, default=0) + 1
    if promoted is None or not knows_features(promoted):
        found = identity.fresh(k, next_id)
    else:
        found = identity.match(label(promoted, X), label(candidate, X), promoted.ids, promoted.names, k, next_id)
    kept = {name for name in found.names if name}
    for position, name in enumerate(naming.names(differences(candidate, X), kept)):
        found.names[position] = found.names[position] or name
    return found


def differences(candidate: Candidate, X: np.ndarray) -> list[list[naming.Difference]]:
    """Per cluster what sets it apart from everybody in `X`."""
    labels = label(candidate, X)
    X = X[:, [CLUSTER_FEATURES.index(name) for name in candidate.features]]
    overall = X.mean(axis=0)
    means = [
        X[labels == position].mean(axis=0) if (labels == position).any() else overall
        for position in range(candidate.trial.k)
    ]
    return [
        naming.differences(mean, overall, z, candidate.features)
        for mean, z in zip(means, candidate.trial.centroids, strict=True)
    ]


def describe(candidate: Candidate, found: identity.Identity, X: np.ndarray) -> list[dict]:
    """Per cluster: id, name, size, share, what sets it apart, and the name that these figures alone would give it."""
    sizes = np.bincount(label(candidate, X), minlength=candidate.trial.k).tolist()
    apart = differences(candidate, X)
    return [
        {
            "id": known,
            "name": name,
            "size": size,
            "share": round(size / len(X), 4),
            "apart": list(map(str, shown)),
            "today": today,
        }
        for known, name, size, shown, today in zip(
            found.ids, found.names, sizes, apart, naming.names(apart), strict=True
        )
    ]


def _register(site: Site, people: Population, held_out: np.ndarray, candidate: Candidate) -> ModelVersion:
    """Numbers, stores and, if it is not worse, promotes the candidate; one training of a site at a time gets this
    far."""
    with transaction.atomic():
        Site.objects.select_for_update(no_key=True).get(
            pk=site.pk
        )  # against other trainings only: events are stored meanwhile
        promoted = promoted_model(site)
        accepted, note, figures = judge(candidate, promoted, people.X[held_out])
        found = identify(site, candidate, promoted, people.X)
        number = (ModelVersion.objects.filter(site=site, kind=KIND).aggregate(last=Max("number"))["last"] or 0) + 1
        about = about_training(people, candidate)
        name = f"site-{site.pk}/{KIND}-{number}.npz"
        digest = artifacts.save(as_model(number, candidate, found, about), name)
        if accepted:
            ModelVersion.objects.filter(site=site, kind=KIND, status=ModelVersion.Status.PROMOTED).update(
                status=ModelVersion.Status.RETIRED
            )
        return ModelVersion.objects.create(
            site=site,
            kind=KIND,
            number=number,
            status=ModelVersion.Status.PROMOTED if accepted else ModelVersion.Status.REJECTED,
            artifact=name,
            digest=digest,
            parameters=about,
            metrics=metrics_of(candidate, figures, found),
            clusters=describe(candidate, found, people.X),
            window_start=moment_of(people.window_start),
            window_end=moment_of(people.window_end),
            n_samples=len(people.visitors),
            note=" ".join([note, *found.notes]),
            promoted_at=datetime.now(UTC) if accepted else None,
        )


def as_model(number: int, candidate: Candidate, found: identity.Identity, about: dict) -> ClusterModel:
    space = candidate.space
    centroids = candidate.trial.centroids
    return ClusterModel(
        number,
        candidate.features,
        space.low,
        space.high,
        space.mean,
        space.scale,
        centroids,
        candidate.temperature,
        found.names,
        found.ids,
        about,
    )


def about_training(people: Population, candidate: Candidate) -> dict:
    import scipy
    import sklearn

    return {
        "features": candidate.features,
        "k": candidate.trial.k,
        "seed": SEED,
        "starts": selection.STARTS,
        "resamples": selection.RESAMPLES,
        "temperature": round(candidate.temperature, 4),
        "window": [people.window_start, people.window_end],
        "libraries": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
        },
    }


def metrics_of(candidate: Candidate, figures: dict, found: identity.Identity) -> dict:
    return {
        "table": [trial.row() for trial in candidate.trials],
        "k": candidate.trial.k,
        "silhouette": round(candidate.trial.silhouette, 4),
        "stability": round(candidate.trial.stability, 4),
        "held_out": figures,
        "identity": found.notes,
    }
