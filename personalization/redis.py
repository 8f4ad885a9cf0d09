"""How does the edge talk to Redis? One connection on which all commands of a loop tick leave in a single write.

A general client pays tens of microseconds a command; joined writes pay six (docs/performance.md). Commands are bytes or
str; replies are what hiredis makes of them; an error reply is raised as `hiredis.ReplyError`.
"""

import asyncio
import contextlib
import ssl
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import hiredis
import structlog

log = structlog.get_logger(__name__)
pack = hiredis.pack_command

Argument = str | bytes | int | float

CONNECT_SECONDS = 5.0
# Error replies of a server that will answer before long: it reads its file, waits for the one that it copies, or runs
# somebody's script.
NOT_YET = ("LOADING", "MASTERDOWN", "BUSY ")
SHORTEST_DELAY, LONGEST_DELAY = 0.05, 1.0  # seconds between attempts


class RedisUnavailable(Exception):
    """Redis cannot be reached, does not answer in time, or answers nobody yet; the command may or may not have been
    carried out. A retry can help."""


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


class Wire(asyncio.Protocol):
    """One connection of a `Line`. An old one whose end is told late cannot be mistaken for the one in use."""

    def __init__(self, line: "Line") -> None:
        self.line = line

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.line.begin(self, transport)  # type: ignore[arg-type]  # of a stream, whatever the protocol's stub allows for

    def data_received(self, data: bytes) -> None:
        if self.line.wire is self:
            self.line.receive(data)

    def connection_lost(self, error: Exception | None) -> None:
        if self.line.wire is self:
            self.line.end()


