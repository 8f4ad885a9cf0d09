"""Puts entries into the log as the edge does, without its folds: for tests of what reads the log."""

import uuid

from sites import keys
from tracking.event import Entry, Event
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
