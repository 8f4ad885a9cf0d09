"""Publishing is all or nothing, in turns, and of what was looked at."""

import threading

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from campaigns.models import AdVariant, Campaign, Release, Rule
from campaigns.publish import NothingToPublish, Outdated, Refused, Seen, Unpublishable, publish, roll_back
from campaigns.release import load
from segments.models import Segment
from tests import factories
from tests.drafts import review


def test_says_when_there_is_nothing_to_publish(drafted, publisher, commit):
    commit(publish, drafted, publisher)

    with pytest.raises(NothingToPublish):
        publish(drafted, publisher)


def test_a_second_click_while_the_first_compiles_makes_no_second_release(drafted, publisher):
    publish(drafted, publisher)  # its task waits for the commit

    with pytest.raises(NothingToPublish):
        publish(drafted, publisher)


def test_what_is_published_is_what_was_reviewed(drafted, publisher, commit):
    """R11: a colleague saves a half-written headline between the look and the press."""
    seen = review(drafted)
    AdVariant.objects.filter(key="offer").update(headline="Half wri")

    with pytest.raises(Outdated, match="The draft has changed since you looked"):
        publish(drafted, publisher, "", Seen(seen.version, seen.live))

    assert not Release.objects.exists()
    again = review(drafted)
    assert commit(publish, drafted, publisher, "", Seen(again.version, again.live)).status == "live"


def test_a_release_replaces_only_the_one_that_its_publisher_saw_live(drafted, publisher, commit):
    """R11: a colleague rolled back meanwhile, so the changes that were reviewed are not those that visitors would
    notice."""
    commit(publish, drafted, publisher)
    AdVariant.objects.filter(key="offer").update(headline="Another")
    commit(publish, drafted, publisher)
    Rule.objects.filter(name="Banner").update(priority=1)
    seen = review(drafted)
    commit(roll_back, drafted, 1, publisher)

    with pytest.raises(Outdated, match="release 3"):
        publish(drafted, publisher, "", Seen(seen.version, seen.live))
    with pytest.raises(Outdated, match="release 3"):
        roll_back(drafted, 2, publisher, Seen(live=2))
    assert Release.objects.count() == 3


def test_dates_the_first_publication_once(drafted, publisher, commit):
    commit(publish, drafted, publisher)
    first = Rule.objects.get(name="Coupon").first_published_at
    Rule.objects.filter(name="Banner").update(priority=100)

    second = commit(publish, drafted, publisher)

    assert first is not None and Rule.objects.get(name="Coupon").first_published_at == first
    assert second.changes == [
        "Rule 'Banner': priority 600 -> 100",
        "Rule 'Coupon' now outranks 'Banner' (priority of 'Banner' 600 -> 100)",
    ]


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

    with pytest.raises(Refused) as refusal:
        publish(drafted, publisher)

    assert (kind, field) in {(problem.kind, problem.field) for problem in refusal.value.problems if problem.is_error}
    assert not Release.objects.exists()


def test_rolls_back_by_publishing_the_old_content_anew(drafted, publisher, commit, redis_client):
    first = commit(publish, drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=700)
    second = commit(publish, drafted, publisher)

    third = commit(roll_back, drafted, 1, publisher)

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
    commit(publish, drafted, publisher)

    with pytest.raises(Unpublishable):
        roll_back(drafted, number, publisher)


@pytest.mark.django_db(transaction=True)
def test_two_publishers_at_once_take_turns(drafted, publisher, redis_client):
    """Each thread edits its own rule and publishes; whatever the order, one release is live, it is the last, and Redis
    has it."""
    outcomes: list[str] = []

    def edit_and_publish(name: str, priority: int) -> None:
        try:
            with transaction.atomic():
                Rule.objects.filter(name=name).update(priority=priority)
            publish(drafted, factories.make_user("publisher"))
            outcomes.append("published")
        except NothingToPublish:
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
