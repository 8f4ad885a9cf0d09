"""Sets up the demo shop: site, catalogue, campaigns, people, a live release. Quick, and safe to run again; `simulate`
brings the visitors."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from personalization.demo import people
from personalization.demo import site as shop
from sites.pages.history import Actor


class Command(BaseCommand):
    help = "Set up the demo shop: site, catalogue, campaigns, people and a live release. Safe to run again."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="where this Segue is reached (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Set SEGUE_DEMO=1: the shop's addresses exist only then.")
        url = options["url"].rstrip("/")
        shop.install(url, Actor.command("demo"))
        if not options["verbosity"]:
            return
        self.stdout.write(f"Demo shop   {url}/demo/")
        for login in people.logins():
            self.stdout.write(f"Log in as   {login}")
