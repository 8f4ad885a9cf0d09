"""Publishing is all or nothing, in turns, and on every edge within a second."""

import threading
import time

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from campaigns import publish, validation
from campaigns.models import AdVariant, Campaign, Placement, Release, Rule
from campaigns.release import load
from segments import artifacts
from segments.clustering.frozen import FrozenClusters
from segments.conditions.patterns import size_of
from segments.models import ModelVersion, Segment
from tests import factories

NOW = 1_760_000_000_000


@pytest.fixture
def drafted(site):
    """One live campaign with two rules on the hero."""
    default = AdVariant.objects.create(site=site, key="default", name="Default", headline="Welcome")
    offer = AdVariant.objects.create(site=site, key="offer", name="Offer", headline="Just for you")
    hero = Placement.objects.create(site=site, key="home-hero", name="Hero", default_variant=default)
    buyers = Segment.objects.create(
        site=site, key="buyers", name="Buyers", condition={"feature.orders_total": {"$gt": 1}}
    )
    campaign = Campaign.objects.create(site=site, key="spring", name="Spring", status="live")
    Rule.objects.create(
        campaign=campaign,
        placement=hero,
        name="Coupon",
        segment=buyers,
        condition={"context.device": "mobile"},
        variant=offer,
        priority=500,
    )
    Rule.objects.create(campaign=campaign, placement=hero, name="Banner", variant=default, priority=600)
    return site


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Publishes and lets the worker work, as at the end of a request."""

    def run(call, *args, **kwargs) -> Release:
        with django_capture_on_commit_callbacks(execute=True):
            release = call(*args, **kwargs)
        release.refresh_from_db()
        return release

    return run


def live_blob(site, client) -> bytes:
    version = client.get(f"segue:release:{site.pk}").decode()
    return client.get(f"segue:release:{site.pk}:{version}")


def test_publishes_the_draft_and_edges_can_load_it(drafted, publisher, commit, redis_client):
    release = commit(publish.publish, drafted, publisher, "First")

    assert (release.status, release.number, release.progress, release.published_by) == ("live", 1, 100, publisher)
    loaded = load(live_blob(drafted, redis_client))
    assert loaded.version == release.version
    assert [rule.name for rule in loaded.rules] == ["Banner", "Coupon"]
    assert loaded.rules[1].condition == {"$and": [{"feature.orders_total": {"$gt": 1}}, {"context.device": "mobile"}]}
    assert loaded.masks == {"home-hero": 0b11}
    assert loaded.placements["home-hero"].default == 0


DEAR = "(.{1,9}x){4}"  # some 250 instructions, of which a condition may have 1,000


def test_a_rule_that_exceeds_the_limits_only_together_with_its_segment_is_refused(drafted):
    """A release joins both conditions, and one with a fault never matches: it would be live and never shown."""
    two = {"context.path": {"$regex": DEAR}, "context.host": {"$regex": DEAR}}
    Segment.objects.update(condition=two)
    Rule.objects.filter(name="Banner").update(condition=two)
    assert not [problem for problem in publish.review(drafted).problems if problem.is_error]

    Rule.objects.filter(name="Coupon").update(condition={"$and": [two, {"context.path": {"$notRegex": DEAR}}]})

    (problem,) = (problem for problem in publish.review(drafted).problems if problem.is_error)
    assert (
        str(problem)
        == "rule 'Coupon', condition: Together with 'Buyers': The condition: has patterns that are too much work together"
    )


def test_a_release_has_a_budget_for_the_work_of_its_patterns(drafted, monkeypatch):
    """Security finding B10: a decision may have to look with each of them."""
    Rule.objects.update(condition={"context.path": {"$regex": DEAR}})
    monkeypatch.setattr(validation, "MAX_PATTERN_WORK", 2 * size_of(DEAR))
    assert publish.review(drafted).version

    Rule.objects.filter(name="Banner").update(
        condition={"context.path": {"$regex": DEAR}, "context.host": {"$regex": "a"}}
    )

    (problem,) = publish.review(drafted).problems
    assert (problem.kind, problem.field, problem.is_error) == ("site", "patterns", True)


def test_tells_edges_within_a_second(drafted, publisher, commit, redis_client):
    with redis_client.pubsub(ignore_subscribe_messages=True) as news:
        news.subscribe("segue:changes")
        news.get_message(timeout=1)
        started = time.monotonic()

        commit(publish.publish, drafted, publisher)

        message = news.get_message(timeout=1)
        while message is None and time.monotonic() - started < 1:
            message = news.get_message(timeout=0.1)
        assert message and message["data"] == b"release"
        assert time.monotonic() - started < 1


def test_says_when_there_is_nothing_to_publish(drafted, publisher, commit):
    commit(publish.publish, drafted, publisher)

    with pytest.raises(publish.NothingToPublish):
        publish.publish(drafted, publisher)


def test_a_second_click_while_the_first_compiles_makes_no_second_release(drafted, publisher):
    publish.publish(drafted, publisher)  # its task waits for the commit

    with pytest.raises(publish.NothingToPublish):
        publish.publish(drafted, publisher)


def test_what_is_published_is_what_was_reviewed(drafted, publisher, commit):
    """R11: a colleague saves a half-written headline between the look and the press."""
    seen = publish.review(drafted)
    AdVariant.objects.filter(key="offer").update(headline="Half wri")

    with pytest.raises(publish.Outdated, match="The draft has changed since you looked"):
        publish.publish(drafted, publisher, "", publish.Seen(seen.version, seen.live))

    assert not Release.objects.exists()
    again = publish.review(drafted)
    assert commit(publish.publish, drafted, publisher, "", publish.Seen(again.version, again.live)).status == "live"


def test_a_draft_has_one_version_however_often_one_looks(drafted, publisher, commit):
    """R11: rules that were never published are dated when they are; that alone is no change of the draft."""
    versions = set()
    for now in (NOW, NOW + 1, NOW + 86_400_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(publish, "now_ms", lambda now=now: now)
            versions.add(publish.review(drafted).version)
    release = commit(publish.publish, drafted, publisher)

    assert len(versions) == 1
    assert publish.review(drafted).version == release.version


def test_a_release_replaces_only_the_one_that_its_publisher_saw_live(drafted, publisher, commit):
    """R11: a colleague rolled back meanwhile, so the changes that were reviewed are not those that visitors would
    notice."""
    commit(publish.publish, drafted, publisher)
    AdVariant.objects.filter(key="offer").update(headline="Another")
    commit(publish.publish, drafted, publisher)
    Rule.objects.filter(name="Banner").update(priority=1)
    seen = publish.review(drafted)
    commit(publish.roll_back, drafted, 1, publisher)

    with pytest.raises(publish.Outdated, match="release 3"):
        publish.publish(drafted, publisher, "", publish.Seen(seen.version, seen.live))
    with pytest.raises(publish.Outdated, match="release 3"):
        publish.roll_back(drafted, 2, publisher, publish.Seen(live=2))
    assert Release.objects.count() == 3


def test_equal_content_has_an_equal_version_and_an_edit_another(drafted):
    version = publish.version_of(publish.draft_source(drafted, NOW))

    assert publish.version_of(publish.draft_source(drafted, NOW)) == version
    Rule.objects.filter(name="Coupon").update(priority=700)
    assert publish.version_of(publish.draft_source(drafted, NOW)) != version


def test_dates_the_first_publication_once(drafted, publisher, commit):
    commit(publish.publish, drafted, publisher)
    first = Rule.objects.get(name="Coupon").first_published_at
    Rule.objects.filter(name="Banner").update(priority=100)

    second = commit(publish.publish, drafted, publisher)

    assert first is not None and Rule.objects.get(name="Coupon").first_published_at == first
    assert second.changes == [
        "Rule 'Banner': priority 600 -> 100",
        "Rule 'Coupon' now outranks 'Banner' (priority of 'Banner' 600 -> 100)",
    ]


def test_leaves_out_what_is_not_live(drafted):
    Rule.objects.filter(name="Coupon").update(enabled=False)
    assert [rule.name for rule in publish.draft_source(drafted).rules] == ["Banner"]

    Campaign.objects.update(status="paused")
    assert publish.draft_source(drafted).rules == []


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
    assert publish.draft_source(drafted).clusters is None

    ModelVersion.objects.filter(pk=version.pk).update(status="promoted")
    source = publish.draft_source(drafted)

    assert source.clusters == frozen
    loaded = load(publish.dump(source))
    assert loaded.clusters == source.clusters and "cluster" in loaded.models
    assert publish.changes(None, source)[-1] == "Clusters come from model 3 (2 clusters)"


def test_costs_one_query_a_table(drafted, django_assert_max_num_queries):
    with django_assert_max_num_queries(9):
        publish.draft_source(drafted)


@pytest.mark.parametrize(
    ("spoil", "kind", "field"),
    [
        (lambda: Rule.objects.filter(name="Coupon").update(condition={"$foo": 1}), "rule", "condition"),
        (lambda: Segment.objects.update(condition={"feature.orders_total": {"$bigger": 1}}), "segment", "condition"),
        (lambda: Rule.objects.filter(name="Coupon").update(condition={"feature.order_total": 1}), "rule", "condition"),
        (lambda: Segment.objects.update(condition={"segment": "buyers"}), "segment", "condition"),
        (lambda: Segment.objects.update(archived=True), "rule", "segment"),
        (lambda: Segment.objects.update(condition={"$savedGroup": "buyers"}), "segment", "condition"),
        (lambda: AdVariant.objects.filter(key="offer").update(link="javascript:alert(1)"), "advariant", "link"),
        (lambda: AdVariant.objects.filter(key="offer").update(headline="{item.name}"), "advariant", "headline"),
        (lambda: AdVariant.objects.filter(key="offer").update(archived=True), "advariant", "archived"),
        (lambda: AdVariant.objects.filter(key="offer").update(background="red"), "advariant", "background"),
        (lambda: AdVariant.objects.filter(key="default").update(slot="viewed"), "placement", "default_variant"),
        (lambda: Rule.objects.filter(name="Coupon").update(cap_per_day=0), "rule", "cap_per_day"),
        (
            lambda: (
                Rule.objects.update(ends_at="2026-01-01T00:00Z"),
                Campaign.objects.update(starts_at="2026-02-01T00:00Z"),
            ),
            "rule",
            "starts_at",
        ),
    ],
)
def test_refuses_a_draft_with_an_error_and_names_its_place(drafted, publisher, spoil, kind, field):
    spoil()

    with pytest.raises(publish.Refused) as refusal:
        publish.publish(drafted, publisher)

    assert (kind, field) in {(problem.kind, problem.field) for problem in refusal.value.problems if problem.is_error}
    assert not Release.objects.exists()


def test_a_placement_without_default_is_worth_a_warning_only(drafted, publisher, commit):
    Placement.objects.update(default_variant=None)

    seen = publish.review(drafted)

    assert [(problem.field, problem.is_error) for problem in seen.problems] == [("default_variant", False)]
    assert seen.may_publish
    assert commit(publish.publish, drafted, publisher).status == "live"


def test_a_failed_compilation_is_kept_with_its_reason_and_changes_nothing(
    drafted, publisher, commit, redis_client, monkeypatch
):
    good = commit(publish.publish, drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    monkeypatch.setattr(publish, "dump", lambda *args: 1 / 0)

    bad = commit(publish.publish, drafted, publisher)

    assert (bad.status, bad.error) == ("failed", "ZeroDivisionError: division by zero")
    good.refresh_from_db()
    assert good.status == "live"
    assert load(live_blob(drafted, redis_client)).version == good.version


def test_a_failure_does_not_stand_in_the_way_of_the_next_attempt(drafted, publisher, commit, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(publish, "dump", lambda *args: 1 / 0)
        commit(publish.publish, drafted, publisher)

    assert commit(publish.publish, drafted, publisher).status == "live"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_half_live_when_redis_is_away(drafted, publisher, redis_client, settings):
    good = publish.publish(drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    bad = publish.publish(drafted, publisher)

    bad.refresh_from_db()
    assert bad.status == "failed" and "Connection" in bad.error
    assert publish.live_release(drafted) == good
    assert redis_client.get(f"segue:release:{drafted.pk}").decode() == good.version


def test_rolls_back_by_publishing_the_old_content_anew(drafted, publisher, commit, redis_client):
    first = commit(publish.publish, drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    second = commit(publish.publish, drafted, publisher)

    third = commit(publish.roll_back, drafted, 1, publisher)

    second.refresh_from_db()
    assert (third.number, third.status, third.rolled_back_to, third.version) == (3, "live", first, first.version)
    assert second.status == "superseded"
    assert third.changes == [
        "Rule 'Coupon': priority 700 -> 500",
        "Rule 'Banner' now outranks 'Coupon' (priority of 'Coupon' 700 -> 500)",
    ]
    assert redis_client.ttl(f"segue:release:{drafted.pk}:{first.version}") == -1
    assert 0 < redis_client.ttl(f"segue:release:{drafted.pk}:{second.version}") <= 30 * 86_400
    assert Rule.objects.get(name="Coupon").priority == 700  # drafts stay as they are


@pytest.mark.parametrize("number", [1, 7])
def test_rolls_back_neither_to_the_live_release_nor_to_one_that_never_was(drafted, publisher, commit, number):
    commit(publish.publish, drafted, publisher)

    with pytest.raises(publish.Unpublishable):
        publish.roll_back(drafted, number, publisher)


def test_a_slow_compilation_does_not_overtake_a_later_release(drafted, publisher, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as slow:
        early = publish.publish(drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    with django_capture_on_commit_callbacks(execute=True):
        late = publish.publish(drafted, publisher)

    for callback in slow:
        callback()

    early.refresh_from_db(), late.refresh_from_db()
    assert (early.status, late.status) == ("superseded", "live")


def test_pushes_again_what_redis_lost(drafted, publisher, commit, redis_client):
    release = commit(publish.publish, drafted, publisher)
    redis_client.flushall()

    assert publish.keep_pushed() == [drafted.pk]

    assert load(live_blob(drafted, redis_client)).version == release.version
    assert publish.keep_pushed() == []


def test_takes_up_a_release_whose_task_was_lost(drafted, publisher, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks():
        release = publish.publish(drafted, publisher)
    publish.resume()
    release.refresh_from_db()
    assert release.status == "compiling"  # it may still be running
    Release.objects.update(created_at="2020-01-01T00:00Z")

    publish.resume()

    release.refresh_from_db()
    assert release.status == "live"


@pytest.mark.django_db(transaction=True)
def test_two_publishers_at_once_take_turns(drafted, publisher, redis_client):
    """Each thread edits its own rule and publishes; whatever the order, one release is live, it is the last, and Redis
    has it."""
    outcomes: list[str] = []

    def edit_and_publish(name: str, priority: int) -> None:
        try:
            with transaction.atomic():
                Rule.objects.filter(name=name).update(priority=priority)
            publish.publish(drafted, factories.make_user("publisher"))
            outcomes.append("published")
        except publish.NothingToPublish:
            outcomes.append("nothing")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=edit_and_publish, args=(name, 700 + i))
        for i, name in enumerate(["Coupon", "Banner"] * 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(outcomes) == 8 and "published" in outcomes
    live = Release.objects.get(status="live")
    assert live.number == Release.objects.order_by("-number").first().number
    assert Release.objects.exclude(status__in=["live", "superseded"]).count() == 0
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        assert client.get(f"segue:release:{drafted.pk}").decode() == live.version
    priorities = {rule.name: rule.priority for rule in load(bytes(live.compiled)).rules}
    assert priorities == {rule.name: rule.priority for rule in Rule.objects.all()}
