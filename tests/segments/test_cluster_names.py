"""Whether a cluster's name still says what it is."""

import pytest

from segments.cluster_names import clusters_of
from segments.models import ModelVersion

pytestmark = pytest.mark.django_db


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

    assert [(cluster.id, cluster.since, cluster.today) for cluster in clusters_of(latest)] == [
        (1, 1, "Cart fillers"),
        (3, 3, ""),
    ]
