"""What does every page of ours share: who may open it, for which site, in which shell?"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import get_script_prefix, reverse
from django.views.decorators.http import require_POST
from django.views.defaults import page_not_found
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from sites.models import Site
from sites.pages.clock import follow
from sites.pages.paths import addresses_of, named_site, site_of, sites_of
from sites.pages.refusals import able_to, refuse
from sites.pages.unsent import keep_for_login

# Apps whose pages tell of visitors or of the staff; so may a page that is open to all staff, such as the search.
TELLING = ("sites.", "tracking.", "auth.", "admin.", "personalization.")

View = Callable[..., HttpResponseBase]


class PageRequest(HttpRequest):
    """What a view of ours is handed: somebody of the staff, perhaps by htmx. For type checkers only."""

    user: User
    htmx: HtmxDetails


def page(permission: str, *, without_site: bool = False) -> Callable[[View], View]:
    """Opens a view to staff who hold the permission (to all staff, where it is empty), and hands it the current site
    after the request; times are those of the site's clocks. Where there is no site yet, `without_site` hands the view
    None; other pages lead to making the first.

    What is posted is answered in one transaction: a row that the view locks stays as it was checked until it is saved.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not admin.site.has_permission(request):
                return _log_in(request)
            if permission and not request.user.has_perm(permission):
                return refuse(request, permission)
            sites = sites_of(request)
            if not sites and not without_site:
                return _first_site(request)
            if (
                len(sites) > 1
                and request.method == "GET"
                and not request.htmx
                and (wanted := _site_to_show(request, sites))
            ):
                return _page_of(request, wanted)
            site = site_of(request)
            if site:
                follow(site)
            elif sites:
                raise Http404("no such site")
            with transaction.atomic() if request.method == "POST" else nullcontext():
                response = view(request, site, *args, **kwargs)
            if permission and not permission.startswith(TELLING):
                # Without people on it, a browser may keep it, and so bring back what was typed when somebody goes
                # back.
                response.headers.setdefault("Cache-Control", "private, no-cache")
            return response

        return wrapped

    return decorate


@require_POST
@page("tracking.view_event")
def choose_site(request: PageRequest, _site: Site) -> HttpResponse:
    """From now on, addresses that name no site mean the `site` posted. Pages that are open stay with theirs."""
    site = get_object_or_404(Site, pk=whole(request.POST.get("site", "")) or 0)
    request.session["site"] = site.pk
    with addresses_of(site.pk):
        return redirect("home")


def _first_site(request: PageRequest) -> HttpResponse:
    """An installation begins with its first site: to the form where somebody may fill it in, else to who may."""
    if request.user.has_perm("sites.add_site"):
        return redirect("site-new")
    context = {"title": "No site yet", "site": None, "givers": able_to("sites.add_site")}
    return render_page(request, "sites/no_site.html", context)


def _site_to_show(request: PageRequest, sites: list[Site]) -> Site | None:
    """The site whose address this page should have: that of `?site=`; else that of the address, where it names none the
    one chosen. None: it has it."""
    asked = next((site for site in sites if str(site.pk) == request.GET.get("site")), None)
    wanted = asked or (site_of(request) if named_site(request) is None else None)
    return wanted if wanted and wanted.pk != named_site(request) else None


def _page_of(request: PageRequest, site: Site) -> HttpResponse:
    query = request.GET.copy()
    query.pop("site", None)
    with addresses_of(site.pk):
        path = get_script_prefix() + quote(request.path_info.removeprefix("/"))
    return redirect(f"{path}?{query.urlencode()}" if query else path)


def query_of(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """What the address asks for; Postgres has no character 0, so nothing is named with one."""
    return {name: request.GET.get(name, "").replace("\0", "").strip() for name in names}


def whole(text: str) -> int | None:
    """The number that a browser names: a row by its id, a place in a list. None where it is no whole number of at most
    18 digits, which any column of ids can be compared with."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def render_page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, in the shell of the admin."""
    return render(request, template, admin.site.each_context(request) | context, status=status)


def not_found(request: PageRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: in the shell for staff, plain for strangers."""
    if admin.site.has_permission(request):
        site = site_of(request) or next(iter(sites_of(request)), None)
        # What the page leads on to is there, also where the site is not.
        with addresses_of(site.pk) if site and named_site(request) else nullcontext():
            return render_page(request, "sites/not_found.html", {"title": "Not found", "site": site}, status=404)
    return page_not_found(request, exception)


def _log_in(request: PageRequest) -> HttpResponse:
    login = reverse("admin:login")
    if request.htmx and request.method == "POST":  # somebody may be typing; the page says it and stays
        return HttpResponse("You have been logged out.", status=401, content_type="text/plain")
    if request.htmx:  # a fragment must not be replaced by a log-in form
        return HttpResponseClientRedirect(f"{login}?next={request.htmx.current_url_abs_path or '/'}")
    if request.method == "POST":
        return keep_for_login(request)
    return redirect_to_login(request.get_full_path(), login)
