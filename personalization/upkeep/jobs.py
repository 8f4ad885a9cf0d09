"""Which work runs by itself, when did each last end, and how did it go? Workers say so through Redis; where it was
emptied, nothing is known until the next run."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import redis
import structlog
from django.conf import settings

from sites import keys
from sites.units import duration
from tracking.freshness import connection

log = structlog.get_logger(__name__)

# What each does, for people; in the schedule by its name.
WORDS = {
    "keep-sites-pushed": "Site settings to the edge",
    "store-drops": "Counts of dropped events",
    "make-partitions": "Tables for the next months",
    "archive-hours": "Archive of closed hours",
    "drop-expired": "Months that are too old",
    "forget-minutes": "Counts by the minute",
    "measure-segments": "Sizes of segments",
    "train-clusters": "Training of clusters",
    "keep-releases-pushed": "Releases to the edge",
    "keep-drafts-reviewed": "Reviews of drafts",
    "clear-sessions": "Ended log-ins",
    "keep-tokens-pushed": "API tokens to the edge",
    "recount-stalled": "Recounts of results that stopped half-way",
}
SLACK = timedelta(minutes=2)  # beyond twice its pace, after which a job is late
_begun: dict[str, float] = {}  # of this worker: id of a task -> when it began


class Ending(msgspec.Struct):
    at: float  # Unix time
    took_ms: int
    state: str  # Celery's: SUCCESS, FAILURE, RETRY


@dataclass(frozen=True)
class Job:
    title: str
    every: str
    ended_at: datetime | None  # None: not known
    took_ms: int
    has_failed: bool
    is_late: bool


def begin(task_id: str) -> None:
    _begun[task_id] = time.monotonic()


def end(task_id: str, name: str, state: str) -> None:
    """Never in the way of the work itself."""
    began = _begun.pop(task_id, None)
    took_ms = round((time.monotonic() - began) * 1000) if began else 0
    try:
        connection().hset(keys.JOBS, name, msgspec.json.encode(Ending(time.time(), took_ms, state)))
    except redis.RedisError as error:
        log.warning("job_not_noted", task=name, error=str(error))


def jobs(now: datetime) -> list[Job]:
    """Those of the schedule. Raises RedisError."""
    told = connection().hgetall(keys.JOBS)
    endings = {name.decode(): msgspec.json.decode(value, type=Ending) for name, value in told.items()}
    return [
        _job(name, entry["schedule"], endings.get(entry["task"]), now)
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
    ]


def _job(name: str, seconds: float, ending: Ending | None, now: datetime) -> Job:
    title = WORDS.get(name, name.replace("-", " ").capitalize())
    if ending is None:
        return Job(title, duration(seconds), None, 0, has_failed=False, is_late=False)
    at = datetime.fromtimestamp(ending.at, UTC)
    is_late = now - at > timedelta(seconds=2 * seconds) + SLACK
    return Job(title, duration(seconds), at, ending.took_ms, has_failed=ending.state == "FAILURE", is_late=is_late)
