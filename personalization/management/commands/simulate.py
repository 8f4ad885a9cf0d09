"""Brings visitors to the demo shop: first their past, with clusters trained on it, then visits that begin one after the
other until stopped."""

import gc
import random
import time
from functools import partial
from typing import Any

from django.core.management import CommandParser
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from personalization.demo import history, progress
from personalization.demo import site as shop
from personalization.demo.redeemed import settle
from personalization.demo.simulator import Client, Live, Unreachable
from sites.models import Site
from sites.times import now_ms

COLLECT_GARBAGE = (50_000, 20, 100)  # what a past is made of stays, and has few cycles


class Command(BaseCommand):
    help = (
        "Send simulated visitors (labelled as such): a past, through the same code as everybody's events, then live"
        " visits through the HTTP API until stopped."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="where this Segue is reached (default: %(default)s)"
        )
        parser.add_argument("--visitors", type=int, default=1100, help="visitors with a past (default: %(default)s)")
        parser.add_argument("--days", type=int, default=14, help="how far back their visits go (default: %(default)s)")
        parser.add_argument("--no-past", action="store_true", help="begin with the live visits")
        parser.add_argument(
            "--visits", type=int, default=-1, help="live visits before it ends (default: until stopped)"
        )
        parser.add_argument(
            "--per-minute", type=float, default=10, help="live visits that begin in a minute (default: %(default)s)"
        )
        parser.add_argument(
            "--speed", type=float, default=1, help="seconds of a live visit that pass in one (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            site = Site.objects.get(write_key=shop.WRITE_KEY)
        except Site.DoesNotExist:
            raise CommandError("There is no demo shop yet: run `manage.py demo` first.") from None
        gc.freeze()
        gc.set_threshold(*COLLECT_GARBAGE)
        if not options["no_past"]:
            history.bring(site, options["visitors"], options["days"], self.stdout.write)
        live = Live(
            Client(options["url"].rstrip("/"), site.secret_key),
            options["visitors"],
            random.Random(),
            options["per_minute"],
            options["speed"],
            is_paused=progress.is_paused,
            settle=partial(_settle, site),
        )
        self._keep_coming(live, options["visits"])

    def _keep_coming(self, live: Live, visits: int) -> None:
        while True:
            try:
                live.run(visits)
                return
            except Unreachable as error:
                self.stderr.write(f"waiting: {error}")
                time.sleep(10)


def _settle(site: Site, message: dict[str, Any]) -> dict[str, Any]:
    """Raises `Unreachable` while Postgres is away."""
    try:
        return settle(site, message, now_ms())
    except OperationalError as error:
        connection.close()  # the next try opens another one
        raise Unreachable(str(error)) from error
