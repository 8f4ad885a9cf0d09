"""What do pages answer that are asked for what nothing can be: a year beyond all calendars, a text with the character
that Postgres lacks?"""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse

from sites.pages.refusals import not_understood


class OddInput:
    """Middleware. The admin hands such values on to the clock and the database, which refuse them: the sender's fault,
    not ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DataError | OverflowError):
            return None
        return not_understood(request, error)
