"""Work of this app that no request waits for: sizes of segments, and training."""

from celery import shared_task
from django.db import transaction

from segments import audience, train
from segments.models import Segment, TrainingRun
from tracking.models import Site


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
