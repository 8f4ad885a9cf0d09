"""What of campaigns runs in workers? Compiling a release, and keeping Redis in step with the record."""

from celery import shared_task


@shared_task
def compile_release(release: int) -> None:
    from campaigns import publish  # publish queues this task, so it cannot be imported above

    publish.compile_release(release)


@shared_task
def keep_releases_pushed() -> None:
    """Redis may lose what it held; edges that start afterwards must find the live release."""
    from campaigns import publish

    publish.resume()
    publish.keep_pushed()
