"""A release goes live as a whole, in turns, and on every edge within a second."""

import time

import pytest

from campaigns import golive
from campaigns.models import Release, Rule
from campaigns.publish import publish
from campaigns.release import load


def live_blob(site, client) -> bytes:
    version = client.get(f"segue:release:{site.pk}").decode()
    return client.get(f"segue:release:{site.pk}:{version}")


def test_tells_edges_within_a_second(drafted, publisher, commit, redis_client):
    with redis_client.pubsub(ignore_subscribe_messages=True) as news:
        news.subscribe("segue:changes")
        news.get_message(timeout=1)
        started = time.monotonic()

        commit(publish, drafted, publisher)

        message = news.get_message(timeout=1)
        while message is None and time.monotonic() - started < 1:
            message = news.get_message(timeout=0.1)
        assert message and message["data"] == b"release"
        assert time.monotonic() - started < 1


def test_a_failed_compilation_is_kept_with_its_reason_and_changes_nothing(
    drafted, publisher, commit, redis_client, monkeypatch
):
    good = commit(publish, drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    monkeypatch.setattr(golive, "dump", lambda *args: 1 / 0)

    bad = commit(publish, drafted, publisher)

    assert (bad.status, bad.error) == ("failed", "ZeroDivisionError: division by zero")
    good.refresh_from_db()
    assert good.status == "live"
    assert load(live_blob(drafted, redis_client)).version == good.version


def test_a_failure_does_not_stand_in_the_way_of_the_next_attempt(drafted, publisher, commit, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(golive, "dump", lambda *args: 1 / 0)
        commit(publish, drafted, publisher)

    assert commit(publish, drafted, publisher).status == "live"


@pytest.mark.django_db(transaction=True)
def test_nothing_is_half_live_when_redis_is_away(drafted, publisher, redis_client, settings):
    good = publish(drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    bad = publish(drafted, publisher)

    bad.refresh_from_db()
    assert bad.status == "failed" and "Connection" in bad.error
    assert Release.objects.live(drafted) == good
    assert redis_client.get(f"segue:release:{drafted.pk}").decode() == good.version


def test_a_slow_compilation_does_not_overtake_a_later_release(drafted, publisher, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as slow:
        early = publish(drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    with django_capture_on_commit_callbacks(execute=True):
        late = publish(drafted, publisher)

    for callback in slow:
        callback()

    early.refresh_from_db(), late.refresh_from_db()
    assert (early.status, late.status) == ("superseded", "live")


def test_pushes_again_what_redis_lost(drafted, publisher, commit, redis_client):
    release = commit(publish, drafted, publisher)
    redis_client.flushall()

    assert golive.keep_pushed() == [drafted.pk]

    assert load(live_blob(drafted, redis_client)).version == release.version
    assert golive.keep_pushed() == []


def test_takes_up_a_release_whose_task_was_lost(drafted, publisher, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks():
        release = publish(drafted, publisher)
    golive.resume()
    release.refresh_from_db()
    assert release.status == "compiling"  # it may still be running
    Release.objects.update(created_at="2020-01-01T00:00Z")

    golive.resume()

    release.refresh_from_db()
    assert release.status == "live"


def test_publishes_the_draft_and_edges_can_load_it(drafted, publisher, commit, redis_client):
    release = commit(publish, drafted, publisher, "First")

    assert (release.status, release.number, release.progress, release.published_by) == ("live", 1, 100, publisher)
    loaded = load(live_blob(drafted, redis_client))
    assert loaded.version == release.version
    assert [rule.name for rule in loaded.rules] == ["Banner", "Coupon"]
    assert loaded.rules[1].condition == {"$and": [{"feature.orders_total": {"$gt": 1}}, {"context.device": "mobile"}]}
    assert loaded.masks == {"home-hero": 0b11}
    assert loaded.placements["home-hero"].default == 0
