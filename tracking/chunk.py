"""What do some records of the log hold: events, decisions, nonsense? And what must be ready before they are stored?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

import msgspec

from sites.times import DAY_MS, HOUR_MS
from tracking.decision import LoggedDecision, decode_decisions
from tracking.event_table import LoggedEntry, decode_entry
from tracking.log.base import Buried, Record

_1970 = date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class Chunk:
    """Records after decoding. `broken` are those that cannot be decoded or stored."""

    entries: list[LoggedEntry] = field(default_factory=list)
    decisions: list[LoggedDecision] = field(default_factory=list)
    broken: list[Buried] = field(default_factory=list)

    @classmethod
    def decode(cls, records: Iterable[Record], refused: Mapping[str, str] = MappingProxyType({})) -> "Chunk":
        """`refused` are the ids of records of which it is known that they cannot be stored, and why."""
        chunk = cls()
        for record in records:
            try:
                if reason := refused.get(record.id):
                    chunk.broken.append(Buried(record, reason))
                elif record.kind == "e":
                    chunk.entries.append(decode_entry(record.payload))
                elif record.kind == "d":
                    chunk.decisions.extend(decode_decisions(record.payload))
                else:
                    chunk.broken.append(Buried(record, f"unknown kind of record: {record.kind!r}"))
            except msgspec.DecodeError as error:
                chunk.broken.append(Buried(record, str(error)))
        return chunk

    def n_events(self) -> int:
        return sum([len(entry.events) for entry in self.entries])

    def repeats(self) -> bool:
        """Whether a messageId occurs twice; the table could not tell if the two had different times."""
        return len({event.message_id for entry in self.entries for event in entry.events}) < self.n_events()

    def is_late(self, milliseconds: int) -> bool:
        """Whether an event arrived so long after it happened that, if it is a repeat, the edge may have forgotten the
        first one."""
        return any(event.received_at - event.at >= milliseconds for entry in self.entries for event in entry.events)

    def months(self) -> list[date]:
        """The months of the events and decisions, as their first days."""
        days = {event.at // DAY_MS for entry in self.entries for event in entry.events}
        days.update([decision.at // DAY_MS for decision in self.decisions])
        return sorted({date.fromordinal(day + _1970).replace(day=1) for day in days})


def first_of_each(decisions: Iterable[LoggedDecision]) -> list[LoggedDecision]:
    """Each decision once: an edge that lost an answer appends a row again."""
    found: dict[bytes, LoggedDecision] = {}
    for decision in decisions:
        found.setdefault(decision.id, decision)
    return list(found.values())


def hours_of(entries: Sequence[LoggedEntry]) -> list[int]:
    """The hours, as milliseconds, in which these events were received."""
    return [
        hour * HOUR_MS for hour in sorted({event.received_at // HOUR_MS for entry in entries for event in entry.events})
    ]
