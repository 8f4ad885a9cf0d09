"""How does a stored row become an event again? For those who fold the past once more."""

from collections.abc import Iterator
from uuid import UUID

from sites.times import ms_of
from tracking.event import Event, Referral
from tracking.models import Event as Row

SAME = (
    "message_id",
    "type",
    "name",
    "user",
    "path",
    "host",
    "title",
    "device",
    "browser",
    "os",
    "language",
    "country",
    "properties",
    "traits",
    "context",
)


def history(visitor: UUID, until_seq: int) -> Iterator[Event]:
    """The visitor's own events in the order of the fold, up to and with `until_seq`. One query, read in chunks."""
    rows = Row.objects.filter(visitor_id=visitor, seq__lte=until_seq).order_by("seq")
    return map(event_of, rows.iterator(chunk_size=1000))


def event_of(row: Row) -> Event:
    """As the pipeline made it; the fold gives `seq` and `session` again."""
    same = {name: getattr(row, name) for name in SAME}
    referral = Referral(**row.referral) if row.referral else None
    return Event(at=ms_of(row.at), received_at=ms_of(row.received_at), referral=referral, **same)
