from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.drafts import freeze, read_draft
from segments import comparing, fitting, population, train
from segments.clustering import selection
from segments.clustering.kinds import KINDS
from segments.features import vector
from segments.fitting import CLUSTER_FEATURES
from segments.models import ModelVersion, TrainingRun
from segments.models_in_force import frozen_in_force, models_in_force
from segments.tasks import train_all, train_clusters
from segments.training_runs import new_run, usual_kind
from sites.pages.history import Actor, changes_of
from tests import factories
from tests.segments.conftest import buyer, passer_by, reader

pytestmark = pytest.mark.django_db
FEW = range(2, 5)  # numbers of clusters to try, fewer than in earnest


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.ARTIFACT_DIR = tmp_path


def trained(site, kind="", ks=FEW):
    return train.train(site, new_run(site, factories.TESTER, kind), ks=ks)


def test_finds_the_kinds_of_visitors_that_there_are(site, crowd):
    run = trained(site)

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


ARRIVAL = """
INSERT INTO tracking_visitor
    (id, site_id, "user", first_seen_at, last_seen_at, events, sessions, channel, device, country)
VALUES (gen_random_uuid(), %s, '', now(), now(), 1, 1, '', '', '')
"""


@pytest.mark.django_db(transaction=True)
def test_events_are_stored_while_candidates_are_compared(site, crowd, monkeypatch):
    """Whoever inserts a visitor or a session locks the key of its site, which a plain FOR UPDATE would refuse for as
    long as this takes."""
    judge, stored = comparing.judge, []
    consumer = connection.copy()

    def judge_while_somebody_arrives(*args):
        with consumer.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
            cursor.execute(ARRIVAL, [site.pk])
            stored.append(cursor.rowcount)
        return judge(*args)

    monkeypatch.setattr(comparing, "judge", judge_while_somebody_arrives)
    try:
        run = trained(site)
    finally:
        consumer.close()

    assert (run.status, stored) == ("done", [1])


def test_release_gets_a_model_that_assigns_each_kind_to_its_own_cluster(site, crowd):
    model = trained(site).model

    assigner = models_in_force(site)["cluster"]

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
    first, second = trained(site).model, trained(site).model

    def identities(model):
        return {(cluster["id"], cluster["name"], cluster["size"]) for cluster in model.clusters}

    assert second.number == first.number + 1
    assert identities(first) == identities(second)
    first.refresh_from_db()
    assert first.status == ModelVersion.Status.RETIRED
    assert second.status == ModelVersion.Status.PROMOTED


def test_who_is_held_out_is_not_learned_from(site, crowd, monkeypatch):
    learned = []
    fit = fitting.fit
    monkeypatch.setattr(fitting, "fit", lambda X, *more: learned.append(len(X)) or fit(X, *more))

    run = trained(site)

    held_out = run.model.metrics["held_out"]["visitors"]
    assert held_out > 0
    assert learned == [180 - held_out]


def test_worse_candidate_is_not_promoted(site, crowd):
    """Two clusters of three kinds of people are stable, and separate them less well."""
    good = trained(site).model

    worse = trained(site, ks=[2]).model

    held_out = worse.metrics["held_out"]
    assert worse.metrics["stability"] > selection.LEAST_STABILITY
    assert held_out["candidate"] < held_out["promoted"] - 0.1
    assert worse.status == ModelVersion.Status.REJECTED
    assert worse.note.startswith(
        f"Not promoted: silhouette {held_out['candidate']:.3f} against {held_out['promoted']:.3f} on the same"
    )
    good.refresh_from_db()
    assert good.status == ModelVersion.Status.PROMOTED
    assert frozen_in_force(site)["cluster"].version == good.number


