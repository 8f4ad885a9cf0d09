"""Takes a catalogue in from a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recommendations.catalogue import Unreadable, read_rows
from recommendations.editing import load_items
from sites.management.arguments import SITE, find_site
from sites.pages.history import Actor


class Command(BaseCommand):
    help = "Adds and updates items from a CSV or JSON file. They reach visitors with the next release."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("site", help=SITE)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="items that the file does not name become unavailable"
        )

    def handle(self, *, site: str, file: Path, replace: bool, **_options: Any) -> None:
        try:
            rows = read_rows(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from None
        except (UnicodeDecodeError, Unreadable) as error:
            raise CommandError(f"{file}: {error}") from None
        done = load_items(find_site(str(site)), rows, Actor.command("import_items"), replace=replace)
        for fault in done.faults:
            self.stderr.write(fault)
        self.stdout.write(str(done))
