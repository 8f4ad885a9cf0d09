"""When did it happen? The client's clock may be wrong, the server's is the reference.

Segment's rule: timestamp = receivedAt - (sentAt - originalTimestamp). Both client times carry the same error, so it cancels.
"""

from datetime import UTC, datetime

TICK = 0.0005  # milliseconds: less than a clock tells, more than a float of this size errs
EARLIEST = 946_684_800_000  # 2000-01-01: nothing that this software measures happened before
SECONDS_BELOW = 100_000_000_000  # a number below is seconds since 1970 (until the year 5138), above it milliseconds


def parse(value: str | int | float | None) -> int | None:
    """Milliseconds since 1970 UTC, from ISO 8601 (without an offset: UTC) or a Unix time in seconds or milliseconds; None for anything else."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=UTC)
            return int(moment.timestamp() * 1000 + TICK)  # half the time of arithmetic with a timedelta
        return None if value is None else int(value if abs(value) >= SECONDS_BELOW else value * 1000)
    except (ValueError, OverflowError):  # no time at all, not a number, infinity
        return None


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
    at = parse(original)
    if at is None or at + correction < EARLIEST:
        return received_at, True
    return min(at + correction, received_at), False
