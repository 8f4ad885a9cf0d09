"""How does a draft reach visitors? The one audited write path: validate, freeze, compile, go live; and roll back, which
is publishing an old release.

A release row is made while the site's row is locked, and goes live while it is locked, so two publishers take turns.
Redis is told inside that transaction, last: what edges read never runs behind a lock that somebody else holds, and a
failure leaves the old release live.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import redis
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Max

from campaigns import tasks
from campaigns.changes import changes
from campaigns.drafts import freeze, read_draft, register_part
from campaigns.models import Release, Rule
from campaigns.problems import Problem
from campaigns.release import Source, dump, load, version_of
from campaigns.validation import validate
from sites import keys
from sites.models import Site
from sites.times import moment_of, now_ms

__all__ = [
    "NothingToPublish", "Outdated", "PublishError", "Refused", "Review", "Seen", "Unpublishable", "changes", "compile_release", "draft_source", "keep_pushed",
    "publish", "push", "register_part", "resume", "review", "roll_back", "validate",
]  # fmt: skip

log = structlog.get_logger(__name__)

KEEP_OLD = timedelta(days=30)  # so long do links of an old release work and can its decisions be repeated
PENDING = (Release.Status.COMPILING, Release.Status.READY)
STALLED = timedelta(minutes=1)  # after which a release that still compiles is taken up again
UNDATED = (
    1 << 53
)  # stands for the first publication of a rule that had none: behind all dates, as now is, and the same whenever one looks


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


@dataclass(frozen=True)
class Review:
    """What publishing would do, before anybody does it. `version` is empty where the draft has errors."""

    problems: list[Problem]
    changes: list[str]
    version: str  # the same until somebody changes the draft
    live: int  # number of the release that `changes` compares with, 0 for none

    @property
    def may_publish(self) -> bool:
        return bool(self.version and self.changes)


def draft_source(site: Site, now: int | None = None) -> Source:
    """The plain content of the site's draft. Raises `Refused`."""
    now = now or now_ms()
    draft = read_draft(site)
    problems = validate(draft, now)
    if any(problem.is_error for problem in problems):
        raise Refused(problems)
    return freeze(draft, now, _pending_dates(site))


def _version_of_draft(source: Source, now: int) -> str:
    """Of a draft frozen at `now`: a new rule is dated by when one looks, which changes nothing that anybody sees."""
    undated = [
        msgspec.structs.replace(rule, first_published_at=UNDATED) if rule.first_published_at == now else rule
        for rule in source.rules
    ]
    return version_of(msgspec.structs.replace(source, rules=undated))


def review(site: Site) -> Review:
    now = now_ms()
    draft = read_draft(site)
    problems = validate(draft, now)
    live = live_release(site)
    if any(problem.is_error for problem in problems):
        return Review(problems, [], "", live.number if live else 0)
    source = freeze(draft, now, _pending_dates(site))
    return Review(
        problems, changes(_source_of(live), source), _version_of_draft(source, now), live.number if live else 0
    )


def publish(site: Site, user, note: str = "", seen: Seen = Seen()) -> Release:
    """Freezes the draft and sends it on its way; the answer is a release that compiles. Raises `Refused`,
    `NothingToPublish` and `Outdated`."""
    with transaction.atomic():
        _lock(site)
        now = now_ms()
        source = draft_source(site, now)
        _must_be_new(site, source)
        if seen.version not in (None, _version_of_draft(source, now)):
            raise Outdated("The draft has changed since you looked at it.")
        _must_replace(site, seen.live)
        return _start(site, source, user, note)


def roll_back(site: Site, number: int, user, seen: Seen = Seen()) -> Release:
    """Publishes an old release again, under a new number; drafts stay as they are. Raises `Unpublishable`,
    `NothingToPublish` and `Outdated`."""
    with transaction.atomic():
        _lock(site)
        old = Release.objects.filter(
            site=site, number=number, status=Release.Status.SUPERSEDED, live_at__isnull=False
        ).first()
        if old is None:
            raise Unpublishable(f"Release {number} was never live, or is live now.")
        source = _source(old)
        _must_be_new(site, source)
        _must_replace(site, seen.live)
        return _start(site, source, user, f"Rolled back to release {number}", rolled_back_to=old)


def pending_release(site: Site) -> Release | None:
    """The latest one that is on its way."""
    return Release.objects.filter(site=site, status__in=PENDING).defer("source", "compiled").first()


def live_release(site: Site) -> Release | None:
    return Release.objects.filter(site=site, status=Release.Status.LIVE).first()


def _lock(site: Site) -> Site:
    """Against other publishers only: without `no_key`, nobody could store an event or a session of this site
    meanwhile."""
    return Site.objects.select_for_update(no_key=True).get(pk=site.pk)


def _pending_dates(site: Site) -> dict[int, int]:
    """First publications in a release that is on its way, so that a second click freezes the same content."""
    pending = Release.objects.filter(site=site, status__in=PENDING).first()
    return {rule.id: rule.first_published_at for rule in _source(pending).rules} if pending else {}


def _source(release: Release) -> Source:
    return msgspec.convert(release.source, Source)


def _source_of(release: Release | None) -> Source | None:
    return _source(release) if release else None


