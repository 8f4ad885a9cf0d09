"""The edge's connection: joined writes, errors, silence and return of the server."""

import asyncio
import contextlib

import hiredis
import pytest

from personalization.redis import Redis, RedisUnavailable, Subscriber
from tests.proxy import LOADING, Proxy


@pytest.fixture
async def connection(valkey_server):
    redis = Redis(valkey_server.url)
    await redis.start()
    yield redis
    redis.stop()


async def test_commands_of_one_tick_leave_in_one_write(connection):
    writes = []
    write = connection.transport.write
    connection.transport = _Spy(connection.transport, writes)

    replies = await asyncio.gather(*(connection.call("ECHO", str(i)) for i in range(50)))

    assert replies == [str(i).encode() for i in range(50)]
    assert len(writes) == 1
    assert write


async def test_an_error_reply_reaches_only_its_own_command(connection):
    good, bad = connection.call("ECHO", "x"), connection.call("NO-SUCH-COMMAND")

    assert await good == b"x"
    with pytest.raises(hiredis.ReplyError):
        await bad


async def test_fails_at_once_while_redis_is_away_and_comes_back_by_itself(valkey_server):
    proxy = await Proxy.start(valkey_server.url)
    redis = Redis(proxy.url)
    await redis.start()
    assert await redis.call("PING") == b"PONG"

    proxy.cut()
    with pytest.raises(RedisUnavailable):
        for _ in range(100):
            await redis.call("PING")
            await asyncio.sleep(0.01)
    await proxy.restore()
    for _ in range(300):
        if redis.is_connected:
            break
        await asyncio.sleep(0.01)

    assert await redis.call("PING") == b"PONG"
    redis.stop()
    proxy.cut()


async def test_a_server_that_reads_its_file_is_away_and_says_so(valkey_server):
    proxy = await Proxy.start(valkey_server.url, saying=LOADING)
    redis = Redis(proxy.url)
    await redis.start()

    with pytest.raises(RedisUnavailable, match="LOADING"):
        await redis.call("PING")
    assert redis.trouble.startswith("LOADING")
    proxy.saying = b""
    proxy.cut()
    await proxy.restore()
    while redis.trouble:
        await asyncio.sleep(0.01)
        with contextlib.suppress(RedisUnavailable):
            await redis.call("PING")

    assert await redis.call("PING") == b"PONG"
    redis.stop()
    proxy.cut()


async def test_connects_again_when_a_connection_is_lost_in_the_moment_in_which_it_is_made(valkey_server):
    """As when the server is killed while this process has to wait for its turn: it hears of both at once."""
    redis, connect = Redis(valkey_server.url), None

    async def open_and_lose(make) -> None:
        redis.address.open = connect
        protocol = make()
        protocol.connection_made(asyncio.Transport())
        protocol.connection_lost(None)

    connect, redis.address.open = redis.address.open, open_and_lose
    await redis.start()
    for _ in range(200):
        if redis.is_connected:
            break
        await asyncio.sleep(0.01)

    assert await redis.call("PING") == b"PONG"
    redis.stop()


async def test_the_late_end_of_an_old_connection_does_not_end_the_one_in_use(connection):
    old = connection.wire
    connection.give_up()
    for _ in range(200):
        if connection.is_connected:
            break
        await asyncio.sleep(0.01)

    old.connection_lost(None)

    assert await connection.call("PING") == b"PONG"


async def test_gives_up_a_server_that_does_not_answer():
    writers = []

    async def swallow(reader, writer):
        writers.append(writer)
        await reader.read(-1)

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    redis = Redis(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}", timeout=0.2)
    await redis.start()

    with pytest.raises(RedisUnavailable):
        await asyncio.wait_for(redis.call("PING"), 2)

    redis.stop()
    server.close()
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0)  # the transports close their sockets in the loop's next turn


async def test_hears_channels_that_were_subscribed_before_and_after_connecting(valkey_server, connection):
    heard: asyncio.Queue = asyncio.Queue()
    connected = asyncio.Event()
    subscriber = Subscriber(
        valkey_server.url, lambda channel, message: heard.put_nowait((channel, message)), connected.set
    )
    subscriber.subscribe("early")
    subscriber.start()
    await connected.wait()
    subscriber.subscribe("late")
    async with asyncio.timeout(2):
        while not (await connection.call("PUBSUB", "NUMSUB", "late"))[1]:
            pass  # it is on its way: each question takes a round trip

    await connection.call("PUBLISH", "early", "1")
    await connection.call("PUBLISH", "late", "2")

    assert {await asyncio.wait_for(heard.get(), 2) for _ in range(2)} == {("early", b"1"), ("late", b"2")}
    subscriber.stop()


class _Spy:
    def __init__(self, transport, writes):
        self.transport, self.writes = transport, writes

    def write(self, data):
        self.writes.append(data)
        self.transport.write(data)

    def close(self):
        self.transport.close()
