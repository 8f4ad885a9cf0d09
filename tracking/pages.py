"""What does every page of ours share: who may open it, for which site, in which shell?"""

from collections.abc import Callable, Iterable
from functools import wraps

from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.defaults import page_not_found
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from tracking.models import Site
from tracking.unsent import keep_for_login

View = Callable[..., HttpResponseBase]


class PageRequest(HttpRequest):
    """What a view of ours is handed: somebody of the staff, perhaps by htmx. For type checkers only."""

    user: User
    htmx: HtmxDetails


def page(permission: str) -> Callable[[View], View]:
    """Opens a view to staff who hold the permission, and hands it the current site after the request."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: PageRequest, *args, **kwargs) -> HttpResponseBase:
            if not admin.site.has_permission(request):
                return _log_in(request)
            if not request.user.has_perm(permission):
                return render_page(request, "403.html", {"title": "Not allowed", "permission": permission}, status=403)
            site = current_site(request)
            if site is None:
                return redirect("admin:tracking_site_add")
            response = view(request, site, *args, **kwargs)
            if not permission.startswith("tracking."):
                # Without visitors on it, a browser may keep it, and so bring back what was typed when somebody goes back.
                response.headers.setdefault("Cache-Control", "private, no-cache")
            return response

        return wrapped

    return decorate


def current_site(request: HttpRequest) -> Site | None:
    """The site that the pages speak of: `?site=`, else the one chosen last, else the first."""
    wanted = request.GET.get("site", "")
    if wanted.isdecimal() and Site.objects.filter(pk=wanted).exists():
        request.session["site"] = int(wanted)
    chosen: int | None = request.session.get("site")
    return Site.objects.filter(pk=chosen or 0).first() or Site.objects.order_by("id").first()


def asked(request: HttpRequest, names: Iterable[str]) -> dict[str, str]:
    """What the address asks for; Postgres has no character 0, so nothing is named with one."""
    return {name: request.GET.get(name, "").replace("\0", "").strip() for name in names}


def render_page(request: HttpRequest, template: str, context: dict, status: int = 200) -> HttpResponse:
    """The whole page, in the shell of the admin."""
    shell = admin.site.each_context(request)
    return render(request, template, shell | {"sites": Site.objects.only("id", "name")} | context, status=status)


def not_found(request: PageRequest, exception: Exception) -> HttpResponse:
    """Django's handler404: in the shell for staff, plain for strangers."""
    if admin.site.has_permission(request):
        return render_page(request, "not_found.html", {"title": "Not found", "site": current_site(request)}, status=404)
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
