"""Which time zones may a site choose, and how are they listed?"""

from functools import lru_cache
from itertools import groupby
from zoneinfo import available_timezones

COMMON = (
    "UTC", "Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam",
    "Europe/Zurich", "Europe/Vienna", "Europe/Warsaw", "America/New_York", "America/Chicago", "America/Los_Angeles",
    "America/Sao_Paulo", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
)  # fmt: skip
# By their region, as people look for a place; older names of the same (US/Eastern, Etc/GMT+1) are left out.
REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
Choices = list[tuple[str, list[tuple[str, str]]]]


def title(zone: str) -> str:
    """As people read it: "America/New York"."""
    return zone.replace("_", " ")


def choices(chosen: str = "") -> Choices:
    """Groups of (value, words), common ones first. One that is chosen already and not listed stays a choice."""
    listed = _listed()
    known = {value for _, group in listed for value, _ in group}
    kept = [("As it is now", [(chosen, title(chosen))])] if chosen and chosen not in known else []
    return kept + listed


@lru_cache(maxsize=1)
def _listed() -> Choices:
    regional = sorted(zone for zone in available_timezones() if zone.partition("/")[0] in REGIONS)
    groups = groupby(regional, lambda zone: zone.partition("/")[0])
    common = ("Common", [(zone, title(zone)) for zone in COMMON])
    return [common, *((region, [(zone, title(zone)) for zone in zones]) for region, zones in groups)]
