"""How is the event log laid out? Names of keys and the partition of a visitor, for those who append and those who
read."""

import zlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

GROUP = "segue-store"  # the consumer group whose progress operators see


def partition_of(visitor: str, partitions: int) -> int:
    """The visitor's partition. crc32: stable in every language, and spread evenly over keyed hashes."""
    return zlib.crc32(visitor.encode()) % partitions


# An entry is JSON, not msgpack: it carries `properties`, `traits` and `context` as the very text that jsonb wants, so
# the consumer copies them instead of decoding and encoding each (docs/performance.md: 2.7 us an event instead of 7.4).
encode_entry = msgspec.json.Encoder().encode


class Record(NamedTuple):
    """One record of the log as it was read."""

    id: str
    kind: str  # e: an entry of events, d: decision rows
    payload: bytes


class Buried(NamedTuple):
    """A record that cannot be stored, and why."""

    record: Record
    reason: str


class Lag(NamedTuple):
    """How far storage is behind in one partition."""

    waiting: int
    oldest_ms: int
    dead: int


class Reader(Protocol):
    """What the consumer needs of a log. An id orders the records of one partition; the reader keeps no place of its
    own."""

    def epoch(self, partition: int) -> str: ...
    def read(self, partition: int, after: str, count: int) -> list[Record]: ...
    def wait(self, places: dict[int, str], timeout_ms: int) -> None: ...
    def stored(self, partition: int, last_id: str) -> None: ...
    def bury(self, partition: int, letters: Sequence[Buried]) -> None: ...
    def lag(self, partition: int) -> Lag: ...
