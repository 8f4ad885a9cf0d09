"""manage.py rebuild: folds every visitor's stored events again, and compares the profiles or writes them."""

from itertools import chain
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis import Redis

from segments import counting
from segments.rebuild import Rebuild, refold
from tracking import archive, event_table, readers


class Command(BaseCommand):
    help = (
        "Rebuilds the live profiles from stored events. With --check it only compares, and exits with 1 when something"
        " differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="Compare, write nothing.")
        parser.add_argument("--from", dest="source", choices=["postgres", "archive"], default="postgres")

    def handle(self, *, check: bool, source: str, **options: Any) -> None:
        if source == "postgres":
            stored, ask_again = event_table.read(), event_table.history
        else:
            stored, ask_again = chain.from_iterable(map(archive.read_archive, "0123456789abcdef")), None
        with Redis.from_url(settings.REDIS_URL) as redis:
            if readers.unread_places(redis, range(settings.LOG_PARTITIONS)):
                self.stderr.write(
                    "Some records of the log are not stored yet: the profiles of their visitors are ahead."
                )
            rows_of = counting.remembering_rows()
            outcome = Rebuild(
                redis,
                settings.LOG_PARTITIONS,
                settings.PROFILE_TTL_SECONDS,
                check=check,
                ask_again=ask_again,
                rows_of=rows_of,
            ).run(refold(stored, rows_of))
        for name in ("same", "different", "missing", "ahead"):
            self.stdout.write(f"{name:<9} {getattr(outcome, name):>9,}")
        if not check:
            self.stdout.write(f"{'written':<9} {outcome.written:>9,}")
        elif outcome.different or outcome.missing:
            raise CommandError("Live profiles differ from what is stored.", returncode=1)