def test_better_candidate_takes_the_place_of_a_worse_one(site, crowd):
    trained(site, ks=[2])

    better = trained(site).model

    assert better.status == ModelVersion.Status.PROMOTED
    assert (frozen_in_force(site)["cluster"].version, better.metrics["k"]) == (2, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_trained_promoted_and_sorts_visitors(site, crowd, kind):
    run = trained(site, kind)

    model, clusters = run.model, models_in_force(site)["cluster"]
    assert (model.kind, model.family, model.status) == (kind, "cluster", ModelVersion.Status.PROMOTED)
    assert (model.parameters["kind"], model.metrics["k"], frozen_in_force(site)["cluster"].kind) == (kind, 3, kind)
    found = set()
    for person in (reader, buyer, passer_by):
        profile = person(1)
        found.add(clusters.assign(vector(profile, profile.last_at, clusters.features))[0])
    assert len(found) == 3


def test_a_model_of_another_kind_takes_over_ids_and_names(site, crowd):
    """One family, one model in force: rules on a cluster keep their meaning."""
    first, second = trained(site, "kmeans").model, trained(site, "mixture").model

    assert [model.number for model in (first, second)] == [1, 2]
    assert {(one["id"], one["name"]) for one in first.clusters} == {(one["id"], one["name"]) for one in second.clusters}
    first.refresh_from_db()
    assert (first.status, second.status) == (ModelVersion.Status.RETIRED, ModelVersion.Status.PROMOTED)


def test_who_says_nothing_of_the_kind_trains_the_one_in_force(site, crowd):
    assert usual_kind(site) == "kmeans"
    trained(site, "mixture")

    assert trained(site).model.kind == "mixture"


def test_unstable_clusters_are_not_promoted_even_as_the_first(site, crowd, monkeypatch):
    monkeypatch.setattr(selection, "LEAST_STABILITY", 1.1)

    run = trained(site)

    assert run.model.status == ModelVersion.Status.REJECTED
    assert frozen_in_force(site) == {}


def test_learns_of_the_people_that_it_is_handed(site, crowd, monkeypatch):
    """Who compares ways to sample, or simulates, brings its own."""
    people = population.sample(site, CLUSTER_FEATURES, 150, least_events=1)
    monkeypatch.setattr(population, "sample", None)

    run = train.train(site, new_run(site, factories.TESTER), people, FEW)

    assert (run.status, run.model.n_samples) == ("done", 150)


def test_too_few_visitors_say_so(site, keep):
    keep("a" * 32, reader(1))

    run = trained(site)

    assert run.status == TrainingRun.Status.FAILED
    assert run.message == "1 visitor did more than one thing in the last 30 days; 100 are needed."
    assert run.model is None


def test_other_sites_and_merged_visitors_are_not_learned_from(site, keep, crowd):
    keep("b" * 32, reader(1), of=factories.make_site(name="Other", write_key="wk_other"))

    assert trained(site).model.n_samples == 180


def test_task_runs_once_when_delivered_twice(site, crowd):
    run = new_run(site, factories.TESTER)

    train_clusters(run.pk)
    train_clusters(run.pk)

    assert ModelVersion.objects.count() == 1


def test_what_comes_of_a_training_is_signed_by_who_asked_for_it(site, crowd):
    """A promoted model changes what the next release holds, so it is in the change log as any other change."""
    trained(site)
    second = train.train(site, new_run(site, Actor(factories.make_user("editor"), "API token CI")), ks=[2]).model

    told = [(entry.about, entry.who, entry.words) for entry in changes_of(*ModelVersion.objects.all())]
    assert told == [
        ("kmeans 2", "API token CI of edgar", second.note),
        ("kmeans 1", "command test", "Promoted: the first model."),
    ]


def test_the_schedule_leaves_a_training_that_is_under_way(site, crowd):
    waiting = new_run(site, factories.TESTER)

    train_all()
    assert TrainingRun.objects.get() == waiting

    TrainingRun.objects.update(status=TrainingRun.Status.DONE)
    train_all()
    assert TrainingRun.objects.count() == 2


def test_command_prints_the_stability_table(site, crowd):
    out = StringIO()

    call_command("train", site="shop.example", stdout=out)

    text = out.getvalue()
    assert "stability" in text and "silhouette" in text
    assert "<- chosen" in text
    assert "Cart fillers" in text or "Full carts" in text
    call_command("train", site="shop.example", kind="mixture", stdout=out)
    assert ModelVersion.objects.first().kind == "mixture"
    with pytest.raises(CommandError, match="invalid choice: 'tea-leaves'"):
        call_command("train", "--kind", "tea-leaves")
    with pytest.raises(CommandError, match="no site 'nowhere'"):
        call_command("train", site="nowhere")


def test_promoted_clusters_enter_the_next_release(site, crowd):
    assert freeze(read_draft(site), now=0).models == {}
    model = trained(site).model

    clusters = freeze(read_draft(site), now=0).models["cluster"]

    assert clusters.version == model.number
    assert clusters.ids == [cluster["id"] for cluster in model.clusters]


def test_a_first_training_gives_names_that_fit(site, crowd):
    model = trained(site).model

    assert [cluster["name"] for cluster in model.clusters] == [cluster["today"] for cluster in model.clusters]
