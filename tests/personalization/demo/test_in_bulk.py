"""A day that is written at once is the day that would have been written bit by bit, and is written once."""

import pytest

from personalization.demo.in_bulk import DayAppender, NotWritten
from segments.profiles import ProfileStore
from segments.stored import unpack
from sites import keys
from tests.segments.test_profiles import PARTITIONS, VISITOR, appender_on, arrival, event, logged
from tracking.log import base


def day_on(redis):
    return DayAppender(redis.call, PARTITIONS, state_ttl=1000, seen_ttl=1000)


async def tell(store, day):
    for number in range(3):
        await store.record(arrival(event(f"{day}.{number}", at=1_000_000 * day + number)))


async def stored(redis):
    value = await redis.call("GET", keys.profile(base.partition_of(VISITOR, PARTITIONS), VISITOR))
    return unpack(value)


async def test_a_day_leaves_what_single_writes_would_have_left(redis):
    await tell(ProfileStore(appender_on(redis)), 1)
    await tell(ProfileStore(appender_on(redis)), 2)
    bit_by_bit = await logged(redis), await stored(redis)
    await redis.call("FLUSHALL")
    appender = day_on(redis)
    store = ProfileStore(appender)

    await tell(store, 1)
    assert await logged(redis) == []  # nothing before the day is over
    await appender.write()
    await tell(store, 2)
    await appender.write()

    assert (await logged(redis), await stored(redis)) == bit_by_bit
    log = keys.log(base.partition_of(VISITOR, PARTITIONS))
    assert await redis.call("XLEN", log) == 2


async def test_a_day_that_is_told_again_is_left_as_it_is(redis):
    first = day_on(redis)
    await tell(ProfileStore(first), 1)
    await first.write()
    before = await logged(redis), await stored(redis)
    again = day_on(redis)
    store = ProfileStore(again)

    assert (await store.record(arrival(event("1.0"), event("1.1")))).events == []
    assert (await store.record(arrival(event("said-since")))).events == []  # follows from what was not done again
    await again.write()

    assert (await logged(redis), await stored(redis)) == before


async def test_who_is_told_of_by_somebody_else_meanwhile_is_not_written_over(redis):
    appender = day_on(redis)
    await tell(ProfileStore(appender), 1)
    await tell(ProfileStore(appender_on(redis)), 2)
    before = await logged(redis)

    with pytest.raises(NotWritten):
        await appender.write()

    assert await logged(redis) == before
