"""How does a release reach visitors once it is frozen? Compiled in a worker, then live in one step, and kept live.

It goes live while the site's row is locked, so publishers take turns. Redis is told inside that transaction, last: what
edges read never runs behind a lock that somebody else holds, and a failure leaves the old release live.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import redis
import structlog
from django.conf import settings
from django.db import transaction

from campaigns import phases
from campaigns.models import Release, Rule
from campaigns.release import dump, load, rows_in
from segments import counting
from segments.tasks import recount_soon
from sites import keys
from sites.locks import lock_site
from sites.models import Site
from sites.times import moment_of

log = structlog.get_logger(__name__)

KEEP_OLD = timedelta(days=30)  # so long do links of an old release work and can its decisions be repeated
STALLED = timedelta(minutes=1)  # after which a release that still compiles is taken up again


def compile_release(pk: int) -> None:
    """Safe to run twice: only a release that still compiles or is ready goes on. Whatever goes wrong is kept with the
    release; the old one stays live."""
    release = Release.objects.get(pk=pk)
    if release.status not in Release.PENDING:
        return
    try:
        if release.status == Release.Status.COMPILING:
            _compile(release)
        _go_live(pk)
    except redis.RedisError as error:
        log.exception("release_not_pushed", release=pk, site=release.site_id)
        _wait_or_fail(release, error)
    except Exception as error:  # the marketer waits for an answer, and a worker's log is not where they look
        log.exception("release_failed", release=pk, site=release.site_id)
        _end(release, Release.Status.FAILED, error)


def _wait_or_fail(release: Release, error: redis.RedisError) -> None:
    """A stop must not be forgotten because Redis is away: it stays ready, and `resume` tries again. Whoever publishes
    looks again instead."""
    _end(release, Release.Status.READY if release.stops else Release.Status.FAILED, error)


def _end(release: Release, status: str, error: Exception) -> None:
    # Not one that another worker, who was asked as well, has brought live.
    Release.objects.filter(pk=release.pk).exclude(status=Release.Status.LIVE).update(
        status=status, error=f"{type(error).__name__}: {error}"
    )


def _compile(release: Release) -> None:
    _progress(release, 10)
    blob = dump(release.content(), release.version)
    _progress(release, 70)
    load(blob)  # what no edge could read must not go live
    release.status, release.compiled = Release.Status.READY, blob
    release.progress = 90
    release.save(update_fields=["status", "compiled", "progress"])


def _progress(release: Release, percent: int) -> None:
    Release.objects.filter(pk=release.pk).update(progress=percent)


def _go_live(pk: int) -> None:
    with transaction.atomic():
        site = lock_site(Release.objects.select_related("site").get(pk=pk).site)
        # Read under the lock: a task that was delivered twice finds it live already.
        release = Release.objects.get(pk=pk)
        previous = Release.objects.live(site)
        if release.status != Release.Status.READY:
            return
        if previous and previous.number > release.number:  # a later one compiled faster
            release.status = Release.Status.SUPERSEDED
            release.save(update_fields=["status"])
            return
        Release.objects.filter(site=site, status=Release.Status.LIVE).update(status=Release.Status.SUPERSEDED)
        release.status, release.progress, release.live_at = Release.Status.LIVE, 100, datetime.now(UTC)
        release.error = ""
        release.save(update_fields=["status", "progress", "live_at", "error"])
        _date_first_publication(release)
        phases.note(release.content(), release.live_at)
        if counting.use(site, rows_in(release.content())):
            recount_soon(site)
        # Last, before the commit: where Redis fails, all of the above is undone. Where the commit fails after it, edges
        # serve what no row calls live, until `keep_pushed` pushes the live one within a minute.
        push(release, previous)
    log.info("release_live", site=site.pk, number=release.number, version=release.version)


def _date_first_publication(release: Release) -> None:
    """As frozen, so that the next freeze of the same draft has the same content."""
    rules_by_date: dict[int, list[int]] = defaultdict(list)
    for rule in release.content().rules:
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
        # Locked, so that a release that goes live now is not overtaken by the one read above.
        with transaction.atomic():
            if live := Release.objects.live(lock_site(Site(pk=site))):
                push(live)
    return lost


def resume() -> None:
    """Takes up releases whose worker died or whose task was lost."""
    before = datetime.now(UTC) - STALLED
    for pk in Release.objects.filter(status__in=Release.PENDING, created_at__lt=before).values_list("pk", flat=True):
        compile_release(pk)
