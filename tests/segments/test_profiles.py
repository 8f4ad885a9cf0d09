"""Recording: log and profile together, once, whoever else writes; and the joining of two histories."""

import asyncio
import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.redis import Redis
from segments.profile import Profile, decode, encode, fold
from segments.profiles import ProfileStore
from sites import keys
from tracking.event import Arrival, Entry, Event
from tracking.identity import Identity
from tracking.log import base
from tracking.log.append import Appender, LogFull

VISITOR, OTHER, USER = "a" * 32, "b" * 32, "c" * 32
PARTITIONS = 4


def event(message_id, name="Product Viewed", user="", at=1_000_000, **properties):
    return Event(
        message_id=message_id, type="track", name=name, at=at, received_at=at, user=user, properties=properties
    )


def arrival(*events, visitor=VISITOR, user=""):
    return Arrival(1, visitor, user, list(events))


def appender_on(redis, **limits):
    return Appender(redis.call, PARTITIONS, state_ttl=1000, seen_ttl=1000, **limits)


@pytest.fixture
def store(redis):
    return ProfileStore(appender_on(redis))


async def logged(redis, visitor=VISITOR):
    key = keys.log(base.partition_of(visitor, PARTITIONS))
    entries = [msgspec.json.decode(fields[1], type=Entry) for _, fields in await redis.call("XRANGE", key, "-", "+")]
    return [event for entry in entries if entry.visitor == visitor for event in entry.events]


async def test_profile_equals_the_fold_of_the_log(redis, store):
    for number in range(5):
        await store.record(
            arrival(
                event(f"m{number}", product_id=f"p{number}", price=9.5),
                event(f"n{number}", "Product Added", product_id="p1"),
            )
        )

    refolded = Profile()
    for one in await logged(redis):
        fold(refolded, one)
    _, profile = await store.load(VISITOR)

    assert profile.seq == 10
    assert encode(profile) == encode(refolded)


async def test_a_repeated_message_is_neither_logged_nor_folded_again(redis, store):
    await store.record(arrival(event("m1"), event("m2")))

    again = await store.record(arrival(event("m2"), event("m3"), event("m3"), event("m1")))

    assert [one.message_id for one in again.events] == ["m3"]
    assert again.duplicates == 3
    assert [one.message_id for one in await logged(redis)] == ["m1", "m2", "m3"]
    assert again.profile.seq == 3


async def test_of_a_message_repeated_in_one_request_the_first_counts_in_its_place(redis, store):
    recorded = await store.record(arrival(event("m1", product_id="p1"), event("m2"), event("m1", product_id="p2")))

    assert [one.message_id for one in await logged(redis)] == ["m1", "m2"]
    assert "p1" in recorded.profile.items
    assert "p2" not in recorded.profile.items


async def test_what_is_remembered_of_messages_ends_however_often_the_visitor_comes(redis, store):
    await store.record(arrival(event("m1")))
    (key,) = await redis.call("KEYS", "segue:*:seen:*")
    name, _, stretch = key.decode().rpartition(":")

    await redis.call("RENAME", key, f"{name}:{int(stretch) - 1}")  # as it will lie then, a stretch of time later
    assert (await store.record(arrival(event("m1"), event("m2")))).duplicates == 1
    await redis.call("RENAME", f"{name}:{int(stretch) - 1}", f"{name}:{int(stretch) - 2}")
    await redis.call("EXPIRE", f"{name}:{int(stretch) - 2}", 500)
    assert (await store.record(arrival(event("m1"), event("m3")))).duplicates == 0

    assert await redis.call("TTL", f"{name}:{int(stretch) - 2}") <= 500


async def test_two_processes_never_lose_each_others_events(redis, valkey_server):
    second = Redis(valkey_server.url)
    await second.start()
    stores = [ProfileStore(appender_on(redis)), ProfileStore(appender_on(second))]

    await asyncio.gather(*(stores[number % 2].record(arrival(event(f"m{number}"))) for number in range(40)))

    events = await logged(redis)
    assert sorted(one.message_id for one in events) == sorted(f"m{number}" for number in range(40))
    assert [one.seq for one in events] == list(range(1, 41))
    second.stop()


