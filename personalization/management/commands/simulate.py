"""Brings visitors to the demo shop: first their past, then clusters trained on it, then one visit after the other until
stopped."""

import random
import time
from io import StringIO
from typing import Any

from django.conf import settings
from django.core.management import CommandParser, call_command
from django.core.management.base import BaseCommand, CommandError

from personalization.demo import site as shop
from personalization.demo.personas import Simulated
from personalization.demo.simulator import Client, Unreachable, import_history, live_visit
from segments import audience, train
from segments.training_runs import new_run
from sites import editing
from sites.models import Site
from sites.pages.history import Actor
from sites.times import ms_of, now_ms
from tracking.models import Visitor

CLICKSTREAM = "rees46_2019-10-01_0000-0250.parquet"
REAL_WRITE_KEY = "wk_rees46"
BY = Actor.command("simulate")
SETTLE_SECONDS = 90  # for the consumer to store what was imported


class Command(BaseCommand):
    help = (
        "Send simulated visitors (labelled as such) through the real HTTP API: a history, then live visits until"
        " stopped."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", default="http://127.0.0.1:8000", help="where this Segue is reached (default: %(default)s)"
        )
        parser.add_argument("--visitors", type=int, default=1100, help="visitors with a past (default: %(default)s)")
        parser.add_argument("--days", type=int, default=10, help="how far back their visits go (default: %(default)s)")
        parser.add_argument(
            "--visits", type=int, default=-1, help="live visits before it ends (default: until stopped)"
        )
        parser.add_argument(
            "--pause", type=float, default=2.5, help="seconds between the pages of a live visit (default: %(default)s)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            site = Site.objects.get(write_key=shop.WRITE_KEY)
        except Site.DoesNotExist:
            raise CommandError("There is no demo shop yet: run `manage.py demo` first.") from None
        client = Client(options["url"].rstrip("/"), site.secret_key)
        if Visitor.objects.filter(site=site).count() < options["visitors"] * 0.9:
            self._bring_history(client, site, options)
        self._replay_real_visitors()
        self._live(client, options)

    def _bring_history(self, client: Client, site: Site, options: dict[str, Any]) -> None:
        """Ends at the moment when the site was made: a repeat sends the same messages with the same times, and adds
        nothing."""
        until = ms_of(site.created_at)
        sent = sum(import_history(client, options["visitors"], until, options["days"]))
        self.stdout.write(
            f"{options['visitors']} simulated visitors sent {sent} events of the last {options['days']} days"
        )
        deadline = time.monotonic() + SETTLE_SECONDS
        while Visitor.objects.filter(site=site).count() < options["visitors"] * 0.9 and time.monotonic() < deadline:
            time.sleep(1)
        self._train(site)
        self._count(site)

    def _train(self, site: Site) -> None:
        run = train.train(site, new_run(site, BY))
        self.stdout.write(f"clusters: {run.status}. {run.message}")
        if shop.put_live(site, "Clusters trained on the simulated visitors", BY):
            self.stdout.write("published with the clusters")

    def _count(self, site: Site) -> None:
        """Here, since it takes a moment: beat's first round is minutes away, and somebody looks at the pages now."""
        self.stdout.write(f"{audience.measure(site)} segments counted")

    def _replay_real_visitors(self) -> None:
        """A real clickstream, where the test data is at hand, on a site of its own."""
        file = settings.SHARED_DIR / "data" / "clickstream" / CLICKSTREAM
        if not file.is_file():
            return
        site = Site.objects.filter(write_key=REAL_WRITE_KEY).first()
        if site is None:
            site = Site(
                name="REES46 clickstream",
                domain="rees46.example",
                write_key=REAL_WRITE_KEY,
                currency="USD",
                consent_in_europe=Site.Consent.OPT_OUT,
            )
            editing.save(site, BY)
        if not Visitor.objects.filter(site=site).exists():
            call_command("replay", file, format="rees46", site=site.write_key, stdout=StringIO(), stderr=self.stderr)
            self.stdout.write(f"a real clickstream was replayed for the site {site.name}")

    def _live(self, client: Client, options: dict[str, Any]) -> None:
        rng = random.Random()
        left = options["visits"]
        while left:
            left -= 1
            try:
                live_visit(
                    client,
                    Simulated(rng.randrange(options["visitors"])),
                    rng,
                    now_ms(),
                    lambda: time.sleep(options["pause"]),
                )
            except Unreachable as error:
                self.stderr.write(f"waiting: {error}")
                time.sleep(10)
