"""Publishing is all or nothing, in turns, and of what was looked at."""

import threading

import pytest
import redis
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction

from campaigns import golive
from campaigns.models import AdVariant, Campaign, Placement, Release, Rule
from campaigns.publish import (
    NothingToPublish,
    NothingToShow,
    NotSeen,
    Outdated,
    Refused,
    Seen,
    Unpublishable,
    launch,
    publish,
    roll_back,
    stop,
)
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


# --- by choice ------------------------------------------------------------------------------------


@pytest.fixture
def two(drafted):
    """Beside Spring, a campaign of a colleague that was never launched."""
    autumn = Campaign.objects.create(site=drafted, key="autumn", name="Autumn")
    leaf = AdVariant.objects.create(site=drafted, key="leaf", name="Leaf", headline="Leaves")
    Rule.objects.create(campaign=autumn, placement=drafted.placements.get(), name="Leaf", variant=leaf, priority=900)
    return Campaign.objects.get(key="spring"), autumn


def seen_by_visitors(site) -> set[str]:
    return {rule.name for rule in Release.objects.live(site).content().rules}


def take(*campaigns) -> set[str]:
    return {f"campaign:{row.pk}" for row in campaigns}


def test_only_what_is_chosen_goes_out(drafted, two, publisher, commit):
    spring, autumn = two
    commit(publish, drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=1)

    release = commit(publish, drafted, publisher, chosen=take(autumn))

    assert release.changes == ["Rule 'Leaf' is new", "Creative 'leaf' is new"]
    assert seen_by_visitors(drafted) == {"Banner", "Coupon", "Leaf"}
    autumn.refresh_from_db()
    assert autumn.status == "live"  # so that the next publication keeps it
    with pytest.raises(NothingToPublish):
        publish(drafted, publisher, chosen=take(autumn))
    assert commit(publish, drafted, publisher, chosen=take(spring)).changes == ["Rule 'Coupon': priority 500 -> 1"]


def test_a_fault_elsewhere_is_in_nobodys_way(drafted, two, publisher, commit):
    spring, autumn = two
    AdVariant.objects.filter(key="leaf").update(background="red")

    commit(publish, drafted, publisher, chosen=take(spring))

    assert seen_by_visitors(drafted) == {"Banner", "Coupon"}
    with pytest.raises(Refused):
        publish(drafted, publisher, chosen=take(autumn))
    autumn.refresh_from_db()
    assert autumn.status == "draft"  # refused as a whole


def test_a_campaign_whose_segment_is_gone_is_refused_where_it_names_it(drafted, two, publisher, commit):
    _, autumn = two
    Rule.objects.filter(name="Leaf").update(condition={"$savedGroup": "gone"})
    commit(publish, drafted, publisher)

    with pytest.raises(Refused) as refusal:
        publish(drafted, publisher, chosen=take(autumn))

    assert [(problem.kind, problem.field) for problem in refusal.value.problems if problem.is_error] == [
        ("rule", "condition")
    ]


def test_a_choice_that_somebody_edited_since_is_shown_again_and_others_edits_are_in_nobodys_way(
    drafted, two, publisher, commit
):
    _, autumn = two
    commit(publish, drafted, publisher)
    seen = {offer.thing: offer.digest for offer in review(drafted).offers}
    assert seen.keys() == take(autumn)
    AdVariant.objects.filter(key="offer").update(headline="Somebody else's")
    AdVariant.objects.filter(key="leaf").update(headline="Edited")

    with pytest.raises(Outdated, match="“Autumn” changed since you looked"):
        publish(drafted, publisher, "", Seen(digests=seen), take(autumn))

    seen = {offer.thing: offer.digest for offer in review(drafted).offers}
    AdVariant.objects.filter(key="offer").update(headline="Once more")
    assert commit(publish, drafted, publisher, "", Seen(digests=seen), take(autumn)).status == "live"


def test_two_who_publish_at_once_take_nothing_from_each_other(
    drafted, two, publisher, django_capture_on_commit_callbacks
):
    """The second composes with what is on its way, though visitors do not see it yet."""
    spring, autumn = two
    with django_capture_on_commit_callbacks() as waiting:
        publish(drafted, publisher, chosen=take(spring))
        publish(drafted, publisher, chosen=take(autumn))

    for callback in waiting:
        callback()

    assert seen_by_visitors(drafted) == {"Banner", "Coupon", "Leaf"}


# --- launching and stopping -----------------------------------------------------------------------