async def test_a_full_log_refuses_and_records_nothing(redis):
    store = ProfileStore(appender_on(redis, max_entries=1))
    await store.record(arrival(event("m1")))

    with pytest.raises(LogFull):
        await store.record(arrival(event("m2")))

    _, profile = await store.load(VISITOR)
    assert profile.seq == 1


async def test_scripts_survive_a_server_that_forgot_them(redis, store):
    await store.record(arrival(event("m1")))
    await redis.call("SCRIPT", "FLUSH")

    recorded = await store.record(arrival(event("m2")))

    assert recorded.profile.seq == 2


async def test_a_profile_that_expired_and_came_again_is_not_mistaken_for_the_one_remembered(redis, store):
    await store.record(arrival(event("m1")))
    await redis.call("DEL", keys.profile(base.partition_of(VISITOR, PARTITIONS), VISITOR))
    await ProfileStore(appender_on(redis)).record(arrival(event("m2")))

    recorded = await store.record(arrival(event("m3")))

    assert recorded.profile.seq == 2


async def test_the_first_anonymous_visitor_becomes_the_user(store):
    await store.record(arrival(event("m1")))
    await store.record(arrival(event("m2", user=USER), user=USER))

    server_side = await store.record(arrival(event("m3", user=USER), visitor=USER, user=USER))

    assert server_side.visitor == VISITOR
    assert server_side.profile.seq == 3
    assert server_side.profile.user == USER


async def test_a_second_device_is_absorbed_by_the_user_with_its_history(redis, store):
    await store.record(arrival(event("m1", product_id="p1", user=USER), user=USER))
    await store.record(arrival(event("m2", product_id="p2"), visitor=OTHER))

    joined = await store.record(arrival(event("m3", product_id="p3", user=USER), visitor=OTHER, user=USER))
    later = await store.record(arrival(event("m4", product_id="p4"), visitor=OTHER))

    assert joined.visitor == later.visitor == VISITOR
    assert set(later.profile.items) == {"p1", "p2", "p3", "p4"}
    refolded = Profile()
    for one in await logged(redis):
        fold(refolded, one)
    assert encode(refolded) == encode(later.profile)


async def test_a_device_whose_redirect_was_lost_is_absorbed_again_with_what_it_did_since(redis, store):
    await store.record(arrival(event("m1", user=USER), user=USER))
    await store.record(arrival(event("m2", "Product Added", product_id="p2"), visitor=OTHER))
    await store.record(arrival(event("m2b", user=USER), visitor=OTHER, user=USER))
    await redis.call("DEL", keys.profile(base.partition_of(OTHER, PARTITIONS), OTHER))
    await store.record(arrival(event("m3", "Product Added", product_id="p3", at=2_000_000), visitor=OTHER))

    joined = await store.record(arrival(event("m4", user=USER, at=2_000_001), visitor=OTHER, user=USER))

    assert joined.visitor == VISITOR
    assert joined.profile.added == 2


async def test_a_users_other_name_lives_as_long_as_the_history_to_which_it_leads(redis, store):
    await store.record(arrival(event("m1", user=USER), user=USER))
    key = keys.profile(base.partition_of(USER, PARTITIONS), USER)
    await redis.call("EXPIRE", key, 5)

    await store.record(arrival(event("m2", at=10_000_000)))  # another visit

    assert await redis.call("TTL", key) > 900


async def test_another_user_on_the_same_device_keeps_a_history_of_their_own(store):
    await store.record(arrival(event("m1", user=USER), user=USER))
    second_user = "d" * 32

    recorded = await store.record(arrival(event("m2", user=second_user), user=second_user))

    assert recorded.visitor == second_user
    assert (await store.load(VISITOR))[1].seq == 1


