"""Which moments are meant by a time on the clocks of a place? One, as a rule; two in the hour that comes twice when
clocks go back; none in the one that is left out when they go forward. And which day and hour is it somewhere? Pure."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sites.times import DAY_MS, HOUR_MS, moment_of

QUARTER_MS = 900_000  # every offset of a time zone is a multiple of a quarter of an hour


class Reading(NamedTuple):
    """One way to understand what clocks show."""

    moment: datetime  # in UTC
    words: str


def moments_of(shown: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments, in UTC and in turn, at which clocks in the zone show this (a datetime without a zone). Raises
    OverflowError at the ends of the calendar."""
    found = {shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in found if moment.astimezone(zone).replace(tzinfo=None) == shown)


def first_after_gap(shown: datetime, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which clocks go forward over a time that they never show."""
    # In a gap the two folds read the time with the offsets from behind and before it: the leap lies between.
    before, after = sorted(shown.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def readings(shown: datetime, zone: ZoneInfo) -> list[Reading]:
    """What it may mean, in words: nothing to choose where there is one; where there is none, the first moment that
    comes after it."""
    moments = moments_of(shown, zone)
    if len(moments) == 2:
        first, second = moments
        return [
            Reading(first, f"{_clock(first, zone)}, before clocks go back"),
            Reading(second, f"{_clock(second, zone)}, after they went back"),
        ]
    return [Reading(moment, _clock(moment, zone)) for moment in moments or [first_after_gap(shown, zone)]]


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%H:%M %Z} ({moment:%H:%M} UTC)"


@lru_cache(maxsize=4096)
def _offset(time_zone: str, quarter: int) -> int:
    moment = moment_of(quarter * QUARTER_MS).astimezone(ZoneInfo(time_zone))
    offset = moment.utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0


_DAY_ZERO = date(1970, 1, 1).toordinal()


def day_of(time_zone: str, at: int) -> date:
    """The local day of a moment in milliseconds."""
    return date.fromordinal(local(time_zone, at)[0] + _DAY_ZERO)


def local(time_zone: str, now: int) -> tuple[int, int, int]:
    """Local day number since 1970, hour (0-23) and weekday (1 Monday - 7 Sunday) of a moment in a time zone."""
    moment = now + _offset(time_zone, now // QUARTER_MS)
    day = moment // DAY_MS
    return day, moment % DAY_MS // HOUR_MS, (day + 3) % 7 + 1
