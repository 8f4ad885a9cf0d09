"""Who may listen to a site's live feed, and until when? Staff whose page has a token; a token lives minutes, and not
longer than the log-in behind it."""

import time
from typing import Any, NamedTuple

import redis
import structlog
from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from sites import keys

log = structlog.get_logger(__name__)

SALT = "segue.feed"
TOKEN_SECONDS = 180
RENEW_SECONDS = 120  # pages ask again this often


class Listener(NamedTuple):
    """What a token says of its bearer."""

    site: int
    user: int
    session: str  # a digest: the key itself opens everything
    ends_at: int  # Unix time


def digest_of(session_key: str) -> str:
    return salted_hmac(SALT, session_key).hexdigest()[:32]


def grant(request: HttpRequest, site: int) -> str:
    """A token for the page of somebody who may see events; empty where Redis is away, so that the page shows stored
    events."""
    assert request.user.pk and request.session.session_key
    listener = Listener(site, request.user.pk, digest_of(request.session.session_key), int(time.time()) + TOKEN_SECONDS)
    key = keys.feed(listener.user)
    try:
        # One transaction: an entry without its end would outlive whoever never logs out.
        with redis.Redis.from_url(settings.REDIS_URL) as client, client.pipeline(transaction=True) as commands:
            commands.hset(key, listener.session, "1")
            commands.expire(key, TOKEN_SECONDS)
            commands.execute()
    except redis.RedisError as error:
        log.warning("feed_not_granted", error=str(error))
        return ""
    return signing.dumps(listener, salt=SALT)


def listener_of(token: str) -> Listener | None:
    """None for what was not made here, or is too old. Whether its log-in is still there, only `keys.feed` tells."""
    try:
        listener = Listener(*signing.loads(token, salt=SALT))
    except (signing.BadSignature, TypeError):
        return None
    return listener if time.time() < listener.ends_at else None


def end_session(request: HttpRequest, **_: Any) -> None:
    """Follows Django's `user_logged_out`."""
    if request.user.pk and request.session.session_key:
        _forget(request.user.pk, digest_of(request.session.session_key))


def end_all(user: int) -> None:
    """For somebody whose rights may have changed: who still has them gets a new token with the next page."""
    _forget(user)


def _forget(user: int, session: str = "") -> None:
    key = keys.feed(user)
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client:
            if session:
                client.hdel(key, session)
            else:
                client.delete(key)
    except redis.RedisError as error:  # then nobody listens either; the token ends by its age
        log.warning("feed_not_ended", error=str(error))
