"""Work of this app that no request waits for: sizes of segments with distributions of features, and training."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from segments import audience, recounting, train
from segments.models import Recount, Segment, TrainingRun
from segments.training_runs import next_run
from sites.models import Site
from sites.pages.history import Actor

RECOUNT_SECONDS = 10.0
SCHEDULE = Actor(None, "schedule train-clusters")


@shared_task
def measure_segments() -> None:
    for site in Site.objects.all():
        audience.measure(site)


@shared_task
def measure_segment(segment_id: int) -> None:
    """The others are counted in their turn: this one somebody has just changed, and waits for."""
    segment = Segment.objects.select_related("site").filter(pk=segment_id, archived=False).first()
    if segment:
        audience.measure(segment.site, only=segment.key)


def count_soon(segment: Segment) -> None:
    """Once the change is committed. The change holds though no broker may answer; then the next round counts it."""
    transaction.on_commit(lambda: measure_segment.delay(segment.pk), robust=True)


@shared_task
def recount_rows(site_id: int) -> None:
    """In turns, so that a worker is free for others between. `recount_stalled` takes up what is lost."""
    if not recounting.run(site_id, RECOUNT_SECONDS) and Recount.objects.filter(site=site_id, finished_at=None).exists():
        recount_rows.apply_async([site_id], countdown=1)


@shared_task
def recount_stalled() -> None:
    for site_id in recounting.stalled():
        recount_rows.delay(site_id)


def recount_soon(site: Site) -> None:
    """Once the change is committed. It holds though no broker may answer; then `recount_stalled` takes it up."""
    transaction.on_commit(lambda: recount_rows.delay(site.pk), robust=True)


def train_soon(run: TrainingRun) -> None:
    """Once the wish for it is committed. A run that nobody can be asked for has failed: its page must not wait for
    it."""
    transaction.on_commit(lambda: _ask_for(run))


def _ask_for(run: TrainingRun) -> None:
    try:
        train_clusters.delay(run.pk)
    except OperationalError:
        run.status, run.finished_at, run.message = (
            TrainingRun.Status.FAILED,
            timezone.now(),
            "No worker could be asked, because Redis does not answer.",
        )
        run.save(update_fields=["status", "finished_at", "message"])


@shared_task
def train_clusters(run_id: int) -> None:
    """What whoever asked wrote down as a TrainingRun, so that its page can follow it at once."""
    run = TrainingRun.objects.select_related("site").filter(pk=run_id, status=TrainingRun.Status.RUNNING).first()
    if run:  # else delivered twice
        train.train(run.site, run)


@shared_task
def train_all() -> None:
    for site in Site.objects.all():
        if run := next_run(site, SCHEDULE):
            train_soon(run)
