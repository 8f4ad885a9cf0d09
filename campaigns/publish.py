"""How does a draft become a release? Validated and frozen while the site's row is locked, so two publishers take turns;
recorded in the audit log, whoever asks for it. Rolling back is publishing an old release. `campaigns.golive` takes it
from there."""

from dataclasses import dataclass

import msgspec
from django.db import transaction
from django.db.models import Max

from campaigns import tasks
from campaigns.changes import changes
from campaigns.models import Release
from campaigns.problems import Problem
from campaigns.release import Source, version_of
from campaigns.review import examine
from sites.locks import lock_site
from sites.models import Site
from sites.pages.history import Actor, By, actor, record
from sites.times import now_ms


class PublishError(Exception):
    """Base of what a publisher is told."""


class Refused(PublishError):
    """The draft has errors; trying again helps once they are gone."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems if problem.is_error))
        self.problems = problems


class NothingToPublish(PublishError):
    """The draft is what visitors see already, or is on its way to them."""


class Unpublishable(PublishError):
    """The release asked for does not exist or never compiled."""


class Outdated(PublishError):
    """What would go live, or what it would replace, is not what the publisher looked at; looking again helps."""


@dataclass(frozen=True)
class Seen:
    """What a publisher looked at before they pressed; None: whatever there is."""

    version: str | None = None  # of the draft, as `Review` has it
    live: int | None = None  # number of the live release, 0 for none


@transaction.atomic
def publish(site: Site, by: By, note: str = "", seen: Seen = Seen()) -> Release:
    """Freezes the draft and sends it on its way; the answer is a release that compiles. Looks at the draft itself, at
    no kept review. Raises `Refused`, `NothingToPublish` and `Outdated`."""
    # Two who publish at once: the second finds the first one's release, which has the same content, and is told so.
    lock_site(site)
    examined = examine(site, now_ms())
    if examined.source is None:
        raise Refused(examined.problems)
    _must_be_new(site, examined.source)
    if seen.version not in (None, examined.version):
        raise Outdated("The draft has changed since you looked at it.")
    _must_replace(site, seen.live)
    release = _start(site, examined.source, actor(by), note)
    record(by, release, "Published.", created=True)
    return release


@transaction.atomic
def roll_back(site: Site, number: int, by: By, seen: Seen = Seen()) -> Release:
    """Publishes an old release again, under a new number; drafts stay as they are. Raises `Unpublishable`,
    `NothingToPublish` and `Outdated`."""
    lock_site(site)
    old = Release.objects.filter(
        site=site, number=number, status=Release.Status.SUPERSEDED, live_at__isnull=False
    ).first()
    if old is None:
        raise Unpublishable(f"Release {number} was never live, or is live now.")
    source = old.content()
    _must_be_new(site, source)
    _must_replace(site, seen.live)
    release = _start(site, source, actor(by), f"Rolled back to release {number}", rolled_back_to=old)
    record(by, release, f"Rolled back to {old}.", created=True)
    return release


def _must_be_new(site: Site, source: Source) -> None:
    latest = Release.objects.filter(site=site, status__in=[*Release.PENDING, Release.Status.LIVE]).first()
    if latest and latest.version == version_of(source):
        raise NothingToPublish(f"Release {latest.number} has the same content already.")


def _must_replace(site: Site, number: int | None) -> None:
    """The live release, by its number."""
    if number is None:
        return
    live = Release.objects.filter(site=site, status=Release.Status.LIVE).values_list("number", flat=True).first()
    if number == (live or 0):
        return
    if live:
        raise Outdated(f"Visitors have been seeing release {live} since you looked.")
    raise Outdated("Visitors see no release any more.")


def _start(site: Site, source: Source, by: Actor, note: str, rolled_back_to: Release | None = None) -> Release:
    live = Release.objects.live(site)
    release = Release.objects.create(
        site=site,
        # No two get one number: the site is locked.
        number=(Release.objects.filter(site=site).aggregate(last=Max("number"))["last"] or 0) + 1,
        version=version_of(source),
        source=msgspec.to_builtins(source),
        window_days=max((goal.window_days for goal in source.goals), default=0),
        changes=changes(live.content() if live else None, source),
        note=note,
        published_by_id=by.user.pk if by.user else None,
        rolled_back_to=rolled_back_to,
    )
    # Robust: the release is recorded though no broker may answer; `golive.resume` takes it up then.
    transaction.on_commit(lambda: tasks.compile_release.delay(release.pk), robust=True)
    return release
