"""The setup of an experiment: which share of a rule's visitors sees which creative."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import editing, gallery
from campaigns.models import Rule, Treatment
from campaigns.splitting import measure_usual
from campaigns.standings import Standings
from campaigns.treatment_forms import MOST, TreatmentForm
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page

require_form = require_http_methods(["GET", "POST"])


@require_form
@page("campaigns.add_treatment")
def new_treatment(request: PageRequest, site: Site) -> HttpResponse:
    return _form(request, site, TreatmentForm(request.POST or None, site=site))


@require_form
@page("campaigns.view_treatment")
def treatment(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(Treatment.objects.filter(site=site), request), pk=pk)
    if row.kind == Treatment.Kind.BANDIT:
        return redirect("bandit", pk)
    return _form(request, site, TreatmentForm(request.POST or None, instance=row, site=site), pk)


@require_POST
@page("campaigns.delete_treatment")
def delete_treatment(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Treatment.objects.filter(site=site)), pk=pk)
    if fault := changed_since(row, request.POST.get("seen", "")) or row.delete_fault():
        messages.error(request, fault)
        return redirect("treatment", pk)
    editing.delete(row, Actor(request.user))
    messages.success(request, f"Treatment “{row}” is gone. Its results stay.")
    return redirect("treatments")


def _form(request: PageRequest, site: Site, form: TreatmentForm, pk: int | None = None) -> HttpResponse:
    """`pk` is that of the stored treatment; None for a new one."""
    pressed = request.POST.get("do", "")
    if pressed:
        form.change_rows(pressed)
    elif request.method == "POST":
        if not request.user.has_perm("campaigns.change_treatment" if pk else "campaigns.add_treatment"):
            messages.error(request, "Your role may look at this, not change it.")
        elif form.is_valid():
            row = form.save(commit=False)
            editing.save_treatment(row, form.arms(), Actor(request.user))
            if pk is None:
                measure_usual(row)
            messages.success(request, f"“{row}” is saved. Visitors see it with the next publish of a rule that draws.")
            return redirect("treatment", row.pk)
    tiles = {tile.variant.pk: tile for tile in gallery.tiles(site, _chosen(form))}
    context: dict[str, Any] = {
        "site": site,
        "form": form,
        "is_unsaved": bool(pressed),
        "arms": [(row, tiles.get(int(row.variant)) if row.variant in form.creatives else None) for row in form.rows],
        "may_add": len(form.rows) < MOST,
        "title": "New experiment",
        "tab": "treatment",
    }
    if pk:
        row = Treatment.objects.get(pk=pk)
        context |= {"treatment": row, "rules": rules_of(site).get(pk, []), "changes": changes_of(row)}
        context |= {"title": row.name, "delete_fault": row.delete_fault()}
        context["is_drawn"] = row.phases.filter(number=row.phase).exists()
    return render_page(request, "treatments/treatment.html", context)


def _chosen(form: TreatmentForm) -> list[Any]:
    return [form.creatives[row.variant] for row in form.rows if row.variant in form.creatives]


def rules_of(site: Site) -> dict[int, list[dict[str, Any]]]:
    """By the id of the treatment that they draw from, with how each stands."""
    standings = Standings(site, timezone.now())
    rules = Rule.objects.filter(campaign__site=site, treatment__isnull=False).select_related("campaign", "placement")
    found: dict[int, list[dict[str, Any]]] = {}
    for rule in rules.order_by("-priority", "id"):
        found.setdefault(rule.treatment_id or 0, []).append({"rule": rule, "standing": standings.of_rule(rule)})
    return found
