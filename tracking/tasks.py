"""Work of this app that no request waits for."""

from celery import shared_task

from tracking import drops, sites


@shared_task
def keep_sites_pushed() -> None:
    """Redis may have been emptied: without the snapshots the edge knows no site."""
    sites.push_if_absent()


@shared_task
def store_drops() -> None:
    drops.store()