async def test_a_repeat_that_comes_without_the_users_name_is_not_folded_by_the_devices_owner(store):
    """Issue 7, part 9e: clients group what they repeat anew."""
    await store.record(arrival(event("m1", user=USER), user=USER))
    second_user = "d" * 32
    await store.record(arrival(event("m2", user=second_user), event("m3"), user=second_user))

    alone = await store.record(arrival(event("m3")))
    as_third = await store.record(arrival(event("m3"), event("m4"), user="9" * 32))

    assert (alone.visitor, alone.duplicates, alone.profile.seq) == (VISITOR, 1, 1)
    assert (as_third.duplicates, as_third.profile.seq) == (1, 1)


async def test_a_repeat_that_comes_with_another_users_name_is_not_folded_again(store):
    await store.record(arrival(event("m1", user=USER), user=USER))
    await store.record(arrival(event("m2")))

    repeated = await store.record(arrival(event("m2"), event("m3"), user="d" * 32))

    assert (repeated.duplicates, repeated.profile.seq) == (1, 1)


async def test_a_merge_broken_off_half_way_is_finished_without_counting_twice(redis, store):
    await store.record(arrival(event("m1", user=USER), user=USER))
    await store.record(arrival(event("m2", "Product Added", product_id="p2"), visitor=OTHER))
    swap, store.appender.swap = store.appender.swap, _broken
    with pytest.raises(ConnectionError):
        await store.record(arrival(event("m3", user=USER), visitor=OTHER, user=USER))
    store.appender.swap = swap

    recorded = await store.record(arrival(event("m3", user=USER), visitor=OTHER, user=USER))

    assert recorded.visitor == VISITOR
    assert recorded.profile.added == 1


async def test_any_interleaving_of_devices_and_users_keeps_every_event_once(redis, valkey_server):
    chance = random.Random(7)
    second = Redis(valkey_server.url)
    await second.start()
    stores = [ProfileStore(appender_on(redis)), ProfileStore(appender_on(second))]
    visitors, users = [letter * 32 for letter in "0123"], ["e" * 32, "f" * 32]

    async def send(number):
        user = chance.choice([*users, "", ""])
        await stores[number % 2].record(
            arrival(event(f"m{number}", user=user), visitor=chance.choice(visitors), user=user)
        )

    for start in range(0, 60, 6):
        await asyncio.gather(*(send(number) for number in range(start, start + 6)))

    stored = [
        one.message_id for visitor in [*visitors, *users] for one in await logged(redis, visitor) if one.type == "track"
    ]
    assert sorted(stored) == sorted(f"m{number}" for number in range(60))
    for visitor in [*visitors, *users]:
        refolded = Profile()
        for one in await logged(redis, visitor):
            fold(refolded, one)
        value = await stores[0].appender.state(visitor)
        profile = decode(value[8:]) if value else Profile()
        assert profile.merged_into or encode(profile) == encode(refolded)
    second.stop()


async def _broken(*_):
    raise ConnectionError


class Flaky:
    """A connection that now and then fails before a command, or loses its answer."""

    def __init__(self, call, chance, share):
        self.call, self.chance, self.share = call, chance, share

    async def __call__(self, *command):
        if self.chance.random() < self.share:
            raise ConnectionError("before")
        reply = await self.call(*command)
        if self.chance.random() < self.share:
            raise ConnectionError("after")
        return reply


