"""How do events enter the log, exactly once and together with the visitor's state?

One script, so one transaction: the log gets the entry, the state its new value, and the messageIds are remembered, or
nothing happens. The state is opaque here (it is the profile of `segments`); its first eight bytes are a version to
compare.
"""

from collections.abc import Awaitable, Callable, Sequence
from enum import IntEnum
from hashlib import blake2b, sha1
from typing import Any, NamedTuple

import hiredis
import msgspec

from sites import keys
from tracking.decision import LoggedDecision
from tracking.event import NO_VISITOR, Entry, Event
from tracking.log import base

VERSION_BYTES = 8

# The ids of one visitor lie in a set for each stretch of time as long as they are kept. So each set ends, also that of
# a visitor who is always there.
KNOWN = b"""
local function known_in(key, seconds, first)
  local stretch = math.floor(redis.call('TIME')[1] / seconds)
  local young = key .. ':' .. stretch
  local known = redis.call('SMISMEMBER', young, unpack(ARGV, first))
  local before = redis.call('SMISMEMBER', key .. ':' .. stretch - 1, unpack(ARGV, first))
  local any = false
  for i = 1, #known do
    if before[i] == 1 then known[i] = 1 end
    any = any or known[i] == 1
  end
  return known, any, young
end
"""

# Meets here: another process that folds into the same profile (the version differs: 0, with what it left), the retry of
# a request that was answered too late (1, with the ids that are known), and a log that is full (2). Checked in this
# order, so that a repeat is recognised by the profile that has it, and is no new entry of a full log.
APPEND = b"""
local found = redis.call('GETRANGE', KEYS[2], 0, 7)
if found ~= ARGV[1] then return {0, redis.call('GET', KEYS[2])} end
local known, any, young = known_in(KEYS[3], ARGV[6], 8)
if any then return {1, known} end
if ARGV[4] ~= '0' and redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[4]) then return {2} end
redis.call('XADD', KEYS[1], '*', 'e', ARGV[3])
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[5])
redis.call('SADD', young, unpack(ARGV, 8))
redis.call('EXPIRE', young, ARGV[6])
redis.call('PUBLISH', ARGV[7], '1')
return {3}
"""

# Asked of a redirect: a request that was answered too late may have been logged here, before the history moved.
FIND_LOGGED = b"""
redis.call('EXPIRE', KEYS[1], ARGV[1])
return known_in(KEYS[2], ARGV[2], 3)
"""

# Only adds, so it may be repeated, and meets nobody.
REMEMBER = b"""
local young = KEYS[1] .. ':' .. math.floor(redis.call('TIME')[1] / ARGV[1])
redis.call('SADD', young, unpack(ARGV, 2))
redis.call('EXPIRE', young, ARGV[1])
"""

# Two that join the same histories, or one that joins and one that folds: the second is answered what the first wrote.
SWAP = b"""
local found = redis.call('GETRANGE', KEYS[1], 0, 7)
if found ~= ARGV[1] then return {0, redis.call('GET', KEYS[1])} end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('PUBLISH', ARGV[4], '1')
return {3}
"""

# No state depends on decisions: looking at the length and appending are one step only so that no two pass the limit.
APPEND_DECISIONS = b"""
if ARGV[2] ~= '0' and redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call('XADD', KEYS[1], '*', 'd', ARGV[1])
return 1
"""

Call = Callable[..., Awaitable[Any]]


class Answer(IntEnum):
    """What became of an attempt to append."""

    CHANGED = 0  # somebody else wrote the state first: the reply carries it
    KNOWN = 1  # some messageIds are in the log already: the reply says which
    FULL = 2  # the partition has LOG_MAX_ENTRIES entries that are not stored yet
    DONE = 3


class Reply(NamedTuple):
    """The answer of a script, with what it says to the attempt."""

    answer: Answer
    state: bytes | None = None  # of CHANGED: the other state, None where none is left
    known: Sequence[int] = ()  # of KNOWN: a 1 for each messageId that is in the log, a 0 for each other


_REPLIES = {answer: Reply(answer) for answer in (Answer.FULL, Answer.DONE)}


def _read(reply: list[Any]) -> Reply:
    answer = Answer(reply[0])
    if answer is Answer.CHANGED:
        return Reply(answer, state=reply[1])
    if answer is Answer.KNOWN:
        return Reply(answer, known=reply[1])
    return _REPLIES[answer]


class LogFull(Exception):
    """The log takes no more entries until some are stored; a retry can help."""


_DIGEST = blake2b(digest_size=10)


