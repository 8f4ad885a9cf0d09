"""How long does a log-in last? Until it has not been used for a while, and not for ever."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse

from sites.pages import unsent

LONGEST_SECONDS = 14 * 86_400
NOTED_EVERY_SECONDS = 60  # looking at a page must not always write


def begin(request: HttpRequest, **_: Any) -> None:
    """Follows Django's `user_logged_in`; the session is saved then anyhow."""
    request.session["since"] = request.session["used_at"] = int(time.time())


def end_idle(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Ends a log-in whose time has come, ahead of the view. What a page fetches by itself is no use of it."""

    def handle(request: HttpRequest) -> HttpResponse:
        if SESSION_KEY not in request.session:
            return get_response(request)
        if _is_over(request, int(time.time())):
            logout(request)
        response = get_response(request)
        if not unsent.is_known(request):
            unsent.remember(response)
        return response

    return handle


def _is_over(request: HttpRequest, now: int) -> bool:
    session = request.session
    # Older versions noted neither.
    since, used_at = session.setdefault("since", now), session.setdefault("used_at", now)
    if now - used_at > settings.IDLE_MINUTES * 60 or now - since > LONGEST_SECONDS:
        return True
    if now - used_at >= NOTED_EVERY_SECONDS and not _is_poll(request):
        session["used_at"] = now
    return False


def _is_poll(request: HttpRequest) -> bool:
    return request.method == "GET" and "HX-Request" in request.headers
