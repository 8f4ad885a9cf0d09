"""Work of this app that no request waits for."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from sites.push import push
from tracking import archive, drops, partitions, retention, rollups


@shared_task
def keep_sites_pushed() -> None:
    """Redis may have been emptied, or away when a site was saved."""
    push()


@shared_task
def store_drops() -> None:
    drops.store()


@shared_task
def make_partitions() -> None:
    partitions.ensure(partitions.months_ahead(timezone.now().date()))


@shared_task
def archive_hours() -> None:
    archive.archive_closed(timezone.now())


@shared_task
def drop_expired() -> None:
    retention.drop_expired(timezone.now().date())


@shared_task
def forget_minutes() -> None:
    rollups.forget_minutes(timezone.now() - timedelta(days=rollups.MINUTES_KEPT_DAYS))
