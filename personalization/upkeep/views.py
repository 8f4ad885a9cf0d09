"""The page Settings, and the tables behind all pages."""

from django.contrib import admin
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from personalization.navigation import GROUPS, SETTINGS_GROUP, may_open
from sites.models import Site
from sites.pages.shell import PageRequest, page, render_page


@require_GET
@page("")
def settings(request: PageRequest, site: Site) -> HttpResponse:
    rows = [row for row in GROUPS[SETTINGS_GROUP] if may_open(request.user, row)]
    return render_page(request, "upkeep/settings.html", {"site": site, "title": "Settings", "rows": rows})


@require_GET
@page("auth.view_user")
def tables(request: PageRequest, site: Site) -> HttpResponse:
    context = {"site": site, "title": "Tables", "apps": admin.site.get_app_list(request)}
    return render_page(request, "upkeep/tables.html", context)
