"""Setup of a bandit: which creatives it chooses among, what it makes more of, and how it learns. What it has learned
mixes in what came of decisions, so that page stands in personalization."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from campaigns import editing, gallery
from campaigns.bandit_forms import MOST, BanditForm
from campaigns.bandits import POLICIES
from campaigns.models import Treatment
from campaigns.treatment_views import rules_of
from sites.models import Site
from sites.pages.edits import as_typed, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page

require_form = require_http_methods(["GET", "POST"])


@require_form
@page("campaigns.add_treatment")
def new_bandit(request: PageRequest, site: Site) -> HttpResponse:
    return _form(request, site, BanditForm(request.POST or None, site=site))


@require_form
@page("campaigns.view_treatment")
def bandit_setup(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    bandits = Treatment.objects.filter(site=site, kind=Treatment.Kind.BANDIT)
    row = get_object_or_404(for_update(bandits, request), pk=pk)
    return _form(request, site, BanditForm(request.POST or None, instance=row, site=site), pk)


def _form(request: PageRequest, site: Site, form: BanditForm, pk: int | None = None) -> HttpResponse:
    """`pk` is that of the stored bandit; None for a new one."""
    if adds := request.POST.get("do") == "add":
        form.add_row()
        as_typed(form)
    elif request.method == "POST":
        if not request.user.has_perm("campaigns.change_treatment" if pk else "campaigns.add_treatment"):
            messages.error(request, "Your role may look at this, not change it.")
        elif form.is_valid():
            row = form.save(commit=False)
            editing.save_treatment(row, form.arms(), Actor(request.user))
            messages.success(request, f"“{row}” is saved. {_next_step(pk)}")
            return redirect("bandit-setup", row.pk)
    return render_page(request, "bandits/setup.html", _context(site, form, pk, is_unsaved=adds))


def _next_step(pk: int | None) -> str:
    if pk is None:
        return "Choose it in the form of a rule, and publish: then it begins to learn."
    return "Creatives change with the next publish; how it learns, with the next batch."


def _context(site: Site, form: BanditForm, pk: int | None, *, is_unsaved: bool) -> dict[str, Any]:
    chosen = [form.creatives[row.variant] for row in form.rows if row.variant in form.creatives]
    tiles = {tile.variant.pk: tile for tile in gallery.tiles(site, chosen)}
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "is_unsaved": is_unsaved,
        "arms": [(row, tiles.get(int(row.variant)) if row.variant in form.creatives else None) for row in form.rows],
        "may_add": len(form.rows) < MOST,
        "policies": POLICIES.values(),
        "title": "New bandit",
    }
    if pk:
        row = Treatment.objects.get(pk=pk)  # as it is stored, whatever the form has typed into it
        context |= {"treatment": row, "rules": rules_of(site).get(pk, []), "changes": changes_of(row)}
        context |= {"title": row.name, "delete_fault": row.delete_fault(), "tab": "bandit-setup"}
    return context
