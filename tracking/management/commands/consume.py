"""manage.py consume: stores what the log holds, until told to stop."""

import gc
import signal
import threading

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand
from redis import Redis

from tracking.consumer import Consumer
from tracking.log.streams import StreamReader

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Stores events and decisions from the log in Postgres, until SIGTERM or Ctrl-C. Several may run: they share the partitions."

    def handle(self, **options) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        gc.freeze()  # what was imported lives as long as the process; collections need not look at it again and again
        log.info("consumer_started", partitions=settings.LOG_PARTITIONS)
        with Redis.from_url(settings.REDIS_URL, health_check_interval=30) as redis:
            Consumer(StreamReader(redis), settings.LOG_PARTITIONS).run(stop)
        log.info("consumer_stopped")
