"""In which time zone does a page tell and take times? In that of its site; elsewhere, and over the API, in UTC."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from sites.models import Site
from sites.pages.paths import site_of


class LocalTimes:
    """Middleware. A page of ours switches to the clocks of its site (`follow`), and the tables of the admin to those of
    the site that was chosen; whoever is answered next begins in UTC again."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self._get_response(request)
        finally:
            timezone.deactivate()

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        match = request.resolver_match
        if match and match.app_name == "admin" and admin.site.has_permission(request):
            site = site_of(request)
            if site:
                follow(site)


def follow(site: Site) -> None:
    """Times of this request are those of the site's clocks from here on."""
    timezone.activate(zone_of(site))


def zone_of(site: Site) -> ZoneInfo:
    return ZoneInfo(site.time_zone)


def current_zone() -> ZoneInfo:
    zone = timezone.get_current_timezone()
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC")
