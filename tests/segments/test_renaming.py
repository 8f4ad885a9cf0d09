"""A cluster's name is somebody's to give: it goes on with its cluster, and no condition loses its meaning by it."""

import pytest
from django.contrib.admin.models import LogEntry

from segments import artifacts, editing
from segments.cluster_names import carry_names, clusters_of
from segments.models import Segment
from segments.models_in_force import frozen_in_force
from tests import factories
from tests.answers import text_of
from tests.clusters import promote
from tests.factories import TESTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(site, settings, tmp_path):
    settings.ARTIFACT_DIR = tmp_path
    return promote(site)


def test_a_name_reaches_the_next_release_and_the_change_log(site, model):
    before = (model.artifact, model.digest)

    editing.rename_cluster(model, 3, "  Deal   seekers ", TESTER)

    assert frozen_in_force(site)["cluster"].names == ["Deal seekers", "Passers-by"]
    assert artifacts.load(*before).clusters.names == ["Buyers", "Passers-by"]  # as a transaction that fails finds it
    assert LogEntry.objects.get().change_message.startswith("Cluster “Buyers” is called “Deal seekers”.")
    renamed = clusters_of(model)[0]
    assert (renamed.name, renamed.today) == ("Deal seekers", "") and renamed.named_by


def test_a_later_model_knows_who_gave_the_name(model):
    editing.rename_cluster(model, 3, "Deal seekers", TESTER)
    later = [{"id": 3, "name": "Deal seekers"}, {"id": 8, "name": "Deal seekers"}, {"id": 7, "name": "Passers-by"}]

    assert ["named_by" in row for row in carry_names(model.clusters, later)] == [True, False, False]


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "Type a name."), ("passers-BY", "Another cluster is called"), ("x" * 61, "at most 60 characters; this one has 61")],
)  # fmt: skip
def test_a_name_that_it_cannot_have_is_told_at_its_field_and_stays(client, model, name, words):
    client.force_login(factories.make_user("editor"))

    page = text_of(client.post("/segments/clusters/3/name", {"name": name}))

    assert words in page and f'value="{name}"' in page
    model.refresh_from_db()
    assert model.clusters[0]["name"] == "Buyers"


def test_a_name_that_a_condition_compares_is_kept(site, model):
    Segment.objects.create(
        site=site, key="a", name="Regulars", condition={"cluster.name": {"$in": ["Buyers", "Other"]}}
    )
    Segment.objects.create(site=site, key="b", name="By number", condition={"cluster.id": 7})

    with pytest.raises(editing.NotNamed, match=r"segment “Regulars”.*number is 3"):
        editing.rename_cluster(model, 3, "Deal seekers", TESTER)
    editing.rename_cluster(model, 7, "Quiet ones", TESTER)

    assert frozen_in_force(site)["cluster"].names == ["Buyers", "Quiet ones"]


def test_whose_file_is_gone_is_told_to_train_again(model):
    artifacts.path_of(model.artifact).unlink()

    with pytest.raises(editing.NotNamed, match="Train again"):
        editing.rename_cluster(model, 3, "Deal seekers", TESTER)


def test_editors_rename_and_viewers_look(client, model):
    client.force_login(factories.make_user("viewer"))
    assert client.post("/segments/clusters/3/name", {"name": "Deal seekers"}).status_code == 403
    client.force_login(factories.make_user("editor"))

    answer = client.post("/segments/clusters/3/name", {"name": "Deal seekers"}, follow=True)

    assert "It is called “Deal seekers”." in text_of(answer)
    address = f"/api/v1/model-versions/{model.pk}/rename/"
    refused = client.post(address, {"cluster": 9, "name": "X"}, "application/json")
    assert (refused.status_code, list(refused.json())) == (400, ["name"])
    told = client.post(address, {"cluster": 7, "name": "Quiet ones"}, "application/json")
    assert [row["name"] for row in told.json()["clusters"]] == ["Deal seekers", "Quiet ones"]
