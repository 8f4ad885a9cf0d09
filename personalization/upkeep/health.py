"""How is the installation itself doing? What its stores, its disk and its processes say at this moment."""

import shutil
from dataclasses import dataclass
from typing import Any, NamedTuple

import redis
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection as database
from django.template.defaultfilters import filesizeformat

from personalization.metrics import BUCKETS_MS, Histogram, read_shares
from sites.units import counted, duration
from tracking import partitions
from tracking.freshness import connection

NEARLY_FULL = 0.9  # share of a disk or of Redis' memory
FULL_DISK = "Nearly full: events are refused when it is."


class Figure(NamedTuple):
    name: str
    value: str
    level: str = ""  # good, warn or bad, where it means one
    note: str = ""


class Partition(NamedTuple):
    name: str
    rows: int  # as Postgres estimates
    size: str


@dataclass(frozen=True)
class Route:
    """What the edge answered since its processes began; times are the upper ends of the histogram's steps."""

    name: str
    status: str
    answers: int
    median_ms: str
    slowest_ms: str  # of 99 in 100


def disk() -> list[Figure]:
    used = shutil.disk_usage(settings.VAR_DIR)
    is_full = used.used > NEARLY_FULL * used.total
    value = f"{filesizeformat(used.free)} free of {filesizeformat(used.total)}"
    return [Figure("Where Segue keeps its files", value, "bad" if is_full else "good", FULL_DISK if is_full else "")]


def store_of_events() -> list[Figure]:
    """Raises RedisError."""
    told: dict[str, Any] = connection().info()
    most = int(told["maxmemory"])
    is_full = bool(most) and told["used_memory"] > NEARLY_FULL * most
    limit = f" of {filesizeformat(most)}" if most else ", no limit"
    kept = "yes" if told["aof_enabled"] else "no: a crash loses events that are not stored yet"
    return [
        Figure("Memory", filesizeformat(told["used_memory"]) + limit, "bad" if is_full else "good"),
        Figure("Written to disk", kept, "good" if told["aof_enabled"] else "warn"),
        Figure("Connections", f"{told['connected_clients']:,}"),
        Figure("Commands a second", f"{told['instantaneous_ops_per_sec']:,}"),
        Figure("Up for", duration(told["uptime_in_seconds"])),
        Figure("Version", str(told.get("valkey_version") or told["redis_version"])),
    ]


def database_figures() -> list[Figure]:
    """One query."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), current_setting('server_version'),"
            " current_setting('max_connections')::int, (SELECT count(*) FROM pg_stat_activity),"
            " extract(epoch FROM now() - pg_postmaster_start_time())::bigint,"
            " (SELECT coalesce(extract(epoch FROM max(now() - xact_start)), 0)::bigint FROM pg_stat_activity"
            "  WHERE datname = current_database() AND pid <> pg_backend_pid())"
        )
        size, version, most, open_now, up_seconds, oldest = cursor.fetchone()
    is_short = open_now > NEARLY_FULL * most
    return [
        Figure("Size", filesizeformat(size)),
        Figure("Connections", f"{open_now:,} of {most:,}", "bad" if is_short else "good"),
        Figure("Longest transaction", duration(oldest), "warn" if oldest > 300 else ""),
        Figure("Up for", duration(up_seconds)),
        Figure("Version", version.split()[0]),
    ]


def months() -> list[Partition]:
    """The partitions of the tables that have one a month, newest first; one query."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid)"
            " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = ANY(%s::regclass[])",
            [partitions.tables],
        )
        found = sorted(cursor.fetchall(), key=lambda row: row[0][-7:], reverse=True)
    return [Partition(name, rows, filesizeformat(size)) for name, rows, size in found]


def waiting_work() -> list[Figure]:
    """What workers have not taken up yet, by queue. Raises RedisError."""
    queues = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    return [Figure(f"Queue “{name}”", counted(connection().llen(name), "tasks")) for name in queues]


def routes() -> tuple[int, list[Route]]:
    """How many processes answer at the edge, and what they answered. Raises RedisError."""

    async def call(*command: Any) -> Any:
        told = connection().execute_command(*command)
        return [part for pair in told.items() for part in pair] if isinstance(told, dict) else told

    shares = async_to_sync(read_shares)(call)
    merged: dict[str, list[int]] = {}
    for share in shares:
        for label, histogram in share.requests.items():
            merged[label] = _added(merged.get(label), histogram)
    found = [_route(label, counts) for label, counts in merged.items()]
    return len(shares), sorted(found, key=lambda route: -route.answers)


def _added(counts: list[int] | None, histogram: Histogram) -> list[int]:
    return [a + b for a, b in zip(counts, histogram.counts, strict=True)] if counts else list(histogram.counts)


def _route(label: str, counts: list[int]) -> Route:
    name, _, status = label.rpartition(" ")
    return Route(name, status, sum(counts), quantile(counts, 0.5), quantile(counts, 0.99))


def quantile(counts: list[int], share: float) -> str:
    """The end of the step that holds this share of all answers."""
    running, wanted = 0, share * sum(counts)
    for bound, number in zip(BUCKETS_MS, counts, strict=False):
        running += number
        if running >= wanted:
            return f"≤ {bound:g} ms"
    return f"> {BUCKETS_MS[-1]:g} ms"


def ask(question: Any) -> Any:
    """What a store answers; None where it does not."""
    try:
        return question()
    except redis.RedisError:
        return None
