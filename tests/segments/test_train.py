from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.drafts import freeze, read_draft
from campaigns.release import Clusters
from segments import artifacts, train
from segments.cluster_names import named
from segments.clustering.kmeans import KMeans
from segments.features import vector
from segments.models import ModelVersion, TrainingRun
from segments.tasks import train_clusters
from tests import factories
from tests.segments.conftest import buyer, passer_by, reader

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path, settings):
    """Fewer numbers of clusters to try than in earnest."""
    monkeypatch.setattr(train.fit, "__defaults__", (*train.fit.__defaults__[:-1], range(2, 5)))
    settings.ARTIFACT_DIR = tmp_path


def test_finds_the_kinds_of_visitors_that_there_are(site, crowd):
    run = train.train(site)

    model = run.model
    assert (run.status, run.progress) == ("done", 100)
    assert model.status == ModelVersion.Status.PROMOTED
    assert model.metrics["k"] == 3
    assert model.metrics["stability"] > 0.95
    assert [row["k"] for row in model.metrics["table"]] == [2, 3, 4]
    assert sorted(cluster["size"] for cluster in model.clusters) == [60, 60, 60]
    assert sum(cluster["share"] for cluster in model.clusters) == pytest.approx(1, abs=1e-3)
    assert model.n_samples == 180
    assert set(model.parameters["libraries"]) == {"python", "numpy", "scipy", "scikit-learn"}
    assert model.window_start <= model.window_end


def test_events_are_stored_while_candidates_are_compared(site, crowd):
    """Whoever inserts a visitor or a session locks the key of its site, which a plain FOR UPDATE would refuse for as
    long as this takes."""
    with CaptureQueriesContext(connection) as queries:
        train.train(site)

    locks = [query["sql"] for query in queries if "FOR " in query["sql"] and "UPDATE" in query["sql"]]
    assert locks
    assert all(sql.endswith("FOR NO KEY UPDATE") for sql in locks)


def test_release_gets_a_model_that_assigns_each_kind_to_its_own_cluster(site, crowd):
    model = train.train(site).model

    assigner = KMeans(Clusters(**train.clusters_for_release(site)))

    names = {cluster["id"]: cluster["name"] for cluster in model.clusters}
    found = []
    for kind in (reader, buyer, passer_by):
        profile = kind(1)
        position, memberships = assigner.assign(vector(profile, profile.last_at, assigner.features))
        assert memberships[position] > 0.6
        found.append(names[assigner.ids[position]])
    assert len(set(found)) == 3
    assert found[1] in ("Cart fillers", "Full carts")


def test_clusters_keep_id_and_name_over_a_retrain(site, crowd):
    first, second = train.train(site).model, train.train(site).model

    def identities(model):
        return {(cluster["id"], cluster["name"], cluster["size"]) for cluster in model.clusters}

    assert second.number == first.number + 1
    assert identities(first) == identities(second)
    first.refresh_from_db()
    assert first.status == ModelVersion.Status.RETIRED
    assert second.status == ModelVersion.Status.PROMOTED


def test_who_is_held_out_is_not_learned_from(site, crowd, monkeypatch):
    learned = []
    fit = train.fit
    monkeypatch.setattr(train, "fit", lambda X, *more: learned.append(len(X)) or fit(X, *more))

    run = train.train(site)

    held_out = run.model.metrics["held_out"]["visitors"]
    assert held_out > 0
    assert learned == [180 - held_out]


def test_worse_candidate_is_not_promoted(site, crowd, monkeypatch):
    good = train.train(site).model
    monkeypatch.setattr(train.selection, "choose", lambda trials: trials[-1])
    monkeypatch.setattr(train, "separation", lambda X, labels: 1 / len(set(labels.tolist())))

    worse = train.train(site).model

    assert worse.status == ModelVersion.Status.REJECTED
    assert worse.note.startswith("Not promoted: silhouette 0.250 against 0.333 on the same")
    good.refresh_from_db()
    assert good.status == ModelVersion.Status.PROMOTED
    assert train.promoted_model(site).version == good.number


def test_unstable_clusters_are_not_promoted_even_as_the_first(site, crowd, monkeypatch):
    monkeypatch.setattr(train.selection, "LEAST_STABILITY", 1.1)

    run = train.train(site)

    assert run.model.status == ModelVersion.Status.REJECTED
    assert train.clusters_for_release(site) is None


