"""What the pages of experiments say and do, programs can ask for."""

import pytest
from django.utils import timezone

from campaigns.models import Conclusion
from tests.personalization.experiments.sums import experiment, store, visitors

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture(name="test")
def running(site):
    row = experiment(site, timezone.now())
    store(row, visitors(), timezone.now())
    return row


def test_results_are_those_of_the_page(api, test):
    told = api.get(f"/api/v1/treatments/{test.pk}/results/").json()

    assert (told["verdict"]["action"], told["verdict"]["arm"], told["visitors"], told["phase"]) == (
        "ship",
        "b",
        8_000,
        1,
    )
    assert told["metrics"][0]["comparisons"][0]["lift"]["always"]["low"] > 0
    assert told["mismatch"]["level"] == "fine" and len(told["arms"]) == 2


def test_metrics_are_read_and_set_as_a_whole(api, test):
    address = f"/api/v1/treatments/{test.pk}/"
    assert len(api.get(address).json()["metrics"]) == 3

    told = api.patch(address, {"metrics": [{"goal": None, "role": "primary"}]}, content_type="application/json")

    assert [(one["goal"], one["kind"], one["role"]) for one in told.json()["metrics"]] == [(None, "rate", "primary")]


@pytest.mark.parametrize(
    ("metrics", "fault"),
    [
        ([{"goal": None, "kind": "value"}], "A click brings nothing"),
        ([{"goal": None}, {"goal": None}], "Two measure the same."),
        ([{"goal": None, "role": "primary"}, {"goal": None, "kind": "count", "role": "primary"}], "One metric decides"),
    ],
)
def test_metrics_that_cannot_be_are_refused_at_their_field(api, test, metrics, fault):
    told = api.patch(f"/api/v1/treatments/{test.pk}/", {"metrics": metrics}, content_type="application/json")

    assert told.status_code == 400 and fault in str(told.json()["metrics"]) and test.metrics.count() == 3


def test_it_is_decided_with_a_record(api, test):
    address = f"/api/v1/treatments/{test.pk}/decide/"
    assert api.post(address, {"arm": "zz"}, content_type="application/json").json() == {"arm": ["It has no such arm."]}

    told = api.post(address, {"arm": "b", "why": "It sells."}, content_type="application/json")

    assert told.status_code == 201 and told.json()["outcome"] == "ship"
    assert Conclusion.objects.get().said == "Ship Bold."
