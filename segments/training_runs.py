"""Who asked for a training, and is one under way? A run is in the change log; what comes of it is signed by the same
actor."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from segments.clustering.kinds import DEFAULT, KINDS
from segments.models import TrainingRun
from segments.models_in_force import version_in_force
from sites.locks import lock_site
from sites.models import Site
from sites.pages.history import Actor, record


def usual_kind(site: Site) -> str:
    """The kind in force: whoever trains without a word about it goes on with what somebody chose."""
    version = version_in_force(site)
    return version.kind if version and version.kind in KINDS else DEFAULT


@transaction.atomic
def new_run(site: Site, by: Actor, kind: str | None = None, message: str = "") -> TrainingRun:
    """For who trains at once. Without `kind`, of the kind of the model in use."""
    kind = kind or usual_kind(site)
    run = TrainingRun.objects.create(
        site=site,
        kind=kind,
        message=message,
        asked_by=by.user if isinstance(by.user, User) else None,
        asked_through=by.through[:200],
    )
    record(by, run, f"Asked for a training: {KINDS[kind].TITLE}.", created=True)
    return run


@transaction.atomic
def next_run(site: Site, by: Actor, kind: str | None = None) -> TrainingRun | None:
    """One for a worker to take up; None where one is under way already."""
    # One at a time: two who ask at once take turns here.
    lock_site(site)
    since = timezone.now() - timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    if TrainingRun.objects.filter(site=site, status=TrainingRun.Status.RUNNING, started_at__gt=since).exists():
        return None
    return new_run(site, by, kind, "Waiting for a worker")


def asker_of(run: TrainingRun) -> Actor:
    return Actor(run.asked_by, run.asked_through)
