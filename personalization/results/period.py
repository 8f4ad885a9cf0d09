"""Which days are asked for? Whole ones of the site's time zone, first and last included, and as many before. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

LONGEST_DAYS = 400
USUAL = "7"
_DAY = timedelta(days=1)


class Period(NamedTuple):
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, right before."""
        return Period(self.first - self.days * _DAY, self.first - _DAY)

    def dates(self) -> list[date]:
        return [self.first + number * _DAY for number in range(self.days)]

    def bounds(self, time_zone: str) -> tuple[datetime, datetime]:
        """Its moments, from and until (excluded). A day on which clocks change is 23 or 25 hours long."""
        return _midnight(self.first, time_zone), _midnight(self.last + _DAY, time_zone)


class Asked(NamedTuple):
    """What an address asks for."""

    period: Period
    preset: str  # key of PRESETS, "" for dates of one's own
    faults: dict[str, str]  # by field: what could not be read, and is left out


def _days(number: int) -> Callable[[date], Period]:
    return lambda today: Period(today - (number - 1) * _DAY, today)


def _this_month(today: date) -> Period:
    return Period(today.replace(day=1), today)


def _last_month(today: date) -> Period:
    last = today.replace(day=1) - _DAY
    return Period(last.replace(day=1), last)


# key -> (name, the period as of a day)
PRESETS: dict[str, tuple[str, Callable[[date], Period]]] = {
    "1": ("Today", _days(1)),
    "yesterday": ("Yesterday", lambda today: Period(today - _DAY, today - _DAY)),
    "7": ("Last 7 days", _days(7)),
    "14": ("Last 14 days", _days(14)),
    "28": ("Last 28 days", _days(28)),
    "90": ("Last 90 days", _days(90)),
    "month": ("This month", _this_month),
    "last-month": ("Last month", _last_month),
}


def read(told: Mapping[str, str], today: date) -> Asked:
    """`period` is a preset, or `from` and `to` are dates; what cannot be read has a sentence, and the usual period
    takes its place."""
    if told.get("from") or told.get("to"):
        first, last, faults = _dates(told, today)
        if not faults:
            return Asked(Period(first, last), "", {})
    else:
        faults = {}
    preset = told.get("period", "")
    if preset and preset not in PRESETS:
        faults["period"] = f"“{preset}” is no period; it is one of {', '.join(PRESETS)}."
    preset = preset if preset in PRESETS else USUAL
    return Asked(PRESETS[preset][1](today), preset, faults)


def _dates(told: Mapping[str, str], today: date) -> tuple[date, date, dict[str, str]]:
    found: dict[str, date] = {}
    faults: dict[str, str] = {}
    for field in ("from", "to"):
        try:
            found[field] = date.fromisoformat(told.get(field, "") or today.isoformat())
        except ValueError:
            faults[field] = f"“{told[field]}” is no date. Write it like {today.isoformat()}."
    first, last = found.get("from", today), found.get("to", today)
    if not faults and last < first:
        faults["to"] = "It must not be before the first day."
    elif not faults and (last - first).days >= LONGEST_DAYS:
        faults["to"] = f"A period has at most {LONGEST_DAYS} days."
    elif not faults and first.year < 2000:
        faults["from"] = "There is nothing from before the year 2000."
    return first, last, faults


def _midnight(day: date, time_zone: str) -> datetime:
    """Where a zone has none (clocks that change at midnight), the first moment of the day."""
    return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
