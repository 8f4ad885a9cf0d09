"""Disks and memory that are full: the consumer waits, says why, and loses nothing."""

import errno
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection
from redis.exceptions import ResponseError

from sites import keys
from tests.full_stores import FULL, full_disk, full_memory
from tests.running import wait_until
from tests.tracking.log_writing import AT, make_entry, make_event, write
from tracking import archive
from tracking import consumer as consuming
from tracking.consumer import Consumer
from tracking.log.streams import StreamReader
from tracking.models import ArchiveHour, Event, Visitor

pytestmark = pytest.mark.usefixtures("transactional_db")

DISK_FULL = """
DO $$ BEGIN
    RAISE EXCEPTION 'could not extend file "base/5/16384": No space left on device' USING ERRCODE = 'disk_full';
END $$
"""


@pytest.fixture
def claim(redis_client, site):
    """Makes consumers that have claimed both partitions; gives them up at the end."""
    made: list[Consumer] = []

    def run() -> Consumer:
        made.append(Consumer(StreamReader(redis_client), range(2)))
        made[-1].claims.renew()
        return made[-1]

    yield run
    for consumer in made:
        consumer.claims.release()


def drain(consumer: Consumer) -> None:
    while consumer.drain():
        pass


def test_a_full_memory_is_emptied_by_the_consumer_at_work(redis_client, site, claim):
    consumer = claim()
    write(redis_client, make_entry(make_event(1), site=site.id))

    with full_memory(redis_client):
        consumer.claims.renew()
        drain(consumer)

    assert Event.objects.count() == 1
    assert redis_client.xlen(keys.log(0)) == 0


def test_a_full_memory_is_emptied_by_a_consumer_that_starts_then(redis_client, site, claim):
    claim().claims.release()
    write(redis_client, make_entry(make_event(1), site=site.id), partition=1)
    redis_client.xgroup_destroy(keys.log(1), "segue-store")

    with full_memory(redis_client):
        drain(claim())

    assert Event.objects.count() == 1
    assert redis_client.xlen(keys.log(1)) == 0


def test_what_cannot_be_buried_in_a_full_memory_holds_up_its_partition_alone(redis_client, site, claim):
    consumer = claim()
    redis_client.xadd(keys.log(0), {"e": b"?"})
    write(redis_client, make_entry(make_event(1), site=site.id), partition=0)
    write(redis_client, make_entry(make_event(2), site=site.id), partition=1)

    with full_memory(redis_client), pytest.raises(ResponseError, match="maxmemory"):
        consumer.drain()
    assert Event.objects.get().seq == 2
    assert redis_client.xlen(keys.log(0)) == 2
    drain(consumer)

    assert Event.objects.count() == 2
    assert redis_client.xlen(keys.dead(0)) == 1


def test_what_is_stored_but_cannot_be_trimmed_is_not_stored_again(redis_client, site, claim):
    consumer = claim()
    write(redis_client, make_entry(make_event(1), site=site.id))

    with full_disk(redis_client):
        for _ in range(2):
            with pytest.raises(ResponseError, match="MISCONF"):
                drain(consumer)
            consumer.claims.release()
    drain(claim())

    assert Event.objects.count() == 1
    assert Visitor.objects.get().events == 1
    assert redis_client.xlen(keys.log(0)) == 0


@pytest.mark.parametrize("full", FULL.values(), ids=FULL)
def test_refused_entries_are_told_to_those_who_append(redis_client, site, full):
    with full(redis_client) as word, pytest.raises(ResponseError) as refusal:
        write(redis_client, make_entry(make_event(1), site=site.id))

    assert word in str(refusal.value) or "maxmemory" in str(refusal.value)
    assert redis_client.xlen(keys.log(0)) == 0


def through_django() -> None:
    with connection.cursor() as cursor:
        cursor.execute(DISK_FULL)


def through_psycopg() -> None:
    """As a COPY does, and whatever else a step asks of the connection itself."""
    connection.connection.execute(DISK_FULL)


@pytest.mark.parametrize("write_to_full_disk", [through_django, through_psycopg])
def test_waits_while_postgres_disk_is_full_and_says_so(redis_client, site, monkeypatch, caplog, write_to_full_disk):
    full = threading.Event()
    full.set()

    def write_to_disk(*_) -> None:
        if full.is_set():
            write_to_full_disk()

    monkeypatch.setitem(consuming.steps, "disk", write_to_disk)
    write(redis_client, *[make_entry(make_event(number), site=site.id) for number in range(1, 21)])
    stop = threading.Event()
    thread = threading.Thread(target=Consumer(StreamReader(redis_client), range(2)).run, args=[stop])
    thread.start()
    try:
        wait_until(lambda: caplog.text.count("storing_interrupted") >= 2)
        kept = (Event.objects.count(), redis_client.xlen(keys.log(0)), redis_client.xlen(keys.dead(0)))
        full.clear()
        wait_until(lambda: redis_client.xlen(keys.log(0)) == 0)
    finally:
        stop.set()
        thread.join(20)

    assert kept == (0, 20, 0)
    assert "No space left on device" in caplog.text
    assert Event.objects.count() == Visitor.objects.get().events == 20


def test_an_hour_that_the_archives_disk_cannot_take_stays_due_and_leaves_nothing_behind(
    redis_client, site, claim, settings, tmp_path, monkeypatch
):
    from pyarrow import parquet

    def refuse(*_) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    settings.ARCHIVE_DIR = tmp_path
    write(redis_client, make_entry(make_event(1, received_at=AT), site=site.id))
    drain(claim())
    with monkeypatch.context() as patch:
        patch.setattr(parquet.ParquetWriter, "write_batch", refuse)
        with pytest.raises(OSError, match="No space left"):
            archive.archive_closed(datetime(2026, 1, 1, tzinfo=UTC))
    left_over = [path for path in tmp_path.rglob("*") if path.is_file()]
    dirty = ArchiveHour.objects.get().dirty

    written = archive.archive_closed(datetime(2026, 1, 1, tzinfo=UTC))

    assert left_over == []
    assert dirty
    assert len(written) == 1