class Line(ABC):
    """A connection to Redis that comes back by itself, however often and at whatever moment it is lost."""

    def __init__(self, url: str) -> None:
        self.address = Address(url)
        self.wire: Wire | None = None
        self.transport: asyncio.Transport | None = None
        self.reader = hiredis.Reader()
        self.task: asyncio.Task[None] | None = None
        self.attempted, self.lost = asyncio.Event(), asyncio.Event()
        self.closed = False

    def open(self) -> None:
        self.task = asyncio.ensure_future(self._keep_connected())

    def stop(self) -> None:
        self.closed = True
        if self.task:
            self.task.cancel()
        if self.transport:
            self.transport.close()

    @property
    def is_connected(self) -> bool:
        return self.transport is not None

    async def _keep_connected(self) -> None:
        delay = SHORTEST_DELAY
        while True:
            self.lost.clear()
            try:
                await asyncio.wait_for(self.address.open(lambda: Wire(self)), CONNECT_SECONDS)
                connected_at = time.monotonic()
                await self.lost.wait()  # at once, where it was lost in the moment in which it was made
                # A server that takes us and sends us away at once is not asked without end.
                if time.monotonic() - connected_at > LONGEST_DELAY:
                    delay = SHORTEST_DELAY
            except (OSError, TimeoutError) as error:
                log.warning("redis_unreachable", error=str(error) or type(error).__name__, retry_in=delay)
                self.give_up()
                self.attempted.set()
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)

    def begin(self, wire: Wire, transport: asyncio.Transport) -> None:
        self.wire, self.transport, self.reader = wire, transport, hiredis.Reader()
        self.greet()
        self.attempted.set()

    def end(self) -> None:
        self.wire = self.transport = None
        self.lost.set()

    def give_up(self) -> None:
        if self.transport:
            self.transport.abort()
            self.end()

    @abstractmethod
    def greet(self) -> None:
        """Says what a new connection begins with."""

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Takes in what the server said; replies may be cut anywhere."""


class Redis(Line):
    """The one connection of a process. `call` may be used from the loop's thread only.

    While Redis is away, calls fail at once with `RedisUnavailable` instead of queueing: the caller answers without it.
    """

    def __init__(self, url: str, *, timeout: float = 2.0) -> None:
        super().__init__(url)
        self.timeout = timeout  # seconds without an answer after which the connection is given up
        self.waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self.buffer: list[bytes] = []
        self.refusal = ""  # in what words the server put off the latest command, or would not have us
        self.loop: asyncio.AbstractEventLoop  # from `start` on

    @property
    def trouble(self) -> str:
        """What keeps commands from being carried out now, for people; empty where nothing does."""
        return self.refusal or ("" if self.is_connected else "not connected")

    async def start(self) -> None:
        """Begins to connect, and waits for the first attempt; a failure leaves the connection to later attempts."""
        self.loop = asyncio.get_running_loop()
        self.open()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.attempted.wait(), 1.0)
        self.loop.call_later(self.timeout / 2, self._watch)

    def call(self, *command: Argument) -> asyncio.Future[Any]:
        """Sends one command; the future holds its reply, a `hiredis.ReplyError` or `RedisUnavailable`."""
        future = self.loop.create_future()
        if self.transport is None:
            future.set_exception(RedisUnavailable("not connected"))
            return future
        self.waiting.append((future, self.loop.time()))
        # The first command of a tick asks for the flush, which runs once everything that is ready has sent its own.
        if not self.buffer:
            self.loop.call_soon(self._flush)
        self.buffer.append(pack(command))  # type: ignore[arg-type]  # its stub means one argument
        return future

    def _flush(self) -> None:
        if self.transport and self.buffer:
            self.transport.write(self.buffer[0] if len(self.buffer) == 1 else b"".join(self.buffer))
        self.buffer.clear()

    def greet(self) -> None:
        for command in self.address.greeting():
            self.call(*command).add_done_callback(self._check_greeting)

    def _check_greeting(self, reply: asyncio.Future[Any]) -> None:
        if not self.closed and not reply.cancelled() and reply.exception():
            log.error("redis_refused", error=str(reply.exception()))
            self.give_up()
            self.refusal = str(reply.exception())

    def receive(self, data: bytes) -> None:
        reader, waiting = self.reader, self.waiting
        reader.feed(data)
        self.refusal = ""
        while (reply := reader.gets()) is not False:
            # Replies come in the order of commands: that of an asker who has gone is taken out all the same.
            future, _ = waiting.popleft()
            if isinstance(reply, hiredis.ReplyError):
                self._refuse(future, reply)
            elif not future.done():
                future.set_result(reply)

    def _refuse(self, future: asyncio.Future[Any], error: hiredis.ReplyError) -> None:
        if str(error).startswith(NOT_YET):
            self.refusal = str(error)
        if not future.done():
            future.set_exception(RedisUnavailable(self.refusal) if self.refusal else error)

    def end(self) -> None:
        super().end()
        # Nothing is sent again: whether Redis carried a command out before it fell silent, nobody knows.
        self.buffer.clear()
        waiting, self.waiting = self.waiting, deque()
        for future, _ in waiting:
            if not future.done():
                future.set_exception(RedisUnavailable("connection lost"))

    def _watch(self) -> None:
        """A timer for all commands together costs nothing a command: the oldest one speaks for the connection."""
        if self.closed:
            return
        if self.waiting and self.loop.time() - self.waiting[0][1] > self.timeout:
            log.warning("redis_silent", seconds=self.timeout)
            self.give_up()
        self.loop.call_later(self.timeout / 2, self._watch)


class Subscriber(Line):
    """A connection that listens. `heard(channel, message)` is called in the loop; subscriptions survive
    reconnection."""

    def __init__(
        self, url: str, heard: Callable[[str, bytes], None], connected: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(url)
        self.heard, self.connected = heard, connected
        self.channels: set[str] = set()
        self.last_error_at = 0.0

    def start(self) -> None:
        self.open()

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
            self.transport.write(pack(command))  # type: ignore[arg-type]  # its stub means one argument

    def greet(self) -> None:
        for command in self.address.greeting():
            self._send(*command)
        for channel in sorted(self.channels):
            self._send("SUBSCRIBE", channel)
        self.connected()  # what was said meanwhile was missed: whoever listens looks again

    def receive(self, data: bytes) -> None:
        self.reader.feed(data)
        while (reply := self.reader.gets()) is not False:
            if isinstance(reply, list) and reply[0] == b"message":
                self.heard(reply[1].decode(), reply[2])
            elif isinstance(reply, hiredis.ReplyError) and time.monotonic() - self.last_error_at > 60:
                self.last_error_at = time.monotonic()
                log.error("redis_refused", error=str(reply))