def test_launching_publishes_this_campaign_and_nothing_else(drafted, two, publisher, commit):
    _, autumn = two
    commit(publish, drafted, publisher)
    Rule.objects.filter(name="Coupon").update(priority=1)

    release = commit(launch, autumn, publisher)

    assert release.note == "Launched “Autumn”"
    assert release.changes == ["Rule 'Leaf' is new", "Creative 'leaf' is new"]


def test_what_has_nothing_to_show_is_not_launched(drafted, two, publisher):
    _, autumn = two
    autumn.rules.update(enabled=False)
    with pytest.raises(NothingToShow, match="no rule that is switched on"):
        launch(autumn, publisher)

    Campaign.objects.filter(pk=autumn.pk).update(status="archived")
    with pytest.raises(NothingToShow, match="archived"):
        launch(autumn, publisher)


@pytest.mark.parametrize("what", ["campaign", "rule"])
def test_a_stop_takes_one_thing_away_and_publishes_nothing_else(drafted, two, publisher, commit, what):
    spring, autumn = two
    commit(publish, drafted, publisher, chosen=take(spring, autumn))
    Rule.objects.filter(name="Coupon").update(priority=1)
    Placement.objects.update(min_height=700)
    stopped = autumn if what == "campaign" else autumn.rules.get()

    release = commit(stop, stopped, publisher)

    assert (release.status, release.stops) == ("live", True)
    assert release.changes == ["Rule 'Leaf' is gone", "Creative 'leaf' is gone"]
    assert seen_by_visitors(drafted) == {"Banner", "Coupon"}
    entries = {entry.object_repr: entry.get_change_message() for entry in LogEntry.objects.order_by("id")}
    assert entries[str(stopped)] == "Stopped: visitors see it no more."
    assert entries[str(release)] == f"Stopped “{stopped}”."


def test_what_was_stopped_stays_away_whoever_publishes_until_it_is_launched_again(drafted, two, publisher, commit):
    spring, autumn = two
    commit(publish, drafted, publisher, chosen=take(spring, autumn))
    commit(stop, autumn, publisher)
    Rule.objects.filter(name="Coupon").update(priority=1)

    commit(publish, drafted, factories.make_user("administrator"))
    assert seen_by_visitors(drafted) == {"Banner", "Coupon"}

    commit(launch, autumn, publisher)
    assert seen_by_visitors(drafted) == {"Banner", "Coupon", "Leaf"}


def test_what_visitors_do_not_see_cannot_be_stopped(drafted, two, publisher, commit):
    _, autumn = two
    commit(publish, drafted, publisher)

    with pytest.raises(NotSeen, match="do not see “Autumn”"):
        stop(autumn, publisher)
    assert Release.objects.count() == 1
    autumn.refresh_from_db()
    assert autumn.status == "draft"


def test_a_stop_during_a_publication_keeps_what_that_brings(
    drafted, two, publisher, commit, django_capture_on_commit_callbacks
):
    """It is compiled while the other still waits for its worker, and goes live first."""
    spring, autumn = two
    commit(publish, drafted, publisher, chosen=take(spring))
    Rule.objects.filter(name="Coupon").update(priority=1)
    with django_capture_on_commit_callbacks() as slow:
        publish(drafted, publisher, chosen=take(autumn, spring))

    commit(stop, autumn, publisher)
    for callback in slow:
        callback()

    live = Release.objects.live(drafted)
    assert {rule.name: rule.priority for rule in live.content().rules} == {"Banner": 600, "Coupon": 1}
    assert [row.status for row in Release.objects.order_by("number")] == ["superseded", "superseded", "live"]


@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_for_redis_says_so_and_is_tried_again(drafted, publisher, redis_client, settings):
    publish(drafted, publisher)
    good, settings.REDIS_URL = settings.REDIS_URL, "redis://127.0.0.1:1/0"

    release = stop(Campaign.objects.get(), publisher)

    release.refresh_from_db()
    assert (release.status, "Connection" in release.error) == ("ready", True)
    assert len(Release.objects.live(drafted).content().rules) == 2  # visitors still see it, and that is what is said
    settings.REDIS_URL = good
    Release.objects.filter(pk=release.pk).update(created_at="2020-01-01T00:00Z")
    golive.resume()
    release.refresh_from_db()
    assert (release.status, release.error) == ("live", "")
    assert redis_client.get(f"segue:release:{drafted.pk}").decode() == release.version
