"""How is the event log laid out? Names of keys and the partition of a visitor, for those who append and those who
read."""

import zlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

STORE = "store"  # the reader that fills Postgres
BEGINNING = "0-0"  # the place before the first record


def group_of(reader: str) -> str:
    """The consumer group in which operators see how far a reader has come (`XINFO GROUPS`)."""
    return f"segue-{reader}"


def reader_of(group: str) -> str:
    """The other way round."""
    return group.removeprefix("segue-")


def in_order(record_id: str) -> tuple[int, int]:
    """Sorts the ids of one partition."""
    milliseconds, number = record_id.split("-")
    return int(milliseconds), int(number)


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
    """What one partition holds."""

    kept: int  # records that some reader has not passed
    oldest_ms: int  # age of the first of them
    dead: int


class Reader(Protocol):
    """What a reader needs of a log. An id orders the records of one partition; the log keeps no place of its own."""

    @property
    def name(self) -> str: ...
    def epoch(self, partition: int) -> str: ...
    def read(self, partition: int, after: str, count: int) -> list[Record]: ...
    def wait(self, places: dict[int, str], timeout_ms: int) -> None: ...
    def mark_passed(self, partition: int, last_id: str, *, everybody: str) -> None: ...
    def bury(self, partition: int, letters: Sequence[Buried]) -> None: ...
    def lag(self, partition: int) -> Lag: ...
