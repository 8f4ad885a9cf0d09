"""Several consumers, servers that go away, and the signal to stop."""

import threading

import psycopg
import pytest
from django.db import connection

from sites import keys
from tests.running import wait_until
from tests.tracking.log_writing import make_entry, make_event, write
from tracking import claims
from tracking import consumer as consuming
from tracking.consumer import Consumer
from tracking.log.streams import StreamReader
from tracking.models import Event, Visitor

LOCKS = claims.lock_class("store")
pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def start(redis_client):
    """Starts a consumer in a thread of its own; stops all at the end."""
    running: list[tuple[threading.Thread, threading.Event]] = []

    def run(partitions=range(2), **options) -> tuple[Consumer, threading.Event]:
        consumer, stop = Consumer(StreamReader(redis_client), partitions, **options), threading.Event()
        thread = threading.Thread(target=consumer.run, args=[stop])
        thread.start()
        running.append((thread, stop))
        return consumer, stop

    yield run
    for thread, stop in running:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def end_backends() -> None:
    """As when Postgres restarts: every other connection to this database is cut."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <>"
            " pg_backend_pid()"
        )


def test_two_consumers_store_each_event_once(redis_client, site, start):
    first, _ = start()
    second, _ = start()

    for number in range(1, 201):
        write(redis_client, make_entry(make_event(number), site=site.id), partition=number % 2)
    wait_until(lambda: redis_client.xlen(keys.log(0)) == redis_client.xlen(keys.log(1)) == 0)

    assert Event.objects.count() == 200
    assert Visitor.objects.get().events == 200
    assert not set(first.claims.places) & set(second.claims.places)


def test_a_second_consumer_takes_over_when_the_first_ends(redis_client, site, start, monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_EVERY_SECONDS", 0.1)
    first, stop = start()
    wait_until(lambda: len(first.claims.places) == 2)
    second, _ = start()
    assert not second.claims.places

    stop.set()
    wait_until(lambda: len(second.claims.places) == 2)
    write(redis_client, make_entry(make_event(1), site=site.id))

    wait_until(lambda: redis_client.xlen(keys.log(0)) == 0)
    assert Event.objects.count() == 1


def test_consumers_divide_the_partitions(redis_client, site, start, monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_EVERY_SECONDS", 0.1)
    first, _ = start(range(8))
    wait_until(lambda: len(first.claims.places) == 8)

    others = [start(range(8))[0] for _ in range(2)]

    wait_until(lambda: sorted(len(consumer.claims.places) for consumer in (first, *others)) == [2, 3, 3])
    assert {partition for consumer in (first, *others) for partition in consumer.claims.places} == set(range(8))


def test_each_event_is_stored_once_while_consumers_come_and_go(redis_client, site, start, monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(consuming, "CHUNK_EVENTS", 50)
    first, stop_first = start(range(8))
    second, _ = start(range(8))
    wait_until(lambda: len(first.claims.places) == len(second.claims.places) == 4)

    for number in range(1, 1201):
        write(redis_client, make_entry(make_event(number), site=site.id), partition=number % 8)
        if number == 400:
            start(range(8))
        if number == 800:
            stop_first.set()
    wait_until(lambda: not any(redis_client.xlen(keys.log(partition)) for partition in range(8)))

    assert Event.objects.count() == 1200
    assert Visitor.objects.get().events == 1200


def test_the_partitions_of_a_consumer_whose_connection_died_fall_to_the_other(redis_client, site, start, monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(consuming, "RETRY_SECONDS", (60.0, 60.0))  # who loses its connection stays away
    first, _ = start(range(8))
    second, _ = start(range(8))
    wait_until(lambda: len(first.claims.places) == len(second.claims.places) == 4)

    survivor = second if 0 in first.claims.places else first
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 0"
            " AND classid = %s) AS its",
            [LOCKS],
        )
    wait_until(lambda: len(survivor.claims.places) == 8)
    for number in range(1, 9):
        write(redis_client, make_entry(make_event(number), site=site.id), partition=number % 8)

    wait_until(lambda: Event.objects.count() == 8)


def test_a_guest_stores_only_while_no_consumer_is_there(redis_client, site, start, monkeypatch):
    monkeypatch.setattr(claims, "CLAIM_EVERY_SECONDS", 0.1)
    guest, _ = start(guest=True)
    wait_until(lambda: len(guest.claims.places) == 2)

    host, stop = start()
    wait_until(lambda: len(host.claims.places) == 2)
    assert not guest.claims.places

    stop.set()
    wait_until(lambda: len(guest.claims.places) == 2)


def test_postgres_dying_in_the_middle_of_a_chunk_loses_and_doubles_nothing(redis_client, site, start, monkeypatch):
    deaths = iter([True, True])

    def die(*_) -> None:
        if next(deaths, False):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(consuming, "steps", {"death": die})
    write(redis_client, *[make_entry(make_event(number), site=site.id) for number in range(1, 51)])

    start()
    wait_until(lambda: redis_client.xlen(keys.log(0)) == 0)

    assert next(deaths, None) is None
    assert Event.objects.count() == 50
    assert Visitor.objects.get().events == 50


def test_goes_on_after_its_connections_were_cut(redis_client, site, start):
    consumer, _ = start()
    wait_until(lambda: len(consumer.claims.places) == 2)

    end_backends()
    write(redis_client, make_entry(make_event(1), site=site.id))

    wait_until(lambda: redis_client.xlen(keys.log(0)) == 0)
    assert Event.objects.count() == 1


def test_goes_on_after_the_log_was_away(redis_client, site, start, valkey_server):
    consumer, _ = start()
    wait_until(lambda: len(consumer.claims.places) == 2)

    valkey_server.kill()  # the consumer's connection ends at once, in the middle of its waiting
    valkey_server.start()
    write(redis_client, make_entry(make_event(1), site=site.id))

    wait_until(lambda: Event.objects.count() == 1)


def open_session(**options) -> psycopg.Connection:
    """A connection to the test's database that Django knows nothing of."""
    values = connection.get_connection_params()
    return psycopg.connect(
        **{name: values[name] for name in ("dbname", "user", "password", "host", "port") if name in values}, **options
    )


