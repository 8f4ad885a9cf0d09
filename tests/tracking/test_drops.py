import asyncio

import pytest
import redis

from sites import keys
from sites.push import snapshot
from tests.factories import make_site
from tracking import drops
from tracking.drops import Drops
from tracking.models import DropCount
from tracking.reasons import Reason

NOW = 1_772_359_200_000  # 2026-03-01T10:00:00Z


def flush(counters: Drops, client, now: int = NOW) -> None:
    async def call(*command):
        return client.execute_command(*command)

    asyncio.run(counters.flush(call, now))


@pytest.mark.django_db(transaction=True)
def test_counts_reach_the_table_by_site_hour_and_reason(redis_client):
    site = make_site()
    counters = Drops()
    counters.count(snapshot(site), Reason.GPC, 3)
    counters.count(None, Reason.UNKNOWN_KEY)

    flush(counters, redis_client)
    counters.count(snapshot(site), Reason.GPC, 2)
    flush(counters, redis_client)
    flush(counters, redis_client, NOW + 3_600_000)
    drops.store()

    rows = {(row.site_id, row.hour.hour, row.reason): row.count for row in DropCount.objects.all()}
    assert rows == {(site.pk, 10, "gpc"): 5, (None, 10, "unknown_key"): 1}


@pytest.mark.django_db(transaction=True)
def test_storing_twice_counts_once_and_later_counts_add_up(redis_client):
    counters = Drops()
    for _ in range(2):
        counters.count(None, Reason.MALFORMED)
        flush(counters, redis_client)
        drops.store()
        drops.store()

    assert DropCount.objects.get().count == 2


def test_what_could_not_be_flushed_waits_for_the_next_time(redis_client):
    counters = Drops()
    counters.count(None, Reason.MALFORMED)

    async def fail(*_):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        asyncio.run(counters.flush(fail, NOW))
    flush(counters, redis_client)

    assert redis_client.hgetall(keys.drops(NOW)) == {b":malformed": b"1"}


@pytest.mark.django_db(transaction=True)
def test_counts_of_a_deleted_site_are_dropped(redis_client):
    site = make_site()
    config = snapshot(site)
    counters = Drops()
    counters.count(config, Reason.GPC)
    flush(counters, redis_client)
    site.delete()

    drops.store()

    assert not DropCount.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_who_move_the_same_hour_count_it_once(redis_client, monkeypatch):
    counters = Drops()
    counters.count(None, Reason.MALFORMED)
    flush(counters, redis_client)
    rename = redis.Redis.rename

    def after_another_has_moved_it(client, *names):
        monkeypatch.undo()
        drops.store()
        rename(client, *names)

    monkeypatch.setattr(redis.Redis, "rename", after_another_has_moved_it)
    drops.store()

    assert DropCount.objects.get().count == 1
