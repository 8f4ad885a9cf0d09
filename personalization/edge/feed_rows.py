"""What do staff see of the log: which line stands for an event or a decision, who asked for it, and how much of it
went by?"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypedDict

from tracking.decision import LoggedDecision
from tracking.event import Entry, Event

EVENTS, ALL, DECISION = "events", "all", "decision"
# What can be asked for: kinds of events as they are stored, decisions, all of both, or events alone, as Home does.
KINDS = (EVENTS, ALL, "page", "screen", "track", "identify", "group", "alias", "engagement", DECISION)
MOST_TEXT = 200  # characters of a name that is looked for
# What Home counts, by the name of the event.
COUNTED = {"Impression": "seen", "Click": "clicks", "Order Completed": "orders"}


class Row(TypedDict):
    """A line of the feed. Keys are those of the release that decided; `entered` has names of segments."""

    at: int
    kind: str
    name: str
    visitor: str
    path: str
    placement: str
    variant: str
    campaign: str
    decision: str  # its id, 32 hex digits
    entered: list[str]


class Pace(TypedDict):
    """How much went by since the last one, of one site."""

    events: int
    decisions: int
    seen: int
    clicks: int
    orders: int


class Wanted(NamedTuple):
    """What one who watches asked for."""

    kind: str = EVENTS
    name: str = ""  # a part of the name, whatever the capitals

    @property
    def is_detailed(self) -> bool:
        """Whether segments that were entered are told."""
        return self.kind != EVENTS

    def fits(self, row: Row) -> bool:
        if self.kind == EVENTS:
            return row["kind"] != DECISION
        return self.kind in (ALL, row["kind"]) and self.name in row["name"].casefold()


def wanted_of(query: Mapping[str, str]) -> Wanted:
    """What nobody knows is as if it was not asked for."""
    kind = query.get("kind", EVENTS)
    return Wanted(kind if kind in KINDS else EVENTS, query.get("name", "").strip()[:MOST_TEXT].casefold())


def rows_of_entry(entry: Entry) -> list[Row]:
    return [_row(one, entry.visitor) for one in entry.events]


def _row(event: Event, visitor: str) -> Row:
    placement = _text(event.properties.get("placement")) if event.type == "engagement" else ""
    return {
        "at": event.at,
        "kind": event.type,
        "name": event.name or event.type.capitalize(),
        "visitor": visitor,
        "path": event.path or _text(event.properties.get("placement")),
        "placement": placement,
        "variant": _text(event.properties.get("variant")) if placement else "",
        "campaign": _text(event.properties.get("campaign")) if placement else "",
        "decision": _text(event.properties.get("decision")) if placement else "",
        "entered": [],
    }


def row_of_decision(decision: LoggedDecision) -> Row:
    return {
        "at": decision.at,
        "kind": DECISION,
        "name": "Decision",
        "visitor": decision.visitor,
        "path": "",
        "placement": decision.exposure.placement,
        "variant": decision.exposure.variant,
        "campaign": decision.exposure.campaign,
        "decision": decision.id.hex(),
        "entered": [],
    }


def pace_of(rows: Iterable[Row]) -> Pace:
    counts: Counter[str] = Counter()
    for row in rows:
        is_decision = row["kind"] == DECISION
        counts["decisions" if is_decision else "events"] += 1
        if not is_decision and (counted := COUNTED.get(row["name"])):
            counts[counted] += 1
    return {
        "events": counts["events"],
        "decisions": counts["decisions"],
        "seen": counts["seen"],
        "clicks": counts["clicks"],
        "orders": counts["orders"],
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
