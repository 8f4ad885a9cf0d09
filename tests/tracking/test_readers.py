"""The log keeps what the slowest of its readers has not passed, and tells who that is."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from redis import Redis

from sites import keys
from sites.times import now_ms
from tests.tracking.conftest import drain
from tests.tracking.log_writing import make_entry, make_event, write
from tracking import readers
from tracking.claims import ClaimLost, Claims
from tracking.freshness import freshness
from tracking.log.base import Record
from tracking.log.streams import StreamReader
from tracking.models import Event, LogOffset

pytestmark = pytest.mark.usefixtures("transactional_db")


class Relay:
    """A second reader, as small as one can be: it keeps in memory what it read."""

    def __init__(self, redis: Redis) -> None:
        self.reader = StreamReader(redis, "relay")
        self.claims = Claims(self.reader, range(2))
        self.claims.renew()
        self.got: list[Record] = []

    def advance(self, count: int = 100, partition: int = 0) -> None:
        place = self.claims.places[partition]
        records = self.reader.read(partition, place.last_id, count)
        with transaction.atomic(), connection.cursor() as cursor:
            self.claims.move(cursor, partition, records[-1].id)
        self.got += records
        self.claims.confirm_move(partition, records[-1].id)
        self.claims.trim(partition)


def log_events(redis_client: Redis, site, *numbers: int) -> list[str]:
    return write(redis_client, *[make_entry(make_event(number), site=site.id) for number in numbers])


def kept(redis_client: Redis, partition: int = 0) -> list[str]:
    return [identity.decode() for identity, _ in redis_client.xrange(keys.log(partition))]


def test_nothing_is_trimmed_that_the_slower_reader_has_not_passed(consumer, redis_client, site):
    relay = Relay(redis_client)
    ids = log_events(redis_client, site, 1, 2, 3)

    drain(consumer)
    assert Event.objects.count() == 3
    assert kept(redis_client) == ids

    relay.advance(count=2)
    assert kept(redis_client) == ids[2:]

    relay.advance()
    assert kept(redis_client) == []
    assert [record.id for record in relay.got] == ids


def test_storage_too_may_be_the_slower_one(consumer, redis_client, site):
    relay = Relay(redis_client)
    consumer.claims.renew()
    ids = log_events(redis_client, site, 1, 2)

    relay.advance()
    assert kept(redis_client) == ids

    drain(consumer)
    assert kept(redis_client) == []


def test_a_reader_that_was_away_when_redis_was_emptied_misses_nothing_of_the_new_log(consumer, redis_client, site):
    relay = Relay(redis_client)
    relay.claims.release()
    redis_client.flushall()
    consumer.claims.renew()
    ids = log_events(redis_client, site, 1)

    drain(consumer)
    assert kept(redis_client) == ids

    relay.claims.renew()
    relay.advance()
    assert [record.id for record in relay.got] == ids


def test_a_reader_that_appears_begins_with_what_the_log_holds(consumer, redis_client, site):
    log_events(redis_client, site, 1)
    drain(consumer)
    ids = log_events(redis_client, site, 2)

    relay = Relay(redis_client)
    relay.advance()

    assert [record.id for record in relay.got] == ids


def test_two_of_one_name_are_not_both_told_that_they_moved(consumer, redis_client, site):
    relay = Relay(redis_client)
    log_events(redis_client, site, 1)
    LogOffset.objects.filter(reader="relay", partition=0).update(last_id="9999999999999-0")  # another one was here

    with pytest.raises(ClaimLost):
        relay.advance()


def test_places_are_ordered_as_ids_are_not_as_text(consumer, redis_client, site):
    epoch = consumer.reader.epoch(0)
    for reader, last_id in (("store", "1000-9"), ("relay", "1000-10"), ("other", "999-7")):
        LogOffset.objects.create(reader=reader, epoch=epoch, partition=0, last_id=last_id)

    assert readers.slowest_place(epoch, 0) == "999-7"

    LogOffset.objects.filter(reader="other").delete()
    assert readers.slowest_place(epoch, 0) == "1000-9"


def test_an_abandoned_reader_is_told_by_its_lag(consumer, redis_client, site):
    Relay(redis_client)
    log_events(redis_client, site, 1)
    drain(consumer)

    state = freshness(now_ms() + 60_000)

    assert state.behind_ms == state.readers["store"] == 0
    assert 60_000 <= state.readers["relay"] < 90_000


def test_a_reader_that_is_given_up_holds_nothing_up(consumer, redis_client, site):
    Relay(redis_client).claims.release()
    log_events(redis_client, site, 1, 2)
    drain(consumer)
    assert len(kept(redis_client)) == 2

    call_command("log_readers", give_up="relay")

    assert kept(redis_client) == []
    assert set(freshness(now_ms()).readers) == {"store"}
    assert [group["name"] for group in redis_client.xinfo_groups(keys.log(0))] == [b"segue-store"]


def test_what_storage_has_not_passed_outlives_a_reader_that_is_given_up(consumer, redis_client, site):
    relay = Relay(redis_client)
    consumer.claims.renew()
    ids = log_events(redis_client, site, 1)
    relay.advance()

    readers.forget(redis_client, range(2), "relay")

    assert kept(redis_client) == ids


@pytest.mark.parametrize("name", ["store", "nobody"])
def test_storage_and_strangers_cannot_be_given_up(consumer, redis_client, site, name):
    consumer.claims.renew()

    with pytest.raises(CommandError):
        call_command("log_readers", give_up=name)

    assert set(LogOffset.objects.values_list("reader", flat=True)) == {"store"}


def test_readers_are_listed_with_what_they_are_behind(consumer, redis_client, site, capsys):
    Relay(redis_client)
    log_events(redis_client, site, 1)
    drain(consumer)

    call_command("log_readers")

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:2]] == ["store", "relay"]
    assert lines[-1] == "The log keeps 1 record."


def test_where_records_wait_is_asked_of_one_reader(consumer, redis_client, site):
    Relay(redis_client)
    log_events(redis_client, site, 1)
    assert set(readers.unread_places(redis_client, range(2))) == {0}

    drain(consumer)

    assert readers.unread_places(redis_client, range(2)) == {}
    assert set(readers.unread_places(redis_client, range(2), "relay")) == {0}
