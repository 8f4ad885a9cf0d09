"""How do decisions reach the log without making anybody wait? Gathered for a moment, appended together.

The answer does not wait for this: a decision lost with its process costs a count, never an event. What must be exact
(impressions, clicks, caps) is an event of its own and is acknowledged
(`docs/decisions/0004-what-the-answer-waits-for.md`).

Rows go to the partition of their visitor: one consumer stores what somebody was shown and what they did, so that it can
say of whom an experiment's outcome is without asking another one.
"""

import asyncio

import hiredis
import structlog

from personalization.redis import RedisUnavailable
from tracking.decision import LoggedDecision
from tracking.log.append import Appender, LogFull

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.004
ENTRY_ROWS = 500
MAX_WAITING = 20_000  # rows kept while Redis is away or full; beyond that the oldest go, and are counted


class DecisionBuffer:
    """What this process has decided and not logged yet."""

    def __init__(self, appender: Appender) -> None:
        self.appender = appender
        self.rows: list[LoggedDecision] = []
        self.lost = 0
        self._task: asyncio.Task[None] | None = None

    def add(self, row: LoggedDecision) -> None:
        self.rows.append(row)
        if self._task is None:
            self._task = asyncio.ensure_future(self._flush_soon())

    async def _flush_soon(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        try:
            await self.flush()
        finally:
            self._task = None
        if self.rows:
            self._task = asyncio.ensure_future(self._flush_soon())

    async def stop(self) -> None:
        """Appends what is left, with what is under way."""
        if self._task:
            await asyncio.wait([self._task], timeout=2)
        await self.flush()

    async def flush(self) -> None:
        while self.rows:
            rows, self.rows = self.rows[:ENTRY_ROWS], self.rows[ENTRY_ROWS:]
            waiting = self.appender.by_partition(rows)
            try:
                while waiting:
                    partition, part = next(iter(waiting.items()))
                    await self.appender.append_decisions(partition, part)
                    del waiting[partition]
            except (RedisUnavailable, hiredis.ReplyError, LogFull) as error:
                self.rows = [row for part in waiting.values() for row in part] + self.rows
                overflow = len(self.rows) - MAX_WAITING
                if overflow > 0:
                    self.lost += overflow
                    self.rows = self.rows[overflow:]
                log.warning(
                    "decisions_wait", rows=len(self.rows), lost=self.lost, error=str(error) or type(error).__name__
                )
                await asyncio.sleep(0.5)
                return