@pytest.mark.parametrize("seed", range(12))
async def test_retries_crashes_and_merges_fold_every_event_once(redis, valkey_server, seed):
    """Each request is sent until it is answered, and once more later; its events are in one log and one profile."""
    chance = random.Random(seed)
    second = Redis(valkey_server.url)
    await second.start()
    calls = [Flaky(connection.call, chance, 0.1) for connection in (redis, second)]
    visitors, users, added = [letter * 32 for letter in "01234"], ["e" * 32, "f" * 32], 0
    requests = []

    async def send(request):
        visitor, user, ids = request
        while True:
            store = stores[chance.randrange(2)]
            try:
                await store.record(
                    arrival(
                        *(event(one, "Product Added", product_id="p", user=user) for one in ids),
                        visitor=visitor,
                        user=user,
                    )
                )
                return
            except ConnectionError:
                stores[chance.randrange(2)] = ProfileStore(stores[0].appender)  # a process that died

    stores = [ProfileStore(Appender(call, PARTITIONS, state_ttl=1000, seen_ttl=1000)) for call in calls]
    for number in range(60):
        ids = [f"m{number}.{part}" for part in range(chance.randint(1, 3))]
        added += len(ids)
        visitor = chance.choice(visitors)
        requests.append((visitor, users[int(visitor[0]) % 2] if chance.random() < 0.3 else "", ids))
    for start in range(0, len(requests), 5):
        again = chance.sample(requests[: start + 1], min(start + 1, 3))
        await asyncio.gather(*map(send, [*requests[start : start + 5], *again]))

    for call in calls:
        call.share = 0
    for visitor in visitors:
        await stores[0].record(arrival(event(f"last {visitor}"), visitor=visitor))
    everybody = [*visitors, *users]
    stored = [one.message_id for who in everybody for one in await logged(redis, who) if one.name == "Product Added"]
    profiles = [
        decode(value[8:])
        for who in everybody
        if (value := await redis.call("GET", keys.profile(base.partition_of(who, PARTITIONS), who)))
    ]
    assert len(stored) == len(set(stored)) == added
    assert sum(profile.added for profile in profiles if not profile.merged_into) == added
    second.stop()


# --- who may join and read --------------------------------------------------------------------------


def claim(*events, visitor=VISITOR, user=USER):
    for each in events:
        each.context = {"unverified_user": user}
    return Arrival(1, visitor, "", list(events), claimed=user)


async def test_a_user_without_proof_joins_empties_and_reads_nothing(redis, store):
    """A3: read, join, watch, poison."""
    await store.record(
        arrival(event("m1", "Product Added", user=USER, product_id="tie", price=9), visitor=OTHER, user=USER)
    )

    await store.record(claim(event("m2", "Order Completed", order_id="1", total=5)))

    owner, theirs = await store.load(USER)
    assert (owner, theirs.orders, list(theirs.cart)) == (OTHER, 0, ["tie"])
    assert (await store.find(Identity(VISITOR, USER, proved=False)))[0] == VISITOR
    assert await store.find(Identity("d" * 32, USER, proved=False, reads=False)) == ("", Profile())


async def test_nobody_takes_a_user_over_who_has_not_signed_in_yet(redis, store):
    """A3: pre-hijack."""
    await store.record(claim(event("m1", "identify"), visitor=OTHER))

    await store.record(arrival(event("m2", "Product Added", user=USER, product_id="tie", price=9), user=USER))

    assert (await store.find(Identity(OTHER, USER, proved=False)))[1].cart == {}
    assert list((await store.find(Identity(VISITOR, USER)))[1].cart) == ["tie"]


async def test_on_a_shared_device_each_user_reads_what_is_their_own(redis, store):
    """R03, ingest-decide-ignores-user-1"""
    ben = "e" * 32
    await store.record(arrival(event("m1", "Product Added", user=USER, product_id="tie-1", price=9), user=USER))
    await store.record(arrival(event("m2", "Product Added", user=ben, product_id="tie-2", price=9), user=ben))

    assert list((await store.find(Identity(VISITOR, USER)))[1].cart) == ["tie-1"]
    assert list((await store.find(Identity(VISITOR, ben)))[1].cart) == ["tie-2"]
    assert list((await store.find(Identity(ben, ben)))[1].cart) == ["tie-2"]
    assert (await store.find(Identity(VISITOR, "f" * 32)))[1].cart == {}  # somebody new, who has done nothing yet


