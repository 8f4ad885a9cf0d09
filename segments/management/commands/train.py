"""manage.py train: trains the clusters of a site now and prints how stable each number of clusters is."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from segments import train
from segments.clustering.kinds import KINDS
from segments.models import TrainingRun
from segments.training_runs import new_run
from sites.management.arguments import SITE, find_site
from sites.models import Site
from sites.pages.history import Actor


class Command(BaseCommand):
    help = "Train the clusters of a site (of every site without --site) and print the stability table."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--site", help=SITE)
        parser.add_argument("--kind", choices=KINDS, help="Kind of clustering; without it that of the model in use.")

    def handle(self, *, site: str | None, kind: str | None, **options: Any) -> None:
        for one in [find_site(site)] if site else Site.objects.all():
            run = train.train(one, new_run(one, Actor.command("train"), kind))
            self.stdout.write(f"{one}: {run.message}")
            if run.model:
                self._print_table(run.model.metrics, run.model.clusters)
            elif run.status == TrainingRun.Status.FAILED and site:
                raise CommandError("nothing was trained")

    def _print_table(self, metrics: dict[str, Any], clusters: list[dict[str, Any]]) -> None:
        self.stdout.write(f"\n{'k':>3} {'stability':>10} {'silhouette':>11} {'smallest':>9}")
        for row in metrics["table"]:
            mark = "<- chosen" if row["k"] == metrics["k"] else row["refused"]
            self.stdout.write(
                f"{row['k']:>3} {row['stability']:>10.3f} {row['silhouette']:>11.3f} {row['smallest']:>9}  {mark}"
            )
        self.stdout.write("")
        for cluster in clusters:
            self.stdout.write(
                f"{cluster['id']:>3} {cluster['name']}: {', '.join(cluster['apart'])} ({cluster['size']} visitors,"
                f" {cluster['share']:.0%})"
            )
