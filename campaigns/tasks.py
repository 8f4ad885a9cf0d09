"""What of campaigns runs in workers? Compiling a release, keeping Redis in step with the record, reviewing drafts."""

from celery import shared_task

from campaigns import golive, kept_review


@shared_task
def compile_release(release: int) -> None:
    golive.compile_release(release)


@shared_task
def keep_releases_pushed() -> None:
    """Redis may lose what it held; edges that start afterwards must find the live release."""
    golive.resume()
    golive.keep_pushed()


@shared_task
def review_draft(site: int) -> None:
    kept_review.refresh(site)


@shared_task
def keep_drafts_reviewed() -> None:
    kept_review.keep_all()