async def test_an_unproved_stranger_on_somebodys_device_has_a_history_apart(redis, store):
    await store.record(arrival(event("m1", "Product Added", user=USER, product_id="tie", price=9), user=USER))

    recorded = await store.record(claim(event("m2", "Product Added", product_id="hat", price=9), user=OTHER))
    again = await store.record(claim(event("m2", "Product Added", product_id="hat", price=9), event("m3"), user=OTHER))

    assert list((await store.load(VISITOR))[1].cart) == ["tie"]
    assert (await store.find(Identity(VISITOR, OTHER, proved=False)))[0] == recorded.visitor == again.visitor != VISITOR
    assert (again.duplicates, list(again.profile.cart)) == (1, ["hat"])


@pytest.mark.parametrize("is_proved", [False, True])
async def test_two_people_on_one_device_are_two_even_where_nobody_proves_who_they_are(redis, store, is_proved):
    """R03, ingest-decide-ignores-user-1, for a site that signs nobody, and for one that has begun to."""
    ben = "e" * 32
    await store.record(claim(event("m1", "Product Added", product_id="tie-1", price=9)))

    told = event("m2", "Product Added", user=ben if is_proved else "", product_id="tie-2", price=9)
    await store.record(arrival(told, user=ben) if is_proved else claim(told, user=ben))

    assert list((await store.find(Identity(VISITOR, USER, proved=False)))[1].cart) == ["tie-1"]
    assert list((await store.find(Identity(VISITOR, ben, proved=is_proved)))[1].cart) == ["tie-2"]
    assert (await store.find(Identity(VISITOR, "f" * 32, proved=is_proved)))[1].cart == {}


async def test_who_proves_later_who_they_said_they_are_keeps_their_history(redis, store):
    await store.record(claim(event("m1", "Product Added", product_id="tie-1", price=9)))

    await store.record(arrival(event("m2", user=USER), user=USER))

    assert list((await store.find(Identity(USER, USER)))[1].cart) == ["tie-1"]


async def test_an_alias_joins_two_users_and_chains_of_them(redis, store):
    """ingest-alias-of-a-user-1"""
    first, second, third = "1" * 32, "2" * 32, "3" * 32
    for number, user in enumerate((first, second, third)):
        await store.record(arrival(event(f"m{number}", user=user, product_id=f"P-{number}"), visitor=user, user=user))

    for number, (previous, user) in enumerate(((first, second), (second, third))):
        anonymous = str(7 + number) * 32  # nobody's: the previousId is a user's
        await store.record(
            Arrival(1, anonymous, user, [event(f"alias-{number}", "", user=user)], previous_user=previous)
        )

    found = [await store.find(Identity(user, user)) for user in (first, second, third)]
    assert len({visitor for visitor, _ in found}) == 1
    assert all(sorted(profile.items) == ["P-0", "P-1", "P-2"] for _, profile in found)


async def test_an_alias_of_a_browsers_id_joins_that_browser(redis, store):
    await store.record(arrival(event("m1", product_id="P-1")))

    await store.record(Arrival(1, VISITOR, USER, [event("m2", "", user=USER)], previous_user=OTHER))

    assert list((await store.find(Identity(USER, USER)))[1].items) == ["P-1"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["", "1", "2"]), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
async def test_who_names_the_same_ids_reads_the_history_that_they_were_writing(redis, steps):
    """The rule of reading is that of writing, whatever happened before."""
    await redis.call("FLUSHALL")
    store = ProfileStore(appender_on(redis))
    for number, (device, user, proved) in enumerate(steps):
        who = Identity(device * 32, user and user * 32, proved or not user)
        told = event(f"m{number}", user=who.joins)
        if who.user and not who.joins:
            recorded = await store.record(claim(told, visitor=who.visitor, user=who.user))
        else:
            recorded = await store.record(arrival(told, visitor=who.visitor, user=who.joins))

        assert (await store.find(who))[0] == recorded.visitor
