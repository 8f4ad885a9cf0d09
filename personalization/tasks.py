"""What of decisions and log-ins runs in workers? Keeping what the edge reads in step with the record, and forgetting
what has ended."""

from typing import Any

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from campaigns.models import Treatment
from personalization import tokens
from personalization.bandits import batches, pushing
from personalization.experiments import rebuilding
from personalization.off_policy import working


@shared_task
def keep_tokens_pushed() -> None:
    """Tokens expire, and Redis may lose what it held."""
    tokens.push()


@shared_task
def clear_sessions() -> None:
    """Sessions that have expired stay in their table until somebody deletes them."""
    call_command("clearsessions")


@shared_task
def keep_bandits_learning() -> None:
    """Makes new weights where they are due, and tells edges what Redis lost."""
    now = timezone.now()
    batches.make(batches.due(now), now)
    pushing.push_all()


@shared_task
def rebuild_experiment(treatment: int) -> None:
    """Counts it again, for one that is still there."""
    if row := Treatment.objects.filter(pk=treatment).first():
        rebuilding.rebuild(row)


@shared_task(bind=True)
def evaluate_policy(self: Any, evaluation: int) -> None:
    """What whoever asked wrote down, so that its page can follow it at once."""
    working.work(evaluation, is_again=bool((self.request.delivery_info or {}).get("redelivered")))
