"""Who may log in, and how often may somebody try? Attempts are counted in Redis, for the account and for the address
that they come from."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import redis
import structlog
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from unfold.forms import AuthenticationForm

from sites import keys
from tracking.addresses import client_of, subscriber

log = structlog.get_logger(__name__)

# Within a window, which begins with the first attempt. An office shares an address.
WINDOW_SECONDS = 15 * 60
ATTEMPTS_FOR_ACCOUNT = 10
ATTEMPTS_FROM_ADDRESS = 50


class Backend(ModelBackend):
    """Django's own, for as many attempts as are allowed. Each counts before its password is compared, so that many at
    once are no way around."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **fields: Any
    ) -> User | None:
        if username is None or password is None:
            return None
        address = _address(request)
        if wait := _count(username, address):
            log.warning("login_refused", account=_name_for_log(username), address=address, seconds=wait)
            raise PermissionDenied
        user = super().authenticate(request, username=username, password=password, **fields)
        if user is None:
            log.warning("login_failed", account=_name_for_log(username), address=address)
        else:
            _forgive(username, address)
            log.info("login", account=username, address=address)
        return user


class LoginForm(AuthenticationForm):
    """Says so where it is not the password that is wrong."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "This user name and this password do not belong together. Capital letters count in both.",
    }

    def get_invalid_login_error(self) -> ValidationError:
        wait = seconds_to_wait(self.cleaned_data["username"], _address(self.request))
        if not wait:
            return super().get_invalid_login_error()
        return ValidationError(f"Too many attempts. Try again in {-(-wait // 60)} minutes.", code="too_many_attempts")


def is_again(request: HttpRequest, password: str) -> bool:
    """Whether the person who is logged in types their password, for what must not be done by whoever finds an open
    browser."""
    return authenticate(request, username=request.user.get_username(), password=password) == request.user


def seconds_to_wait(username: str, address: str) -> int:
    """0: the next attempt is let through."""
    keys = _limits(username, address)
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client, client.pipeline() as commands:
            for key in keys:
                commands.get(key).ttl(key)
            answers = commands.execute()
    except redis.RedisError:
        return 0
    return _longest(
        (int(used or 0) >= limit, ttl)
        for used, ttl, limit in zip(answers[::2], answers[1::2], keys.values(), strict=True)
    )


def _count(username: str, address: str) -> int:
    """Counts an attempt; seconds to wait, 0 where it may be made. Where Redis is away nobody is kept out: staff must
    see what is wrong."""
    keys = _limits(username, address)
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client, client.pipeline() as commands:
            for key in keys:
                commands.incr(key).expire(key, WINDOW_SECONDS, nx=True).ttl(key)
            answers = commands.execute()
    except redis.RedisError as error:
        log.warning("login_not_counted", error=str(error))
        return 0
    return _longest(
        (used > limit, ttl) for used, ttl, limit in zip(answers[::3], answers[2::3], keys.values(), strict=True)
    )


def _forgive(username: str, address: str) -> None:
    """The account's attempts are forgotten; of the address only this one, or one account of one's own would open all
    others."""
    of_account, *of_address = _limits(username, address)
    try:
        with redis.Redis.from_url(settings.REDIS_URL) as client, client.pipeline() as commands:
            commands.delete(of_account)
            for key in of_address:
                commands.decr(key)
            commands.execute()
    except redis.RedisError as error:
        log.warning("login_not_counted", error=str(error))


def _limits(username: str, address: str) -> dict[str, int]:
    """The keys that count an attempt, the account's first, with what they may reach."""
    keys = {_key("account", username.casefold()): ATTEMPTS_FOR_ACCOUNT}
    if address:
        keys[_key("address", subscriber(address))] = ATTEMPTS_FROM_ADDRESS
    return keys


def _key(kind: str, name: str) -> str:
    return keys.login_attempts(kind, blake2b(name.encode(errors="surrogatepass"), digest_size=16).hexdigest())


def _longest(counters: Iterable[tuple[bool, int]]) -> int:
    return max((max(ttl, 1) for is_over, ttl in counters if is_over), default=0)


def _address(request: HttpRequest | None) -> str:
    if request is None:
        return ""
    return client_of(
        request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES
    )


def _name_for_log(username: str) -> str:
    """What is no account's name may be a password that was typed in the wrong place, and does not belong in a log."""
    return username if User.objects.filter(username=username).exists() else "unknown"
