"""manage.py consume: stores what the log holds, until told to stop."""

import gc
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from redis import Redis

from sites.management.arguments import whole
from sites.push import push
from tracking.consumer import PASSING, Consumer
from tracking.log.streams import StreamReader

log = structlog.get_logger(__name__)

THREADS = 4  # most of the time all but one of them wait for Postgres
SWITCH_SECONDS = 0.0002


class Command(BaseCommand):
    help = (
        "Stores events and decisions from the log in Postgres, until SIGTERM or Ctrl-C. Several may run: they share the"
        " partitions."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--threads",
            type=whole(1),
            default=THREADS,
            help=f"Connections that store side by side, each some partitions (default: {THREADS}).",
        )

    def handle(self, *, threads: int, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        # A thread that hands rows to Postgres wants the interpreter back every few dozen rows: with the usual 5 ms it
        # would mostly wait.
        sys.setswitchinterval(SWITCH_SECONDS)
        gc.freeze()  # what was imported lives as long as the process; collections need not look at it again and again
        log.info("consumer_started", partitions=settings.LOG_PARTITIONS, threads=threads)
        _tell_of_sites()
        consume(stop, threads)
        log.info("consumer_stopped")


def _tell_of_sites() -> None:
    """Web answers nobody before it has heard which sites there are. Beat tells it only within a minute, and an
    installation may have none."""
    try:
        push()
    except PASSING as error:
        log.warning("sites_not_told", error=f"{type(error).__name__}: {error}".strip())
    finally:
        connection.close()


def consume(stop: threading.Event, threads: int) -> None:
    """Stores until `stop` is set. While threads wait for Postgres, another one decodes. What ends a thread ends all."""

    def store() -> None:
        try:
            Consumer(StreamReader(redis), range(settings.LOG_PARTITIONS)).run(stop)
        finally:
            stop.set()

    with Redis.from_url(settings.REDIS_URL, health_check_interval=30) as redis, ThreadPoolExecutor(threads) as pool:
        for finished in [pool.submit(store) for _ in range(threads)]:
            finished.result()
