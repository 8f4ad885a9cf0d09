"""What of campaigns runs in workers? Compiling a release, keeping Redis in step with the record, reviewing drafts,
looking whether pictures are there."""

from celery import shared_task

from campaigns import golive, kept_review
from campaigns.coupons import pushing
from campaigns.models import AdVariant
from campaigns.pictures.reaching import picture_fault


@shared_task
def compile_release(release: int) -> None:
    golive.compile_release(release)


@shared_task
def keep_releases_pushed() -> None:
    """Redis may lose what it held; edges that start afterwards must find the live release."""
    golive.resume()
    golive.keep_pushed()
    pushing.push()


@shared_task
def review_draft(site: int) -> None:
    kept_review.refresh(site)


@shared_task
def keep_drafts_reviewed() -> None:
    kept_review.keep_all()


@shared_task(time_limit=60)
def check_picture(variant: int) -> None:
    """Whether the address of a creative's picture leads to one."""
    found = AdVariant.objects.filter(pk=variant).values_list("image_url", flat=True).first()
    if found:
        fault = picture_fault(found)[:200]
        # Somebody may have saved another address meanwhile. The date of the last change is that of people's changes.
        AdVariant.objects.filter(pk=variant, image_url=found).update(picture_fault=fault)
