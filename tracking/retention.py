"""Which stored months have become too old to keep? They are dropped by a task, once a day.

Each table follows a setting of its own, in days; what it holds of a month goes when the whole month is older than that.
"""

from collections.abc import Callable
from datetime import date, timedelta

import structlog
from django.conf import settings
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

from tracking import partitions

log = structlog.get_logger(__name__)

MayGo = Callable[[CursorWrapper, str], bool]
kept: dict[str, tuple[str, MayGo]] = {}


def register(table: str, setting: str, may_go: MayGo = lambda *_: True) -> None:
    """Called in `apps.py` by the owner of a table in `partitions`. The setting holds days, 0 for good; `may_go(cursor,
    name)` can keep a partition."""
    kept[table] = setting, may_go


def drop_expired(today: date) -> list[str]:
    """Drops the months of which every row is older than its table's setting; returns the names of the partitions."""
    dropped = []
    for table, (setting, may_go) in kept.items():
        if days := getattr(settings, setting):
            dropped += [
                name
                for name in partitions.ended_partitions(table, today - timedelta(days=days))
                if _drop(table, name, may_go, days)
            ]
    return dropped


def _drop(table: str, name: str, may_go: MayGo, days: int) -> bool:
    try:
        dropped = partitions.drop(table, name, may_go)
    except OperationalError as error:
        log.warning("month_in_use", partition=name, error=str(error).strip())
        return False
    if dropped:
        log.info("month_dropped", partition=name, kept_days=days)
    return dropped