def test_too_few_visitors_say_so(site, keep):
    keep("a" * 32, reader(1))

    run = train.train(site)

    assert run.status == TrainingRun.Status.FAILED
    assert run.message == "1 visitor did more than one thing in the last 30 days; 100 are needed."
    assert run.model is None


def test_other_sites_and_merged_visitors_are_not_learned_from(site, keep, crowd):
    keep("b" * 32, reader(1), of=factories.make_site(name="Other", write_key="wk_other"))

    assert train.train(site).model.n_samples == 180


def test_task_runs_once_when_delivered_twice(site, crowd):
    run = TrainingRun.objects.create(site=site)

    train_clusters(site.pk, run.pk)
    train_clusters(site.pk, run.pk)

    assert ModelVersion.objects.count() == 1


def test_command_prints_the_stability_table(site, crowd):
    out = StringIO()

    call_command("train", site="shop.example", stdout=out)

    text = out.getvalue()
    assert "stability" in text and "silhouette" in text
    assert "<- chosen" in text
    assert "Cart fillers" in text or "Full carts" in text
    with pytest.raises(CommandError, match="no site 'nowhere'"):
        call_command("train", site="nowhere")


# --- artefacts ------------------------------------------------------------------------------------


def model():
    column = np.array([0.1, 0.2])
    return artifacts.ClusterModel(
        7, ["a", "b"], column, column, column, column, np.eye(2), 1.5, ["Ä", "B"], [3, 9], {"k": 2}
    )


def test_artifact_comes_back_as_it_was():
    loaded = artifacts.load("site-1/x.npz", artifacts.save(model(), "site-1/x.npz"))

    assert (loaded.version, loaded.names, loaded.ids, loaded.about) == (7, ["Ä", "B"], [3, 9], {"k": 2})
    assert (loaded.centroids == np.eye(2)).all()


def test_changed_artifact_is_refused():
    digest = artifacts.save(model(), "x.npz")
    path = artifacts.path_of("x.npz")
    path.write_bytes(path.read_bytes() + b"!")

    with pytest.raises(artifacts.BadArtifact, match="digest differs"):
        artifacts.load("x.npz", digest)
    with pytest.raises(artifacts.BadArtifact, match="cannot be read"):
        artifacts.load("y.npz", digest)


def test_artifact_with_pickled_objects_is_refused():
    import hashlib

    np.savez(artifacts.path_of("evil.npz"), words=np.array([{"object": 1}], dtype=object))
    digest = hashlib.sha256(artifacts.path_of("evil.npz").read_bytes()).hexdigest()

    with pytest.raises(artifacts.BadArtifact, match="holds no cluster model"):
        artifacts.load("evil.npz", digest)


def test_promoted_clusters_enter_the_next_release(site, crowd):
    assert freeze(read_draft(site), now=0).clusters is None
    model = train.train(site).model

    clusters = freeze(read_draft(site), now=0).clusters

    assert clusters.version == model.number
    assert clusters.ids == [cluster["id"] for cluster in model.clusters]


# --- names ----------------------------------------------------------------------------------------


def version(site, number, clusters, status="retired"):
    rows = [
        {"id": known, "name": name, "size": 5, "share": 0.5, "apart": [], "today": today}
        for known, name, today in clusters
    ]
    return ModelVersion.objects.create(
        site=site, number=number, status=status, artifact="x.npz", digest="0" * 64, clusters=rows
    )


def test_a_cluster_says_which_model_named_it_and_what_its_figures_would_call_it_now(site):
    version(site, 1, [(1, "Buyers", "Buyers"), (2, "Passers-by", "Passers-by")])
    version(site, 2, [(3, "Searchers", "Searchers")], status="rejected")
    latest = version(site, 3, [(1, "Buyers", "Cart fillers"), (3, "Searchers", "Searchers")], status="promoted")

    assert [(cluster.id, cluster.since, cluster.today) for cluster in named(latest)] == [
        (1, 1, "Cart fillers"),
        (3, 3, ""),
    ]


def test_a_first_training_gives_names_that_fit(site, crowd):
    model = train.train(site).model

    assert [cluster["name"] for cluster in model.clusters] == [cluster["today"] for cluster in model.clusters]
