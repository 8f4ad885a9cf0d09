"""Takes a catalogue in from a file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommendations.catalogue import Unreadable, import_items, read_rows
from sites.management.arguments import SITE, find_site
from sites.units import counted


class Command(BaseCommand):
    help = "Adds and updates items from a CSV or JSON file. They reach visitors with the next release."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("site", help=SITE)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="items that the file does not name become unavailable"
        )

    def handle(self, *, site: str, file: Path, replace: bool, **_options) -> None:
        try:
            rows = read_rows(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except (UnicodeDecodeError, Unreadable) as error:
            raise CommandError(f"{file}: {error}") from None
        done = import_items(find_site(str(site)), rows, replace=replace)
        for fault in done.faults:
            self.stderr.write(fault)
        self.stdout.write(
            f"{counted(done.created, 'items')} added, {done.updated} updated, {done.removed} retired, {counted(len(done.faults), 'faults')}."
        )
