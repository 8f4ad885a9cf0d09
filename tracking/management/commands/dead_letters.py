"""manage.py dead_letters: what could not be stored, and what is to become of it."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis import Redis

from tracking.log import dead
from tracking.log.dead import Letter

SHOWN_BYTES = 2_000


class Command(BaseCommand):
    help = (
        "Lists the records of the event log that could not be stored, each with the reason. Requeues or drops those"
        " named, or --all."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "letters",
            nargs="*",
            metavar="LETTER",
            help="Names as listed, such as 3/1790000000000-0; default: all of them are listed.",
        )
        parser.add_argument(
            "--payload", action="store_true", help=f"List what is in them, too: the first {SHOWN_BYTES} bytes."
        )
        parser.add_argument("--all", action="store_true", help="Requeue or drop all letters.")
        action = parser.add_mutually_exclusive_group()
        action.add_argument(
            "--requeue",
            action="store_true",
            help="Append them to the log again: for when what kept them out is mended.",
        )
        action.add_argument("--drop", action="store_true", help="Forget them for good.")

    def handle(
        self, *, letters: list[str], payload: bool, all: bool, requeue: bool, drop: bool, **options: Any
    ) -> None:
        if (requeue or drop) and bool(letters) == all:
            raise CommandError("Name the letters, or say --all.")
        with Redis.from_url(settings.REDIS_URL) as redis:
            found = list(self._find(redis, letters))
            if requeue or drop:
                touched = sum((dead.requeue if requeue else dead.drop)(redis, letter) for letter in found)
                self.stdout.write(
                    f"{touched:,} {'requeued: stored in a moment, or buried again' if requeue else 'dropped'}."
                )
            else:
                self._list(found, payload)

    def _find(self, redis: Redis, names: list[str]) -> Iterator[Letter]:
        wanted = set(names)
        for letter in dead.letters(redis, range(settings.LOG_PARTITIONS)):
            if not names or letter.name in wanted:
                wanted.discard(letter.name)
                yield letter
        if wanted:
            raise CommandError(f"There is no dead letter {', '.join(sorted(wanted))}.")

    def _list(self, letters: list[Letter], payload: bool) -> None:
        for letter in letters:
            self.stdout.write(
                f"{letter.name}  logged {letter.logged_at:%Y-%m-%d %H:%M:%S}  {len(letter.payload):,} bytes "
                f" {letter.reason}"
            )
            if payload:
                self.stdout.write("    " + letter.payload[:SHOWN_BYTES].decode("utf-8", "backslashreplace"))
        self.stdout.write(f"{len(letters):,} dead letter{'' if len(letters) == 1 else 's'}.")
