"""How is a body read that may be long, slow, or never come?"""

import asyncio
from typing import Any

from personalization.edge.http import Message, Receive, Request, Scope

MAX_BODY = 600_000  # bytes; a batch may have 500 KB, and its limit is the pipeline's to explain
BODY_SECONDS = 30.0  # for a whole body, however it trickles: the largest batch takes so long at 140 kbit/s
LOOKS = 30  # how often within that time it is asked who is late


class TooLarge(Exception):
    """The body is longer than any call may send."""


class TooSlow(Exception):
    """The body was not there in time."""


class Bodies:
    """Reads the bodies of one process, and gives up those that do not come. One timer looks after all of them: one
    each, as asyncio.timeout has it, would cost every request 3 us."""

    def __init__(self) -> None:
        self._reading: dict[asyncio.Task[Any], float] = {}  # until when, by the loop's clock
        self._late: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, request: Request, receive: Receive) -> bytes:
        """Raises TooLarge as soon as that is certain, what follows is not read, and TooSlow after BODY_SECONDS, a
        thirtieth later at most."""
        declared = declared_length(request.headers.get("content-length", ""))
        if declared > MAX_BODY:
            raise TooLarge
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task
        self._reading[task] = loop.time() + BODY_SECONDS
        if self._timer is None:
            self._timer = loop.call_later(BODY_SECONDS / LOOKS, self._look, loop)
        try:
            return await _read(receive, declared)
        except asyncio.CancelledError:
            # Somebody else may have ended the task as well: then it ends.
            if task in self._late and not task.uncancel():
                raise TooSlow from None
            raise
        finally:
            del self._reading[task]
            self._late.discard(task)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, until in self._reading.items():
            if until <= now and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = loop.call_later(BODY_SECONDS / LOOKS, self._look, loop) if self._reading else None


async def _read(receive: Receive, declared: int) -> bytes:
    """A body of a declared length is whole when that many bytes are there. To ask for the message after it, which a
    server may send to say that nothing follows, would cost a second trip between threads (10 us of the 70 that a
    decision takes)."""
    message = await receive()
    body = message.get("body", b"")
    if len(body) == declared:
        return body
    chunks, size = [body], len(body)
    while message.get("more_body") and size != declared and size <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return b""
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
    if size > MAX_BODY:
        raise TooLarge
    return b"".join(chunks)


def bounded(scope: Scope, receive: Receive, most: int) -> Receive:
    """The `receive` of an application that reads its bodies itself: it gets at most so many bytes, within BODY_SECONDS
    from now.

    Raises TooLarge, and what comes from `receive` may raise it and TooSlow. What follows a whole body has all the time
    it wants.
    """
    if declared_length(dict(scope["headers"]).get(b"content-length", b"")) > most:
        raise TooLarge
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    size, is_whole = 0, False

    async def receive_bounded() -> Message:
        nonlocal size, is_whole
        if is_whole:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise TooSlow from None
        size += len(message.get("body", b""))
        is_whole = not message.get("more_body", False)
        if size > most:
            raise TooLarge
        return message

    return receive_bounded


def declared_length(header: str | bytes) -> int:
    """-1: the body comes in chunks, and its end will be told."""
    return int(header) if header.isascii() and header.isdigit() else -1
