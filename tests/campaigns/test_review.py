"""A review says what publishing would do."""

from campaigns.changes import changes
from campaigns.models import Campaign, Placement, Rule
from campaigns.publish import publish
from campaigns.release import dump, load, version_of
from campaigns.review import examine
from segments import artifacts
from segments.clustering.frozen import FrozenClusters
from segments.models import ModelVersion
from tests.drafts import draft_source, review

NOW = 1_760_000_000_000


def test_a_draft_has_one_version_however_often_one_looks(drafted, publisher, commit):
    """R11: rules that were never published are dated when they are; that alone is no change of the draft."""
    versions = {examine(drafted, now).version for now in (NOW, NOW + 1, NOW + 86_400_000)}
    release = commit(publish, drafted, publisher)

    assert len(versions) == 1
    assert review(drafted).version == release.version


def test_leaves_out_what_is_not_live(drafted):
    Rule.objects.filter(name="Coupon").update(enabled=False)
    assert [rule.name for rule in draft_source(drafted).rules] == ["Banner"]

    Campaign.objects.update(status="paused")
    assert draft_source(drafted).rules == []


def test_carries_the_clusters_of_the_promoted_model(drafted, settings, tmp_path):
    settings.ARTIFACT_DIR = tmp_path
    learned = {
        "low": [0.0],
        "high": [9.0],
        "mean": [0.0],
        "scale": [1.0],
        "centers": [[0.0], [2.0]],
        "temperature": 0.5,
    }
    frozen = FrozenClusters(3, "kmeans", ["cart_value"], ["Lookers", "Buyers"], [1, 2], learned)
    digest = artifacts.save(artifacts.Artifact(frozen, {}), "model.npz")
    version = ModelVersion.objects.create(
        site=drafted, number=3, artifact="model.npz", digest=digest, status="rejected"
    )
    assert draft_source(drafted).models == {}

    ModelVersion.objects.filter(pk=version.pk).update(status="promoted")
    source = draft_source(drafted)

    assert source.models == {"cluster": frozen}
    loaded = load(dump(source))
    assert loaded.frozen_models == source.models and "cluster" in loaded.models
    assert changes(None, source)[-1] == "Clusters come from model 3 (2 clusters)"


def test_costs_one_query_a_table(drafted, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        draft_source(drafted)


def test_equal_content_has_an_equal_version_and_an_edit_another(drafted):
    version = version_of(examine(drafted, NOW).source)

    assert version_of(examine(drafted, NOW).source) == version
    Rule.objects.filter(name="Coupon").update(priority=700)
    assert version_of(examine(drafted, NOW).source) != version


def test_a_placement_without_default_is_worth_a_warning_only(drafted, publisher, commit):
    Placement.objects.update(default_variant=None)

    seen = review(drafted)

    assert [(problem.field, problem.is_error) for problem in seen.problems] == [("default_variant", False)]
    assert seen.may_publish
    assert commit(publish, drafted, publisher).status == "live"
