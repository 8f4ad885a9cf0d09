"""Pages of placements: where each lies on the site's pages, and what runs in it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import editing
from campaigns.models import Placement
from campaigns.placement_forms import USUAL_PAGES, PlacementForm
from campaigns.placement_map import placement_map
from campaigns.priority import master_list, narrow
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page

require_form = require_http_methods(["GET", "POST"])


@require_GET
@page("campaigns.view_placement")
def placements(request: PageRequest, site: Site) -> HttpResponse:
    context = {"site": site, "title": "Placements"} | placement_map(site)
    return render_page(request, "campaigns/placements.html", context)


@require_form
@page("campaigns.add_placement")
def new_placement(request: PageRequest, site: Site) -> HttpResponse:
    return _form(request, site, PlacementForm(request.POST or None, site=site))


@require_form
@page("campaigns.view_placement")
def placement(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(for_update(Placement.objects.filter(site=site), request), key=key)
    return _form(request, site, PlacementForm(request.POST or None, instance=row, site=site), saved_key=key)


@require_POST
@page("campaigns.delete_placement")
def delete_placement(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(lock(Placement.objects.filter(site=site)), key=key)
    if fault := changed_since(row, request.POST.get("seen", "")) or row.delete_fault():
        messages.error(request, fault)
        return redirect("placement", key)
    editing.delete(row, Actor(request.user))
    messages.success(request, f"Placement “{row}” is gone. Visitors see that with the next release.")
    return redirect("placements")


def _form(request: PageRequest, site: Site, form: PlacementForm, saved_key: str = "") -> HttpResponse:
    """`saved_key` is that of the stored placement, whatever the form holds; empty for a new one."""
    permission = "campaigns.change_placement" if saved_key else "campaigns.add_placement"
    if request.method == "POST" and request.user.has_perm(permission) and form.is_valid():
        row = form.save(commit=False)
        editing.save(row, Actor(request.user))
        messages.success(request, f"Placement “{row}” is saved. Visitors see it with the next release.")
        return redirect("placement", row.key)
    row = form.instance
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "placement": row if saved_key else None,
        "saved_key": saved_key,
        "usual_pages": USUAL_PAGES,
        "rules": narrow(master_list(site), saved_key) if saved_key else [],
        "changes": changes_of(row) if saved_key else [],
        "title": Placement.objects.get(pk=row.pk).name if saved_key else "New placement",
    }
    return render_page(request, "campaigns/placement.html", context)
