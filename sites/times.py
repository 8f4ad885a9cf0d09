"""How do moments pass between our two forms of them? Whole milliseconds since 1970 UTC in pure code and between
processes, aware datetimes in Django.

Nothing here looks at a clock but `now_ms`, which pure modules therefore do not import.
"""

import time
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

_MILLISECOND = timedelta(milliseconds=1)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def ms_of(moment: datetime) -> int:
    """Rounded down, exactly: `timestamp()` is a float, and floats of microseconds round either way."""
    return (moment - EPOCH) // _MILLISECOND


def moment_of(ms: int) -> datetime:
    """In UTC. Raises OverflowError beyond the year 9999."""
    return EPOCH + ms * _MILLISECOND
