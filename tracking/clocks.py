"""When did it happen? The client's clock may be wrong, the server's is the reference.

Segment's rule: timestamp = receivedAt - (sentAt - originalTimestamp). Both client times carry the same error, so it cancels.
"""

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS = 86_400_000
EARLIEST = 946_684_800_000  # 2000-01-01: nothing that this software measures happened before
SECONDS_BELOW = 100_000_000_000  # a number below is seconds since 1970 (until the year 5138), above it milliseconds


def parse(value: str | int | float | None) -> int | None:
    """Milliseconds since 1970 UTC, from ISO 8601 (without an offset: UTC) or a Unix time in seconds or milliseconds; None for anything else."""
    try:
        if isinstance(value, str):
            return _since_epoch(datetime.fromisoformat(value))
        return None if value is None else int(value if abs(value) >= SECONDS_BELOW else value * 1000)
    except (ValueError, OverflowError):  # no time at all, not a number, infinity
        return None


def _since_epoch(moment: datetime) -> int:
    since = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)) - EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def correction(sent_at: str | int | float | None, received_at: int) -> int:
    """Milliseconds to add to the client's times; 0 where the client does not say when it sent, or says nonsense."""
    sent = parse(sent_at)
    return 0 if sent is None or sent < EARLIEST else received_at - sent


def happened_at(original: str | int | float | None, correction: int, received_at: int) -> tuple[int, bool]:
    """When the event happened, and whether that had to be guessed: an unreadable time, or one before 2000, becomes `received_at`.

    A time in the future is clamped to `received_at`; any time since 2000 is believed, since clients may be offline for long.
    """
    if original is None:
        return received_at, False
    read = parse(original)
    at = received_at if read is None else read + correction
    if read is None or at < EARLIEST:
        return received_at, True
    return at if at < received_at else received_at, False  # min() would cost as much as all else here
