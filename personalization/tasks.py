"""What of decisions runs in workers? Keeping what the edge reads in step with the record."""

from celery import shared_task

from personalization import tokens


@shared_task
def keep_tokens_pushed() -> None:
    """Tokens expire, and Redis may lose what it held."""
    tokens.push()
