"""When did it happen? The client's clock may be wrong, the server's is the reference.

Segment's rule: timestamp = receivedAt - (sentAt - originalTimestamp). Both client times carry the same error, so it
cancels.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from sites.times import ms_of

EARLIEST = 946_684_800_000  # 2000-01-01: nothing that this software measures happened before
LONGEST = 64  # characters of a time that are looked at
_UNIX = re.compile(r"\d{9,14}(\.\d{1,9})?", re.ASCII)  # eight digits are a date
_RELATIVE = re.compile(
    r"(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?) ?(UTC|GMT|Z|[+-]\d\d:?\d\d)?", re.ASCII
)
SECONDS_BELOW = 100_000_000_000  # a number below is seconds since 1970 (until the year 5138), above it milliseconds


def parse(value: str | int | float | None) -> int | None:
    """Milliseconds since 1970 UTC, from ISO 8601 and its relatives (without an offset: UTC), the form of RFC 5322, or a
    Unix time in seconds or milliseconds, also as text; None for anything else."""
    if value is None:
        return None
    try:
        if isinstance(value, str):
            return _from_text(value)
        return int(value if abs(value) >= SECONDS_BELOW else value * 1000)
    # No time at all, not a number, infinity; what `email` raises on hostile text.
    except (ValueError, OverflowError, IndexError, TypeError):
        return None


def _from_text(text: str) -> int | None:
    """Raises ValueError or OverflowError on what is no time."""
    if text[4:5] != "-" and _UNIX.fullmatch(text):  # before ISO 8601, which in its basic form is of digits too
        return parse(float(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return ms_of(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    text = text[:LONGEST].strip()
    # As databases and spreadsheets export: "2026/03/01 10:00:00 UTC", "2026-03-01 10:00:00 +0100".
    if found := _RELATIVE.fullmatch(text):
        date, time, zone = found.groups()
        return _since_epoch(
            datetime.fromisoformat(
                f"{date.replace('/', '-')}T{time}{'' if zone in (None, 'UTC', 'GMT', 'Z') else zone}"
            )
        )
    return _since_epoch(parsedate_to_datetime(text))


def _since_epoch(moment: datetime) -> int:
    return ms_of(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))


def correction(sent_at: str | int | float | None, received_at: int) -> int:
    """Milliseconds to add to the client's times; 0 where the client does not say when it sent, or says nonsense."""
    sent = parse(sent_at)
    return 0 if sent is None or sent < EARLIEST else received_at - sent


def happened_at(original: str | int | float | None, correction: int, received_at: int) -> tuple[int, bool]:
    """When the event happened, and whether that had to be guessed: an unreadable time, or one before 2000, becomes
    `received_at`.

    A time in the future is clamped to `received_at`; any time since 2000 is believed, since clients may be offline for
    long.
    """
    if original is None:
        return received_at, False
    read = parse(original)
    if read is None or read + correction < EARLIEST:
        return received_at, True
    at = read + correction
    return at if at < received_at else received_at, False  # min() would cost as much as all else here
