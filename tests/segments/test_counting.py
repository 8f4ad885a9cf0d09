"""Event rows come into use: profiles of before are counted from what is stored, and all ways lead to the same state."""

import io
import json

import pytest
from django.core.management import call_command
from redis import Redis

from segments import counting, live, recounting
from segments.conditions.event_rows import PREFIX, read
from segments.models import CountedRow, Recount, Segment
from segments.profile import fold
from segments.stored import pack
from segments.tallies import number, recount
from segments.tasks import recount_rows, recount_stalled
from sites import keys
from sites.models import Site
from tests.answers import text_of
from tests.events import event
from tests.replaying import replay
from tracking.log.base import partition_of
from tracking.models import Event, Visitor

pytestmark = pytest.mark.usefixtures("transactional_db", "redis_client")

AT = 1_717_190_000_000
SEEN = {"event": "Product Viewed", "where": {"category": "coffee"}, "count": {"$gte": 3}}
NO_ORDER = {"event": "Order Completed", "count": {"$eq": 0}}
WORTH = {"event": "Order Completed", "worth": {"$gte": 1000}}
NEVER = {"event": "Never Seen"}
MOVED = AT + 90_000_000


@pytest.fixture
def recorded(tmp_path, site):
    """Anna buys, Ben becomes Anna, Cleo looks; then twelve who only pass by."""
    told = [
        ("anna", "Product Viewed", {"category": "coffee"}, None),
        ("anna", "Order Completed", {"order_id": "A-1", "total": 12.5}, None),
        ("anna", "Product Viewed", {"category": "tea"}, "user-1"),
        ("ben", "Product Viewed", {"category": "coffee"}, None),
        ("ben", "Product Viewed", {"category": "coffee"}, None),
        ("ben", "Order Completed", {"order_id": "B-1", "total": "7.50"}, None),
        ("ben", "Product Viewed", {"category": "coffee"}, "user-1"),
        ("cleo", "Product Viewed", {"category": "coffee"}, None),
        *[(f"guest-{number}", "Product Viewed", {"category": "tea"}, None) for number in range(12)],
    ]
    messages = [
        {
            "type": "track", "event": name, "anonymousId": person, "userId": user, "properties": properties,
            "timestamp": AT + position * 60_000,
        }
        for position, (person, name, properties, user) in enumerate(told)
    ]  # fmt: skip
    file = tmp_path / "recorded.jsonl"
    file.write_text("\n".join(map(json.dumps, messages)))
    assert f"accepted {len(told):>10}" in replay(file, "segment-jsonl")
    return Site.objects.get(pk=Visitor.objects.values_list("site", flat=True)[0])


def use(site, *arguments):
    return counting.use(site, [read(argument).row for argument in arguments])


def numbers(site, argument) -> list[float | None]:
    """Of all visitors who have a history."""
    name = read(argument).attribute.removeprefix(PREFIX)
    found = [
        live.load(visitor.hex)[1]
        for visitor in Visitor.objects.filter(site=site, merged_into=None).values_list("pk", flat=True)
    ]
    return sorted((number(profile, name, MOVED) for profile in found), key=lambda value: (value is None, value))


def rebuild(**options) -> dict[str, int]:
    out = io.StringIO()
    call_command("rebuild", stdout=out, stderr=io.StringIO(), **options)
    return {name: int(count) for name, count in (line.split() for line in out.getvalue().splitlines())}


def test_those_who_were_there_before_are_counted_with_whom_they_took_in(recorded):
    use(recorded, SEEN, NO_ORDER, WORTH, NEVER)
    assert set(numbers(recorded, SEEN)) == {None}

    assert recounting.run(recorded.pk, 60)

    assert numbers(recorded, SEEN) == [0] * 12 + [1, 4]
    assert numbers(recorded, NO_ORDER) == [0] * 13 + [2]
    assert numbers(recorded, WORTH) == [0] * 13 + [2000]
    assert numbers(recorded, NEVER) == [0] * 14
    assert not CountedRow.objects.filter(counted_at=None).exists()


@pytest.mark.parametrize("source", ["postgres", "archive"])
def test_a_rebuild_says_the_same(recorded, redis_client, source, tmp_path, settings):
    from django.utils import timezone

    from tracking import archive

    settings.ARCHIVE_DIR = tmp_path / "archive"
    archive.archive_closed(timezone.now())
    use(recorded, SEEN, NO_ORDER, WORTH)
    recounting.run(recorded.pk, 60)

    assert rebuild(check=True, source=source)["different"] == 0

    before = profiles(redis_client)
    redis_client.flushall()
    rebuild(source=source)
    assert profiles(redis_client) == before


def profiles(redis_client: Redis) -> dict[bytes, bytes]:
    return {key: redis_client.get(key)[8:] for key in redis_client.scan_iter("segue:*:profile:*")}


