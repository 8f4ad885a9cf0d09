"""Work of this app that no request waits for: sizes of segments with distributions of features, and training."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from segments import audience, train
from segments.models import Segment, TrainingRun
from sites.models import Site


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


def train_soon(run: TrainingRun) -> None:
    """Once the wish for it is committed. A run that nobody can be asked for has failed: its page must not wait for
    it."""
    transaction.on_commit(lambda: _ask_for(run))


def _ask_for(run: TrainingRun) -> None:
    try:
        train_clusters.delay(run.site_id, run.pk)
    except OperationalError:
        run.status, run.finished_at, run.message = (
            TrainingRun.Status.FAILED,
            timezone.now(),
            "No worker could be asked, because Redis does not answer.",
        )
        run.save(update_fields=["status", "finished_at", "message"])


@shared_task
def train_clusters(site_id: int, run_id: int | None = None) -> None:
    """`run_id` names a TrainingRun made by whoever asked, so that its page can follow it at once."""
    run = TrainingRun.objects.filter(pk=run_id, status=TrainingRun.Status.RUNNING).first() if run_id else None
    if run_id and run is None:
        return  # delivered twice
    train.train(Site.objects.get(pk=site_id), run)


@shared_task
def train_all() -> None:
    for site_id in Site.objects.values_list("pk", flat=True):
        train_clusters.delay(site_id)
