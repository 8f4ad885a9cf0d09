"""Which request does a log line belong to? Pages carry a request id, taken from the proxy or made here."""

import re
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

ACCEPTABLE = re.compile(r"^[\w.:-]{1,100}$")


def request_id(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Binds the id to every log line of the request and answers it as X-Request-Id."""

    def handle(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-Id", "")
        identity = given if ACCEPTABLE.match(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=identity):
            response = get_response(request)
        response["X-Request-Id"] = identity
        return response

    return handle
