"""Work of this app that no request waits for."""

from celery import shared_task

from tracking import drops, sites


@shared_task
def keep_sites_pushed() -> None:
    """Redis may have been emptied, or away when a site was saved."""
    sites.push()


@shared_task
def store_drops() -> None:
    drops.store()
