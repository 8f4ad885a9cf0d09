"""What of decisions and log-ins runs in workers? Keeping what the edge reads in step with the record, and forgetting
what has ended."""

from celery import shared_task
from django.core.management import call_command

from personalization import tokens


@shared_task
def keep_tokens_pushed() -> None:
    """Tokens expire, and Redis may lose what it held."""
    tokens.push()


@shared_task
def clear_sessions() -> None:
    """Sessions that have expired stay in their table until somebody deletes them."""
    call_command("clearsessions")
