"""What every row that is shown for a time has: when, in which hours, how often to one visitor."""

from datetime import datetime
from typing import Protocol

from django.db import models

from campaigns import hours

FOREIGN = "It belongs to another site."


class Timed(Protocol):
    """A row with dates and hours."""

    starts_at: datetime | None
    ends_at: datetime | None
    hours: str


def ends_after_start(name: str) -> models.CheckConstraint:
    """What `schedule_faults` says in words."""
    starts_or_ends = models.Q(ends_at__isnull=True) | models.Q(starts_at__isnull=True)
    return models.CheckConstraint(condition=starts_or_ends | models.Q(ends_at__gt=models.F("starts_at")), name=name)


def schedule_faults(row: Timed) -> dict[str, list[str]]:
    """By field."""
    if row.starts_at and row.ends_at and row.ends_at <= row.starts_at:
        return {"ends_at": ["It must end after it starts."]}
    return {}


def hours_field() -> "models.CharField[str, str]":
    return models.CharField(
        max_length=400,
        default="",
        blank=True,
        help_text="Days and hours by the site's clocks, like mon-fri 9-18, sat 10-14. Empty: always.",
    )


def caps_field(help_text: str) -> "models.PositiveIntegerField[int | None, int | None]":
    return models.PositiveIntegerField(null=True, blank=True, help_text=help_text)


def hours_faults(row: Timed) -> dict[str, list[str]]:
    """By field. Writes what can be read in its one form."""
    try:
        row.hours = hours.write(hours.parse(row.hours))
    except ValueError as error:
        return {"hours": [str(error)]}
    return {}
