"""How does a day of the past get into the log with few writes? What is told of a visitor on that day is kept here, and
appended as one entry when the day is over: events, profile and ids together or not at all, as ever.

A day is a visitor's smallest part of the past: either all of it is in the log, or nothing.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from tracking.event import Entry, Event
from tracking.log.append import VERSION_BYTES, Answer, Appender, Reply

IN_FLIGHT = 50  # visitors


@dataclass(slots=True)
class Waiting:
    """What of a visitor is not written yet. `before` is the version of the profile that it follows."""

    site: int
    before: bytes
    state: bytes
    events: list[Event] = field(default_factory=list)


class NotWritten(Exception):
    """Somebody else tells of this visitor as well, or the log is full."""


class DayAppender(Appender):
    """An appender for the only one who tells of these visitors. Whose day is in the log already is answered that all
    of it is known."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.waiting: dict[str, Waiting] = {}
        self.known: set[str] = set()

    async def state(self, visitor: str) -> bytes | None:
        return self.waiting[visitor].state if visitor in self.waiting else await super().state(visitor)

    async def append(self, entry: Entry, expected: bytes, state: bytes) -> Reply:
        kept = self.waiting.get(entry.visitor)
        if kept is None:
            if entry.visitor in self.known or any(await self.find_logged(entry.visitor, entry.events)):
                self.known.add(entry.visitor)
                return Reply(Answer.KNOWN, known=[1] * len(entry.events))
            kept = self.waiting[entry.visitor] = Waiting(entry.site, expected, state)
        elif kept.state[:VERSION_BYTES] != expected:
            return Reply(Answer.CHANGED, state=kept.state)
        kept.state = state
        kept.events += entry.events
        return Reply(Answer.DONE)

    async def write(self) -> None:
        """The day is over. Raises what the connection raises; what is written then is known when it is told again."""
        turns = asyncio.Semaphore(IN_FLIGHT)
        await asyncio.gather(*(self._write(visitor, turns) for visitor in list(self.waiting)))
        self.known.clear()

    async def _write(self, visitor: str, turns: asyncio.Semaphore) -> None:
        async with turns:
            kept = self.waiting.pop(visitor)
            reply = await super().append(Entry(kept.site, visitor, kept.events), kept.before, kept.state)
            if reply.answer is not Answer.DONE:
                raise NotWritten(visitor, reply.answer.name)
