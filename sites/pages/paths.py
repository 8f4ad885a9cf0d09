"""Which site is a page of? Its address says so: `/site/3/campaigns/` is `/campaigns/` of site 3.

Every address that is made while such a page is answered begins the same way, by Django's script prefix: links, forms,
redirects and what htmx fetches stay with the site that the page showed, whatever somebody chooses in another tab.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, set_script_prefix

from sites.models import Site

IN_PATH = re.compile(r"/site/([1-9][0-9]{0,17})(?=/)")


def site_in_path(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: takes the site out of the path before views are looked up; `named_site` tells it."""

    def handle(request: HttpRequest) -> HttpResponse:
        found = IN_PATH.match(request.path_info)
        if found is None:
            return get_response(request)
        request.META["segue.site"] = int(found[1])
        request.path_info = request.path_info[found.end() :]
        with addresses_of(int(found[1])):
            return get_response(request)

    return handle


def named_site(request: HttpRequest) -> int | None:
    """The id of the site that the address names, whether there is one or not."""
    return request.META.get("segue.site")


def sites_of(request: HttpRequest) -> list[Site]:
    """All sites; one query a request."""
    if "segue.sites" not in request.META:
        request.META["segue.sites"] = list(Site.objects.order_by("id"))
    found: list[Site] = request.META["segue.sites"]
    return found


def site_of(request: HttpRequest) -> Site | None:
    """The site that the address names; where it names none, the one chosen last, else the first. None: there is none,
    or none with the id that the address names."""
    by_id = {site.pk: site for site in sites_of(request)}
    named = named_site(request)
    if named is not None:
        return by_id.get(named)
    return by_id.get(request.session.get("site", 0)) or next(iter(by_id.values()), None)


@contextmanager
def addresses_of(site_id: int) -> Iterator[None]:
    """Addresses that are made inside are of this site's pages."""
    outer = get_script_prefix()
    set_script_prefix(f"{IN_PATH.sub('', outer)}site/{site_id}/")
    try:
        yield
    finally:
        set_script_prefix(outer)


def without_site(address: str) -> str:
    """The same, of no site in particular: for a link that is meant for later, when the site may be gone."""
    return IN_PATH.sub("", address, count=1)
