"""What holds for every page? It carries a request id, taken from the proxy or made here; and a browser never takes a
part of it for the whole."""

import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from personalization.request_ids import is_acceptable


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Binds the id to every log line of the request and answers it as X-Request-Id."""

    def handle(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        identity = given if is_acceptable(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=identity):
            response = get_response(request)
        response["X-Request-Id"] = identity
        return response

    return handle


def fragments(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """One address answers the whole page, or to htmx a part of it: a browser that kept the part would show it alone
    when somebody goes back."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        patch_vary_headers(response, ["HX-Request", "HX-Target"])
        if "HX-Request" in request.headers:
            response["Cache-Control"] = "no-store"
        return response

    return handle