def _digests(events: list[Event]) -> list[bytes]:
    """What is remembered of each messageId. A copy of an empty state costs half of making one."""
    digests = []
    for event in events:
        state = _DIGEST.copy()
        state.update(event.message_id.encode())
        digests.append(state.digest())
    return digests


class Script:
    """A script by its hash, sent whole again when Redis has forgotten it (a restart, a failover)."""

    def __init__(self, call: Call, source: bytes) -> None:
        self.call = call
        self.source = source
        self.sha = sha1(source, usedforsecurity=False).hexdigest()

    async def run(self, n_keys: int, *arguments: str | bytes | int) -> Any:
        try:
            return await self.call("EVALSHA", self.sha, n_keys, *arguments)
        except hiredis.ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            return await self.call("EVAL", self.source, n_keys, *arguments)


class Appender:
    """Appends to a log of Redis streams.

    `call` sends one command and awaits its reply. `state_ttl` and `seen_ttl` are seconds; `max_entries` 0 means no
    limit.
    """

    def __init__(self, call: Call, partitions: int, *, state_ttl: int, seen_ttl: int, max_entries: int = 0) -> None:
        self.call, self.partitions = call, partitions
        self.state_ttl, self.seen_ttl, self.max_entries = state_ttl, seen_ttl, max_entries
        self._append, self._find_logged, self._swap = (
            Script(call, KNOWN + APPEND),
            Script(call, KNOWN + FIND_LOGGED),
            Script(call, SWAP),
        )
        self._remember, self._append_decisions = Script(call, REMEMBER), Script(call, APPEND_DECISIONS)
        self._encode = msgspec.msgpack.Encoder().encode
        self._turn = 0

    def partition_of(self, visitor: str) -> int:
        return base.partition_of(visitor, self.partitions)

    def state(self, visitor: str) -> Awaitable[bytes | None]:
        return self.call("GET", keys.profile(self.partition_of(visitor), visitor))

    def keep(self, visitor: str) -> Awaitable[int]:
        """The state, where there is one, lives on as if it had been written now."""
        return self.call("EXPIRE", keys.profile(self.partition_of(visitor), visitor), self.state_ttl)

    async def append(self, entry: Entry, expected: bytes, state: bytes) -> Reply:
        """Appends an entry and replaces the visitor's state if its version is still `expected` (eight bytes, b"" for
        none).

        messageIds are remembered as ten bytes each: a tenth of what the ids themselves would take in the set of seen
        ones.
        """
        visitor = entry.visitor
        p = self.partition_of(visitor)
        reply = await self._append.run(
            3,
            keys.log(p),
            keys.profile(p, visitor),
            keys.seen(p, visitor),
            expected,
            state,
            base.encode_entry(entry),
            self.max_entries,
            self.state_ttl,
            self.seen_ttl,
            keys.visitor(p, visitor),
            *_digests(entry.events),
        )
        return _read(reply)

    async def find_logged(self, visitor: str, events: list[Event]) -> list[int]:
        """For a visitor whose history went elsewhere: a 1 for each event that was logged before it went. Keeps the
        redirect from expiring."""
        p = self.partition_of(visitor)
        names = keys.profile(p, visitor), keys.seen(p, visitor)
        return await self._find_logged.run(2, *names, self.state_ttl, self.seen_ttl, *_digests(events))

    async def remember(self, visitor: str, events: list[Event]) -> None:
        """Notes at one visitor that events are logged which went into another one's history."""
        await self._remember.run(1, keys.seen(self.partition_of(visitor), visitor), self.seen_ttl, *_digests(events))

    async def swap(self, visitor: str, expected: bytes, state: bytes) -> Reply:
        """Replaces a state without an entry: for redirects, which the log does not need to repeat."""
        p = self.partition_of(visitor)
        reply = await self._swap.run(
            1, keys.profile(p, visitor), expected, state, self.state_ttl, keys.visitor(p, visitor)
        )
        return _read(reply)

    def by_partition(self, rows: Sequence[LoggedDecision]) -> dict[int, list[LoggedDecision]]:
        """Rows by the partition of their visitor: where their events are, too. Those of nobody in particular go to one
        together, another one each time."""
        self._turn = (self._turn + 1) % self.partitions
        parts: dict[int, list[LoggedDecision]] = {}
        for row in rows:
            partition = self._turn if row.visitor == NO_VISITOR else self.partition_of(row.visitor)
            parts.setdefault(partition, []).append(row)
        return parts

    async def append_decisions(self, partition: int, rows: Sequence[LoggedDecision]) -> None:
        """Appends one entry of decisions; they carry ids of their own, and no state depends on them. Raises LogFull."""
        if not await self._append_decisions.run(1, keys.log(partition), self._encode(rows), self.max_entries):
            raise LogFull
