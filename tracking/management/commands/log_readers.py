"""manage.py log_readers: who reads the event log, how far each is behind, and giving one up."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis import Redis

from sites.times import now_ms
from sites.units import counted
from tracking import readers
from tracking.freshness import freshness
from tracking.log.base import STORE
from tracking.log.streams import StreamReader


class Command(BaseCommand):
    help = (
        "Lists the readers of the event log. The log keeps what the slowest of them has not read; one that nobody runs"
        " any more must be given up, or the log grows until it is full."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--give-up",
            metavar="READER",
            help="Forget this reader and trim what only it had not read. Stop it first: else it begins anew.",
        )

    def handle(self, *, give_up: str | None, **options: Any) -> None:
        partitions = range(settings.LOG_PARTITIONS)
        with Redis.from_url(settings.REDIS_URL) as redis:
            if give_up == STORE:
                raise CommandError(f"{STORE} fills Postgres; without it nothing is kept.")
            if give_up and not readers.forget(redis, partitions, give_up):
                raise CommandError(f"The log has no reader {give_up}.")
            if give_up:
                self.stdout.write(f"{give_up} is given up.")
            kept = sum(StreamReader(redis).lag(partition).kept for partition in partitions)
        state = freshness(now_ms())
        for name, behind_ms in state.readers.items():
            self.stdout.write(f"{name:<20} {behind_ms / 1000:>12,.1f} s behind")
        self.stdout.write(f"The log keeps {counted(kept, 'records')}.")
