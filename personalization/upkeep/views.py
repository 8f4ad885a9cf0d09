"""Pages under Settings: what it lists, sites, people, tokens, the change log, the tables behind all pages."""

import csv
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Release
from personalization import roles
from personalization.models import ApiToken
from personalization.navigation import GROUPS, SETTINGS_GROUP, may_open
from personalization.tokens import closed_because
from personalization.upkeep import change_log
from sites.models import Site
from sites.pages.history import NOBODY
from sites.pages.shell import PageRequest, page, query_of, render_page
from sites.pages.spreadsheets import disarm
from tracking.installation import public_address
from tracking.models import Visitor

CHANGES_PER_PAGE = 50
MOST_EXPORTED = 100_000  # changes


@require_GET
@page("", without_site=True)
def settings(request: PageRequest, site: Site | None) -> HttpResponse:
    rows = [row for row in GROUPS[SETTINGS_GROUP] if may_open(request.user, row)]
    return render_page(request, "upkeep/settings.html", {"site": site, "title": "Settings", "rows": rows})


@require_GET
@page("sites.view_site")
def all_sites(request: PageRequest, site: Site) -> HttpResponse:
    live = Release.objects.filter(site=OuterRef("pk"), status=Release.Status.LIVE)
    last = Visitor.objects.filter(site=OuterRef("pk")).order_by("-last_seen_at")
    rows = Site.objects.annotate(
        live=Subquery(live.values("number")[:1]), last_at=Subquery(last.values("last_seen_at")[:1])
    )
    return render_page(request, "upkeep/sites.html", {"site": site, "title": "Sites", "rows": rows})


@require_GET
@page("auth.view_user", without_site=True)
def people(request: PageRequest, site: Site | None) -> HttpResponse:
    found = User.objects.exclude(username=NOBODY).prefetch_related("groups").order_by("-is_active", "username", "id")
    everybody = [(person, roles.role_of(person)) for person in found]
    kinds = roles.in_order()
    context: dict[str, Any] = {
        "site": site,
        "title": "People and roles",
        "people": everybody,
        "tokens": dict(ApiToken.objects.values_list("created_by").annotate(number=Count("pk")).order_by()),
        "roles": [{"name": name, "people": sum(role == name for _, role in everybody)} for name in kinds],
        "abilities": [
            (words, [permission in held for held in kinds.values()]) for words, permission in roles.ABILITIES.items()
        ],
    }
    return render_page(request, "upkeep/people.html", context)


@require_GET
@page("personalization.view_apitoken", without_site=True)
def tokens(request: PageRequest, site: Site | None) -> HttpResponse:
    now = timezone.now()
    found = ApiToken.objects.select_related("site", "created_by").order_by("name", "id")
    rows = [(token, closed_because(token, now)) for token in found]
    context = {"site": site, "title": "API and tokens", "tokens": rows}
    return render_page(request, "upkeep/tokens.html", context | {"host": public_address(request)})


@require_GET
@page("admin.view_logentry", without_site=True)
def changes(request: PageRequest, site: Site | None) -> HttpResponse:
    asked = query_of(request, ("person", "kind", "text"))
    shown = Paginator(change_log.find(**asked), CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    query.pop("page", None)
    context: dict[str, Any] = {
        "site": site,
        "shown": shown,
        "entries": change_log.entries(shown.object_list, request.user),
        "asked": asked,
        "query": query.urlencode(),
    }
    if request.htmx.target == "changes":
        return render(request, "upkeep/_changes.html", context)
    context |= {"title": "Change log", "people": change_log.people(), "kinds": change_log.kinds()}
    return render_page(request, "upkeep/changes.html", context)


@require_GET
@page("admin.view_logentry", without_site=True)
def export_changes(request: PageRequest, _site: Site | None) -> HttpResponse:
    """The list as it is filtered, as CSV; at most `MOST_EXPORTED` rows."""
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": 'attachment; filename="changes.csv"'}
    )
    writer = csv.writer(answer)
    writer.writerow(["at", "who", "kind", "about", "change", "address"])
    rows = change_log.find(**query_of(request, ("person", "kind", "text")))[:MOST_EXPORTED]
    for entry in change_log.entries(rows, request.user):
        told = [entry.at.isoformat(), entry.who, entry.kind, entry.about, entry.words, entry.link]
        writer.writerow(map(disarm, told))
    return answer


@require_GET
@page("auth.view_user", without_site=True)
def tables(request: PageRequest, site: Site | None) -> HttpResponse:
    context = {"site": site, "title": "Tables", "apps": admin.site.get_app_list(request)}
    return render_page(request, "upkeep/tables.html", context)