def test_a_worker_that_dies_loses_nothing_and_progress_shows(recorded, monkeypatch):
    monkeypatch.setattr(recounting, "BATCH", 4)
    use(recorded, SEEN)
    condition = {"$did": SEEN}
    write, written = recounting._write, []

    def die(*arguments):
        if len(written) == 6:
            raise KeyboardInterrupt
        written.append(arguments[1])
        return write(*arguments)

    monkeypatch.setattr(recounting, "_write", die)
    with pytest.raises(KeyboardInterrupt):
        recounting.run(recorded.pk, 60)
    assert counting.progress(recorded).of(condition) == 4 * 100 // 14
    monkeypatch.setattr(recounting, "_write", write)

    assert recounting.run(recorded.pk, 60)

    assert counting.progress(recorded).of(condition) is None
    assert numbers(recorded, SEEN) == [0] * 12 + [1, 4]


def test_an_event_that_arrives_meanwhile_is_not_lost(recorded, monkeypatch, redis_client):
    """Its visitor's profile is another one then, and is read again."""
    use(recorded, SEEN)
    cleo = next(
        visitor.hex
        for visitor in Visitor.objects.filter(site=recorded, merged_into=None).values_list("pk", flat=True)
        if live.load(visitor.hex)[1].tallies == {}
        and Event.objects.filter(visitor_id=visitor, properties={"category": "coffee"}).count() == 1
    )
    read_events, told = recounting._events_of, []

    def events_of(found, rows):
        events = read_events(found, rows)
        if cleo in found and not told:
            told.append(1)
            record(redis_client, cleo, rows)
        return events

    monkeypatch.setattr(recounting, "_events_of", events_of)

    assert recounting.run(recorded.pk, 60)

    assert numbers(recorded, SEEN)[-2:] == [2, 4]


def record(redis_client, visitor, rows):
    """One more, in the profile and in the table."""
    late = event("Product Viewed", AT + 3_600_000, message_id="late", properties={"category": "coffee"})
    _, profile = live.load(visitor)
    fold(profile, late, rows)
    key = keys.profile(partition_of(visitor, 8), visitor)
    key = next(key for key in redis_client.scan_iter("segue:*:profile:*") if key.decode().endswith(visitor))
    redis_client.set(key, pack(profile, redis_client.get(key)))
    row = Event.objects.filter(visitor_id=visitor).first()
    row.message_id, row.seq, row.properties = "late", profile.seq, {"category": "coffee"}
    Event.objects.bulk_create([row])


def test_what_the_log_still_holds_is_waited_for(recorded, redis_client):
    use(recorded, SEEN)
    for partition in range(64):
        if redis_client.exists(keys.epoch(partition)):
            redis_client.xadd(keys.log(partition), {"e": "[]"})

    assert not recounting.run(recorded.pk, 60)

    assert set(numbers(recorded, SEEN)) == {None}


def test_rows_that_nobody_uses_are_given_up_and_new_ones_counted(recorded):
    use(recorded, SEEN)
    recounting.run(recorded.pk, 60)

    assert use(recorded, NO_ORDER)
    assert Recount.objects.get().finished_at is None
    recounting.run(recorded.pk, 60)

    assert numbers(recorded, NO_ORDER) == [0] * 13 + [2]
    assert set(numbers(recorded, SEEN)) == {None}


def test_another_window_needs_no_recount(recorded):
    use(recorded, SEEN)
    recounting.run(recorded.pk, 60)

    assert not use(recorded, SEEN | {"in": {"days": 30}, "count": {"$lte": 2}})

    assert Recount.objects.get().finished_at


def test_a_recount_that_nobody_goes_on_with_is_taken_up(recorded, monkeypatch):
    use(recorded, SEEN)
    Recount.objects.update(touched_at=Recount.objects.get().touched_at - 2 * recounting.STALLED)
    monkeypatch.setattr(recount_rows, "delay", recount_rows)

    recount_stalled()

    assert numbers(recorded, SEEN) == [0] * 12 + [1, 4]


def test_what_is_complete_is_not_counted_again(recorded):
    """It may know of events that are no longer kept."""
    use(recorded, SEEN)
    recounting.run(recorded.pk, 60)
    rows = counting.rows_of(recorded.pk)
    _, profile = live.load(Visitor.objects.filter(site=recorded, merged_into=None)[0].pk.hex)
    before = dict(profile.tallies)

    recount(profile, rows, [])

    assert profile.tallies == before


def test_the_page_says_how_far_the_count_is_and_what_nobody_did(site, editor, client):
    never = {"$savedGroup": "coffee", "$not": {"$did": NEVER}}
    Segment.objects.create(site=site, key="coffee", name="Coffee", condition={"$did": SEEN})
    Segment.objects.create(site=site, key="never", name="Never", condition=never)
    use(site, SEEN)
    Recount.objects.update(done=7, visitors=14)
    client.force_login(editor)

    page = text_of(client.get("/segments/s/never/"))
    assert "counting, 50 %" in page and "Nobody has done “Never Seen” so far" in page

    recounting.run(site.pk, 60)
    assert "counting, " not in text_of(client.get("/segments/s/never/"))


def test_a_site_of_nobody_is_done_at_once(site):
    use(site, SEEN)

    assert recounting.run(site.pk, 60)
