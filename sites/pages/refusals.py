"""What are people told who may not open a page, or ask for what cannot be? In the shell where they are of the staff,
plainly where they are not."""

import re

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import bad_request, permission_denied

# The admin's names for its pages.
_TABLE_PAGE = re.compile(r"([a-z]+)_([a-z]+)_(changelist|add|change|delete|history)")
_VERBS = {"changelist": "view", "history": "view"}
NAMED = 5


def refuse(request: HttpRequest, permission: str) -> HttpResponse:
    """Names the permission ("app.codename"; empty: unknown), the roles that have it, and who can give it."""
    app, _, codename = permission.partition(".")
    which = Permission.objects.filter(content_type__app_label=app, codename=codename)
    context = {
        "title": "Not allowed",
        "permission": permission,
        "permission_name": which.values_list("name", flat=True).first() or codename,
        "roles": list(Group.objects.filter(permissions__in=which).distinct().order_by("name")),
        "givers": able_to("auth.change_user"),  # who may change what others may do
    }
    shell = admin.site.each_context(request)
    return render(request, "sites/not_allowed.html", shell | context, status=403)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403: what the admin refuses."""
    if not _is_staff(request):
        return permission_denied(request, exception)
    return refuse(request, _asked_for(request))


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    if not _is_staff(request):
        return bad_request(request, exception)
    shell = admin.site.each_context(request)
    return render(request, "sites/not_understood.html", shell | {"title": "Not understood"}, status=400)


def _is_staff(request: HttpRequest) -> bool:
    """A request that was refused early has no user yet."""
    return hasattr(request, "user") and admin.site.has_permission(request)


def _asked_for(request: HttpRequest) -> str:
    """The permission that a page of the admin needs, by the page's name; empty where it is none of a table."""
    match = request.resolver_match
    found = _TABLE_PAGE.fullmatch(match.url_name or "") if match and match.app_name == "admin" else None
    if found is None:
        return ""
    app, table, page = found.groups()
    verb = "view" if page == "change" and request.method == "GET" else _VERBS.get(page, page)
    return f"{app}.{verb}_{table}"


def able_to(permission: str) -> list[User]:
    """Whom to ask: a few of the staff who hold the permission, by name."""
    (backend, *_) = settings.AUTHENTICATION_BACKENDS
    able = User.objects.with_perm(permission, backend=backend)
    return list(able.filter(is_staff=True).distinct().order_by("username")[:NAMED])
