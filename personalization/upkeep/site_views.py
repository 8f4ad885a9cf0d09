"""Pages of one site: its settings, and a new one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from sites import editing
from sites.belongings import belongings
from sites.models import UNVERIFIED, Site
from sites.pages.edits import for_update
from sites.pages.history import Actor, changes_of
from sites.pages.paths import addresses_of, without_site
from sites.pages.shell import PageRequest, page, render_page
from sites.site_forms import PropertyForm

require_form = require_http_methods(["GET", "POST"])


@require_form
@page("sites.add_site", without_site=True)
def new_site(request: PageRequest, site: Site | None) -> HttpResponse:
    """What comes next is to install it."""
    form = PropertyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        row = form.save(commit=False)
        editing.save(row, Actor(request.user))
        messages.success(request, f"“{row}” is there. Put its tag into its pages: then visitors are seen.")
        with addresses_of(row.pk):
            return redirect("install")
    title = "New site" if site else "Your first site"
    return render_page(request, "upkeep/site.html", {"site": site, "form": form, "title": title})


@require_form
@page("sites.view_site")
def site_settings(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Site.objects.all(), request), pk=pk)
    form = PropertyForm(request.POST or None, instance=row)
    may_change = request.user.has_perm("sites.change_site")
    if request.method == "POST":
        if not may_change:
            messages.error(request, "Your role may look at this, not change it.")
        elif form.is_valid():
            editing.save(form.save(commit=False), Actor(request.user))
            messages.success(request, f"“{row}” is saved.")
            if not row.verify_users:
                messages.warning(request, f"Users of {row} are not verified: {UNVERIFIED}.")
            return redirect("site", row.pk)
    stored = Site.objects.get(pk=pk)
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "row": stored,
        "may_change": may_change,
        "changes": changes_of(stored),
        "title": stored.name,
    }
    return render_page(request, "upkeep/site.html", context)


@require_form
@page("sites.delete_site")
def delete_site(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """Says first what goes with it, and asks for its domain: no second click deletes a shop's history."""
    row = get_object_or_404(for_update(Site.objects.all(), request), pk=pk)
    typed = str(request.POST.get("domain", "")).strip()
    fault = ""
    if request.method == "POST":
        if typed.lower() == row.domain.lower():
            editing.delete(row, Actor(request.user))
            messages.success(request, f"“{row}” is gone, with all that it had.")
            return redirect(without_site(reverse("sites")))
        fault = f"That is not the domain of this site. Type {row.domain} to delete it."
    context = {"site": site, "row": row, "belongings": belongings([row]), "typed": typed, "fault": fault}
    return render_page(request, "upkeep/site_delete.html", context | {"title": f"Delete {row}"})
