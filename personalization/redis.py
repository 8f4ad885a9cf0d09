"""How does the edge talk to Redis? One connection on which all commands of a loop tick leave in a single write.

A general client pays tens of microseconds a command; joined writes pay six (docs/performance.md). Commands are bytes or str;
replies are what hiredis makes of them; an error reply is raised as `hiredis.ReplyError`.
"""

import asyncio
import contextlib
import ssl
import time
from collections import deque
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

import hiredis
import structlog

log = structlog.get_logger(__name__)
pack = hiredis.pack_command

Argument = str | bytes | int | float


class RedisUnavailable(Exception):
    """Redis cannot be reached or does not answer in time; the command may or may not have been carried out. A retry can help."""


class Address:
    """Where a Redis URL points, redis:// or rediss://: host, port, database, user and password."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.database = int(parts.path.strip("/") or 0)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 6379
        self.tls = ssl.create_default_context() if parts.scheme == "rediss" else None
        self.username, self.password = unquote(parts.username or ""), unquote(parts.password or "")

    async def open(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        await asyncio.get_running_loop().create_connection(protocol, self.host, self.port, ssl=self.tls)

    def greeting(self) -> list[tuple[Argument, ...]]:
        """The commands that a new connection begins with."""
        commands: list[tuple[Argument, ...]] = []
        if self.password:
            commands.append(("AUTH", self.username, self.password) if self.username else ("AUTH", self.password))
        if self.database:
            commands.append(("SELECT", self.database))
        return commands


class Redis(asyncio.Protocol):
    """The one connection of a process. `call` may be used from the loop's thread only; it reconnects by itself.

    While Redis is away, calls fail at once with `RedisUnavailable` instead of queueing: the caller answers without it.
    """

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        self.address = Address(url)
        self.timeout = timeout  # seconds without an answer after which the connection is given up
        self.transport: asyncio.Transport | None = None
        self.reader = hiredis.Reader()
        self.waiting: deque[tuple[asyncio.Future, float]] = deque()
        self.buffer: list[bytes] = []
        self.connecting: asyncio.Task | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.closed = False

    async def start(self) -> None:
        """Begins to connect, and waits for the first attempt; a failure leaves the connection to later attempts."""
        self.loop = asyncio.get_running_loop()
        self._connect()
        assert self.connecting
        await asyncio.wait([self.connecting], timeout=1.0)
        self.loop.call_later(self.timeout / 2, self._watch)

    def stop(self) -> None:
        self.closed = True
        if self.connecting:
            self.connecting.cancel()
        if self.transport:
            self.transport.close()

    @property
    def is_connected(self) -> bool:
        return self.transport is not None

    def call(self, *command: Argument) -> asyncio.Future:
        """Sends one command; the future holds its reply, a `hiredis.ReplyError` or `RedisUnavailable`."""
        future = self.loop.create_future()  # type: ignore[union-attr]
        if self.transport is None:
            future.set_exception(RedisUnavailable("not connected"))
            return future
        self.waiting.append((future, self.loop.time()))  # type: ignore[union-attr]
        if not self.buffer:
            self.loop.call_soon(self._flush)  # type: ignore[union-attr]
        self.buffer.append(pack(command))  # type: ignore[arg-type]  # its stub means one argument
        return future

    def _flush(self) -> None:
        if self.transport and self.buffer:
            self.transport.write(self.buffer[0] if len(self.buffer) == 1 else b"".join(self.buffer))
        self.buffer.clear()

    # --- connection -------------------------------------------------------------------------------

    def _connect(self) -> None:
        if not self.closed and (self.connecting is None or self.connecting.done()):
            self.connecting = asyncio.ensure_future(self._keep_trying())

    async def _keep_trying(self) -> None:
        delay = 0.05
        while not self.closed:
            try:
                await asyncio.wait_for(self.address.open(lambda: self), 1.0)
                return
            except (OSError, TimeoutError) as error:
                log.warning("redis_unreachable", error=str(error), retry_in=delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, 1.0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.reader = hiredis.Reader()
        self.transport = transport  # type: ignore[assignment]
        for command in self.address.greeting():
            self.call(*command).add_done_callback(self._greeted)

    def _greeted(self, reply: asyncio.Future) -> None:
        if not self.closed and not reply.cancelled() and reply.exception():
            log.error("redis_refused", error=str(reply.exception()))
            self._give_up()

    def data_received(self, data: bytes) -> None:
        reader, waiting = self.reader, self.waiting
        reader.feed(data)
        while (reply := reader.gets()) is not False:
            future, _ = waiting.popleft()
            if future.done():
                continue
            if isinstance(reply, hiredis.ReplyError):
                future.set_exception(reply)
            else:
                future.set_result(reply)

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.buffer.clear()
        waiting, self.waiting = self.waiting, deque()
        for future, _ in waiting:
            if not future.done():
                future.set_exception(RedisUnavailable("connection lost"))
        self._connect()

    def _watch(self) -> None:
        """A timer for all commands together costs nothing a command: the oldest one speaks for the connection."""
        if self.closed:
            return
        assert self.loop
        if self.waiting and self.loop.time() - self.waiting[0][1] > self.timeout:
            log.warning("redis_silent", seconds=self.timeout)
            self._give_up()
        self.loop.call_later(self.timeout / 2, self._watch)

    def _give_up(self) -> None:
        if self.transport:
            self.transport.abort()


class Subscriber(asyncio.Protocol):
    """A connection that listens. `heard(channel, message)` is called in the loop; subscriptions survive reconnection."""

    def __init__(self, url: str, heard: Callable[[str, bytes], None], connected: Callable[[], None] = lambda: None) -> None:
        self.address = Address(url)
        self.heard, self.connected = heard, connected
        self.channels: set[str] = set()
        self.transport: asyncio.Transport | None = None
        self.reader = hiredis.Reader()
        self.task: asyncio.Task | None = None
        self.lost = asyncio.Event()
        self.last_error_at = 0.0

    def start(self) -> None:
        self.task = asyncio.ensure_future(self._keep_listening())

    def stop(self) -> None:
        if self.task:
            self.task.cancel()
        if self.transport:
            self.transport.close()

    def subscribe(self, channel: str) -> None:
        if channel not in self.channels:
            self.channels.add(channel)
            self._send("SUBSCRIBE", channel)

    def unsubscribe(self, channel: str) -> None:
        if channel in self.channels:
            self.channels.discard(channel)
            self._send("UNSUBSCRIBE", channel)

    def _send(self, *command: Argument) -> None:
        if self.transport:
            self.transport.write(pack(command))  # type: ignore[arg-type]

    async def _keep_listening(self) -> None:
        while True:
            self.lost.clear()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(self.address.open(lambda: self), 1.0)
                await self.lost.wait()
            await asyncio.sleep(0.2)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.reader = hiredis.Reader()
        self.transport = transport  # type: ignore[assignment]
        for command in self.address.greeting():
            self._send(*command)
        for channel in sorted(self.channels):
            self._send("SUBSCRIBE", channel)
        self.connected()  # what was said meanwhile was missed: whoever listens looks again

    def data_received(self, data: bytes) -> None:
        self.reader.feed(data)
        while (reply := self.reader.gets()) is not False:
            if isinstance(reply, list) and reply[0] == b"message":
                self.heard(reply[1].decode(), reply[2])
            elif isinstance(reply, hiredis.ReplyError) and time.monotonic() - self.last_error_at > 60:
                self.last_error_at = time.monotonic()
                log.error("redis_refused", error=str(reply))

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.lost.set()
