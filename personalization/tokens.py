"""Which management tokens does the edge accept? Those that may ask for traces of decisions, as the edge reads them:
from Redis."""

from datetime import UTC, datetime

import redis
from django.conf import settings
from django.db.models import Q, QuerySet

from personalization.models import ApiToken
from sites import keys


def valid_tokens() -> QuerySet[ApiToken]:
    """Tokens that have not expired and whose owner may still sign in to the pages."""
    return ApiToken.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=datetime.now(UTC)), created_by__is_active=True, created_by__is_staff=True
    )


def closed_because(token: ApiToken, now: datetime) -> str:
    """Why a token opens nothing, in words; empty where it is one of `valid_tokens`."""
    if token.expires_at and token.expires_at <= now:
        return "It has ended."
    if not (token.created_by.is_active and token.created_by.is_staff):
        return f"{token.created_by}, for whom it acts, may not log in."
    return ""


def push() -> None:
    """Writes all of them as one change. Called when a token is saved or deleted, and each minute, for those that
    expire."""
    tokens = {token.digest: token.site_id or 0 for token in valid_tokens().filter(scopes__contains=["explain"])}
    # One transaction: an edge that asks in between would find no token at all.
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pipeline(transaction=True) as commands:
        commands.delete(keys.TOKENS)
        if tokens:
            commands.hset(keys.TOKENS, mapping=tokens)
        commands.execute()


def find(secret: str) -> ApiToken | None:
    """The valid token with this secret."""
    return valid_tokens().select_related("created_by", "site").filter(digest=keys.token_digest(secret)).first()