@pytest.fixture
def hang():
    """A consumer that holds a partition and says nothing any more, as one that was stopped: a session like its own,
    left alone."""
    held: list[psycopg.Connection] = []

    def take(partition: int, *, within: str) -> psycopg.Connection:
        silent = open_session(autocommit=True)
        held.append(silent)
        silent.execute("SELECT pg_advisory_lock_shared(%s, %s)", [LOCKS, claims.EVERYBODY])
        silent.execute("SELECT pg_advisory_lock(%s, %s)", [LOCKS, partition])
        if within != "nothing":
            silent.execute("BEGIN")
        if within == "copy":
            silent.execute("CREATE TEMPORARY TABLE pieces (number int)")
            silent.pgconn.exec_(b"COPY pieces FROM STDIN")
        return silent

    yield take
    for silent in held:
        silent.close()


@pytest.mark.parametrize("within", ["nothing", "transaction", "copy"])
def test_a_consumer_that_hangs_is_put_out_by_the_others(redis_client, site, start, hang, monkeypatch, within):
    monkeypatch.setattr(claims, "CLAIM_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(claims, "HUNG_SECONDS", 1)
    hang(0, within=within)
    write(redis_client, make_entry(make_event(1), site=site.id), partition=0)

    consumer, _ = start()

    wait_until(lambda: len(consumer.claims.places) == 2)
    wait_until(lambda: redis_client.xlen(keys.log(0)) == 0)
    assert Event.objects.count() == 1


def test_a_row_that_somebody_holds_is_waited_for_again_and_again_and_nothing_is_buried(
    redis_client, site, start, hang, monkeypatch, caplog
):
    monkeypatch.setattr(claims, "HUNG_SECONDS", 1)
    consumer, _ = start()
    wait_until(lambda: len(consumer.claims.places) == 2)
    epoch = consumer.claims.places[0].epoch
    with open_session() as holder:
        holder.execute("SELECT FROM tracking_logoffset WHERE epoch = %s AND partition = 0 FOR UPDATE", [epoch])
        write(redis_client, make_entry(make_event(1), site=site.id), partition=0)
        wait_until(lambda: "lock timeout" in caplog.text)

    wait_until(lambda: redis_client.xlen(keys.log(0)) == 0)
    assert Event.objects.count() == 1
    assert redis_client.xlen(keys.dead(0)) == 0
