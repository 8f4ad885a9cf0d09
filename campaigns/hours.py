"""In which hours of the week may a rule win? A grid of weekdays and hours, by the clocks of its site: kept as short
text ("mon-fri 9-18, sat 10-14"), frozen as a bitmap a weekday. Pure.

What counts is the hour that clocks show. The one that comes twice when clocks go back counts both times; the one that
is left out when they go forward does not come that day.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby
from operator import itemgetter, or_
from zoneinfo import ZoneInfo

from sites.local_time import local, moments_of
from sites.times import moment_of, ms_of

Hours = tuple[int, ...]  # seven numbers, Monday first: bit h is hour h; () for always

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LONG_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
ALWAYS: Hours = ()
_DAY = (1 << 24) - 1
_LOOK_AHEAD_DAYS = 9  # a week, and a day on which clocks leave the hour out

PRESETS = {
    "working": ("Working hours: Monday to Friday, 9:00 to 18:00", "mon-fri 9-18"),
    "evenings": ("Evenings: every day, 18:00 to 23:00", "mon-sun 18-23"),
    "weekends": ("Weekends: all of Saturday and Sunday", "sat-sun 0-24"),
    "friday": ("Friday from 9: until Sunday night", "fri 9-24, sat-sun 0-24"),
}

_PART = re.compile(r"([a-z]{3})(?:-([a-z]{3}))?((?: \d{1,2}-\d{1,2})+)")


def parse(text: str) -> Hours:
    """Raises ValueError, with a sentence for whoever typed it."""
    week = [0] * 7
    for part in filter(None, (part.strip() for part in text.lower().split(","))):
        found = _PART.fullmatch(" ".join(part.split()))
        if not found or not {found[1], found[2] or found[1]} <= set(DAYS):
            raise ValueError(f"“{part}” is not understood. Write days and hours like mon-fri 9-18, sat 10-14.")
        first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
        if first > last:
            raise ValueError(f"“{part}” ends before it starts: a week goes from mon to sun.")
        bits = reduce(or_, map(_span, found[3].split()))
        for day in range(first, last + 1):
            week[day] |= bits
    return ALWAYS if not any(week) or all(bits == _DAY for bits in week) else tuple(week)


def _span(text: str) -> int:
    start, end = map(int, text.split("-"))
    if not 0 <= start < end <= 24:
        raise ValueError(f"“{text}” is no span of hours. Write it like 9-18, from 0 to 24.")
    return (1 << end) - (1 << start)


def of_cells(cells: Iterable[tuple[int, int]]) -> Hours:
    """Of (weekday, hour), Monday 0."""
    week = [0] * 7
    for day, hour in cells:
        week[day] |= 1 << hour
    return ALWAYS if not any(week) or all(bits == _DAY for bits in week) else tuple(week)


def write(hours: Hours) -> str:
    """The one text for these hours: `parse` reads it. Empty for always."""
    return ", ".join(
        f"{_days(DAYS, first, last, '-')} {' '.join(f'{start}-{end}' for start, end in _spans(bits))}"
        for first, last, bits in _runs(hours)
    )


def in_words(hours: Hours) -> str:
    """ "Mon to Fri 09:00 to 18:00, Sat 10:00 to 14:00"; "always"."""
    return (
        ", ".join(f"{_days(NAMES, first, last, ' to ')} {_clock_words(bits)}" for first, last, bits in _runs(hours))
        or "always"
    )


def _clock_words(bits: int) -> str:
    if bits == _DAY:
        return "all day"
    return " and ".join(f"{start:02}:00 to {end:02}:00" for start, end in _spans(bits))


def _runs(hours: Hours) -> list[tuple[int, int, int]]:
    """(first weekday, last weekday, bits) of neighbours that are alike, without those on which it is never open."""
    runs = []
    for bits, days in groupby(enumerate(hours), key=itemgetter(1)):
        numbers = [day for day, _ in days]
        if bits:
            runs.append((numbers[0], numbers[-1], bits))
    return runs


def _days(names: tuple[str, ...], first: int, last: int, to: str) -> str:
    if first == last:
        return names[first]
    return f"{names[first]}{' and ' if to == ' to ' and last == first + 1 else to}{names[last]}"


def _spans(bits: int) -> list[tuple[int, int]]:
    spans, start = [], -1
    for hour in range(25):
        is_open = bits >> hour & 1
        if is_open and start < 0:
            start = hour
        elif not is_open and start >= 0:
            spans.append((start, hour))
            start = -1
    return spans


def both(one: Hours, other: Hours) -> Hours:
    """The hours that are in both; where that is none, seven zeros, which never come."""
    if not one or not other:
        return one or other
    return tuple(a & b for a, b in zip(one, other, strict=True))


def is_open(hours: Hours, time_zone: str, now: int) -> bool:
    if not hours:
        return True
    _, hour, weekday = local(time_zone, now)
    return bool(hours[weekday - 1] >> hour & 1)


def next_open(hours: Hours, time_zone: str, since: int) -> int | None:
    """The first moment (milliseconds) from `since` on at which it is open; None where it never is."""
    if is_open(hours, time_zone, since):
        return since
    zone = ZoneInfo(time_zone)
    midnight = moment_of(since).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = midnight + timedelta(days=ahead)
        found = [at for at in _openings(day, hours[day.weekday()], zone) if at >= since]
        if found:
            return min(found)
    return None


def _openings(day: datetime, bits: int, zone: ZoneInfo) -> list[int]:
    """When each of its hours begins on this day. Where clocks jump into the middle of an hour, that is when it does."""
    found: list[int] = []
    for hour in (hour for hour in range(24) if bits >> hour & 1):
        for minute in (0, 15, 30, 45):
            moments = moments_of(day.replace(hour=hour, minute=minute), zone)
            found += map(ms_of, moments)
            if minute == 0 and moments:
                break
    return found
