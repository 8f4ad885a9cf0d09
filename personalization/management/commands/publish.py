"""Publishes a site's draft, or rolls back, from a shell or a pipeline."""

import time
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns import reviewing
from campaigns.audiences import with_audiences
from campaigns.golive import compile_release
from campaigns.models import Release
from campaigns.publish import PublishError, Refused, publish, roll_back
from campaigns.review import Review
from sites.management.arguments import SITE, find_site
from sites.pages.history import Actor

PATIENCE_SECONDS = 120


class Command(BaseCommand):
    help = "Publishes the draft of a site and waits until visitors see it. With --review, only says what would happen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("site", help=SITE)
        parser.add_argument("--note", default="", help="kept with the release")
        parser.add_argument("--user", help="user name of who publishes")
        parser.add_argument("--roll-back", type=int, metavar="NUMBER", help="publish this old release again")
        parser.add_argument(
            "--only",
            action="append",
            metavar="THING",
            help="publish this and nothing else, such as campaign:7 or segment:buyers; may be given several times",
        )
        parser.add_argument("--review", action="store_true", help="show problems and changes, publish nothing")
        parser.add_argument("--here", action="store_true", help="compile in this process instead of in a worker")

    def handle(self, **options: Any) -> None:
        site = find_site(str(options["site"]))
        if options["review"]:
            self._show(with_audiences(reviewing.look_now(site).review, site))
            return
        by = Actor.command("publish", _user(options["user"]) if options["user"] else None)
        try:
            if options["roll_back"]:
                release = roll_back(site, options["roll_back"], by)
            else:
                release = publish(site, by, options["note"], chosen=options["only"])
        except Refused as refusal:
            raise CommandError("\n".join(str(problem) for problem in refusal.problems)) from None
        except PublishError as error:
            raise CommandError(str(error)) from None
        if options["here"]:
            compile_release(release.pk)
        self._wait(release)

    def _show(self, review: Review) -> None:
        for problem in review.problems:
            self.stdout.write(f"{'ERROR' if problem.is_error else 'warning'}: {problem}")
        self.stdout.write("\n".join(review.changes) or "Nothing to publish.")
        for offer in review.offers:
            self.stdout.write(f"{offer.thing}: {offer.name}{' (held after a roll back)' if offer.is_held else ''}")

    def _wait(self, release: Release) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            release.refresh_from_db()
            if release.status == Release.Status.FAILED:
                raise CommandError(f"Release {release.number} failed: {release.error}")
            if release.status in (Release.Status.LIVE, Release.Status.SUPERSEDED):
                self.stdout.write(
                    f"Release {release.number} is {release.get_status_display().lower()} (version {release.version})."
                )
                return
            time.sleep(0.2)
        raise CommandError(f"Release {release.number} still compiles. Does a worker run? Else use --here.")


def _user(name: str) -> User:
    found = User.objects.filter(username=name).first()
    if found is None:
        raise CommandError(f"There is no user {name}.")
    return found