def _must_be_new(site: Site, source: Source) -> None:
    latest = Release.objects.filter(site=site, status__in=[*PENDING, Release.Status.LIVE]).first()
    if latest and latest.version == version_of(source):
        raise NothingToPublish(f"Release {latest.number} has the same content already.")


def _must_replace(site: Site, number: int | None) -> None:
    """The live release, by its number."""
    if number is None:
        return
    live = Release.objects.filter(site=site, status=Release.Status.LIVE).values_list("number", flat=True).first() or 0
    if number != live:
        raise Outdated(
            f"Visitors have been seeing release {live} since you looked."
            if live
            else "Visitors see no release any more."
        )


def _start(site: Site, source: Source, user, note: str, rolled_back_to: Release | None = None) -> Release:
    release = Release.objects.create(
        site=site,
        number=(Release.objects.filter(site=site).aggregate(last=Max("number"))["last"] or 0) + 1,
        version=version_of(source),
        source=msgspec.to_builtins(source),
        changes=changes(_source_of(live_release(site)), source),
        note=note,
        published_by=user,
        rolled_back_to=rolled_back_to,
    )
    # Robust: the release is recorded though no broker may answer; `resume` takes it up then.
    transaction.on_commit(lambda: tasks.compile_release.delay(release.pk), robust=True)
    return release


# --- compiling and going live: in a worker --------------------------------------------------------


def compile_release(pk: int) -> None:
    """Safe to run twice: only a release that still compiles or is ready goes on. Whatever goes wrong is kept with the
    release; the old one stays live."""
    release = Release.objects.get(pk=pk)
    if release.status not in PENDING:
        return
    try:
        if release.status == Release.Status.COMPILING:
            _compile(release)
        _go_live(pk)
    except Exception as error:  # the marketer waits for an answer, and a worker's log is not where they look
        log.exception("release_failed", release=pk, site=release.site_id)
        Release.objects.filter(pk=pk).exclude(status=Release.Status.LIVE).update(
            status=Release.Status.FAILED, error=f"{type(error).__name__}: {error}"
        )


def _compile(release: Release) -> None:
    _progress(release, 10)
    blob = dump(_source(release), release.version)
    _progress(release, 70)
    load(blob)  # what no edge could read must not go live
    release.status, release.compiled = Release.Status.READY, blob
    release.progress = 90
    release.save(update_fields=["status", "compiled", "progress"])


def _progress(release: Release, percent: int) -> None:
    Release.objects.filter(pk=release.pk).update(progress=percent)


def _go_live(pk: int) -> None:
    with transaction.atomic():
        site = _lock(Release.objects.select_related("site").get(pk=pk).site)
        release = Release.objects.get(pk=pk)
        previous = live_release(site)
        if release.status != Release.Status.READY:
            return
        if previous and previous.number > release.number:  # a later one compiled faster
            release.status = Release.Status.SUPERSEDED
            release.save(update_fields=["status"])
            return
        Release.objects.filter(site=site, status=Release.Status.LIVE).update(status=Release.Status.SUPERSEDED)
        release.status, release.progress, release.live_at = Release.Status.LIVE, 100, datetime.now(UTC)
        release.save(update_fields=["status", "progress", "live_at"])
        _date_first_publication(release)
        push(release, previous)
    log.info("release_live", site=site.pk, number=release.number, version=release.version)


def _date_first_publication(release: Release) -> None:
    """As frozen, so that the next freeze of the same draft has the same content."""
    rules_by_date: dict[int, list[int]] = defaultdict(list)
    for rule in _source(release).rules:
        rules_by_date[rule.first_published_at].append(rule.id)
    for date, rules in rules_by_date.items():
        Rule.objects.filter(pk__in=rules, first_published_at=None).update(first_published_at=moment_of(date))


# --- Redis: where edges read ----------------------------------------------------------------------


def push(release: Release, previous: Release | None = None) -> None:
    """The blob, then the pointer, then the news, in one transaction of Redis: no edge sees a pointer without its
    blob."""
    pointer = keys.live_release(release.site_id)
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pipeline(transaction=True) as commands:
        commands.set(keys.release(release.site_id, release.version), bytes(release.compiled))
        commands.set(pointer, release.version)
        if previous and previous.version != release.version:
            commands.expire(keys.release(release.site_id, previous.version), KEEP_OLD)
        commands.publish(keys.CHANGES, "release")
        commands.execute()


def keep_pushed() -> list[int]:
    """Pushes again what Redis lost, and returns the sites concerned. Beat calls it each minute."""
    lost = []
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for site, version in Release.objects.filter(status=Release.Status.LIVE).values_list("site", "version"):
            pointer = keys.live_release(site)
            if (client.get(pointer) or b"").decode() != version or not client.exists(keys.release(site, version)):
                lost.append(site)
    for site in lost:
        with (
            transaction.atomic()
        ):  # locked, so that a release that goes live now is not overtaken by the one read above
            if live := live_release(_lock(Site(pk=site))):
                push(live)
    return lost


def resume() -> None:
    """Takes up releases whose worker died or whose task was lost."""
    before = datetime.now(UTC) - STALLED
    for pk in Release.objects.filter(status__in=PENDING, created_at__lt=before).values_list("pk", flat=True):
        compile_release(pk)
