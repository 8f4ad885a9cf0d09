"""Puts entries into the log as the edge does, without its folds: for tests of what reads the log."""

import uuid

import msgspec

from sites import keys
from tracking.decision import LoggedDecision
from tracking.event import Entry, Event
from tracking.exposure import Exposure
from tracking.log.base import encode_entry

AT = 1_760_000_000_000  # 2025-10-09 08:53:20 UTC
VISITOR = "0123456789abcdef" * 2


def make_event(number: int = 1, **fields) -> Event:
    """The visitor's event with this `seq`; each is a second after the one before."""
    at = fields.pop("at", AT + number * 1000)
    return Event(
        **{
            "message_id": str(uuid.UUID(int=number)),
            "type": "track",
            "name": "Product Viewed",
            "at": at,
            "received_at": at + 50,
            "seq": number,
            "session": 1,
            "path": f"/p/{number}",
            "properties": {"product_id": str(number), "price": 9.99},
        }
        | fields
    )


def make_entry(*events: Event, site: int, visitor: str = VISITOR) -> Entry:
    return Entry(site, visitor, list(events) or [make_event()])


def write(redis_client, *entries: Entry, partition: int = 0) -> list[str]:
    """Appends each as a record of its own; returns their ids."""
    return [redis_client.xadd(keys.log(partition), {"e": encode_entry(entry)}).decode() for entry in entries]


def make_decision(number: int = 1, *, site: int, at: int = AT) -> LoggedDecision:
    shown = Exposure("home-hero", 5, "spring", 7, variant_id=3, variant="offer")
    identity = uuid.UUID(int=number).bytes
    return LoggedDecision(identity, at, site, VISITOR, 3, shown, "TARGETING_MATCH", "", 1.0, 0, "r1", {})


def write_decisions(redis_client, *decisions: LoggedDecision, partition: int = 0) -> str:
    """Appends them as one record, as the edge does; returns its id."""
    return redis_client.xadd(keys.log(partition), {"d": msgspec.msgpack.encode(decisions)}).decode()
