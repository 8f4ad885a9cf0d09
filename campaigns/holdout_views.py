"""Pages of visitors who are kept apart: holdouts, who do without campaigns, and exclusion groups, of which nobody takes
part in two experiments."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import editing
from campaigns.group_forms import GroupForm
from campaigns.groups import shared_by
from campaigns.holdout_forms import HoldoutForm
from campaigns.holdouts import holdout_of, holdouts_of
from campaigns.models import Campaign, ExclusionGroup, Treatment
from campaigns.views import may
from sites.locks import lock
from sites.models import Site
from sites.pages.edits import changed_since, for_update
from sites.pages.history import Actor, changes_of
from sites.pages.shell import PageRequest, page, render_page

MAY_CHANGE = "campaigns.change_treatment"
require_form = require_http_methods(["GET", "POST"])


@require_form
@page("campaigns.view_treatment")
def holdouts(request: PageRequest, site: Site) -> HttpResponse:
    """That of all campaigns with its form, and lists of the others and of exclusion groups."""
    form, saved = _saved(request, site, None)
    if saved:
        return redirect("holdouts")
    found = holdouts_of(site)
    groups = site.exclusion_groups.prefetch_related("members").order_by("name", "id")
    context: dict[str, Any] = {
        "form": form,
        "holdout": next((one for one in found if one.row.campaign_id is None), None),
        "others": [one for one in found if one.row.campaign_id],
        "groups": [shared_by(group, group.members.all()) for group in groups],
        "title": "Holdouts and groups",
    }
    return render_page(request, "holdouts/holdouts.html", _about(site, context))


@require_form
@page("campaigns.view_treatment")
def campaign_holdout(request: PageRequest, site: Site, key: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, site=site, key=key)
    form, saved = _saved(request, site, campaign)
    if saved:
        return redirect("campaign-holdout", key)
    context: dict[str, Any] = {"form": form, "campaign": campaign, "holdout": holdout_of(site, campaign)}
    context |= {"title": f"Holdout of {campaign.name}"}
    return render_page(request, "holdouts/campaign.html", _about(site, context))


@require_POST
@page("campaigns.view_treatment")
def remove_holdout(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(Treatment.objects.filter(site=site, kind=Treatment.Kind.HOLDOUT)), pk=pk)
    if fault := changed_since(row, request.POST.get("seen", "")):
        messages.error(request, fault)
    elif may(request, "campaigns.delete_treatment"):
        editing.delete(row, Actor(request.user))
        messages.success(request, f"“{row}” is gone with the next publish. What it measured stays.")
    if row.campaign:
        return redirect("campaign-holdout", row.campaign.key)
    return redirect("holdouts")


def _saved(request: PageRequest, site: Site, campaign: Campaign | None) -> tuple[HoldoutForm, bool]:
    """The form, and whether it is saved."""
    kept = Treatment.objects.filter(site=site, kind=Treatment.Kind.HOLDOUT, campaign=campaign).order_by("id")
    stored = for_update(kept, request).first()
    form = HoldoutForm(request.POST or None, instance=stored, site=site, campaign=campaign)
    if request.method != "POST" or not may(request, MAY_CHANGE) or not form.is_valid():
        return form, False
    row = form.save(commit=False)
    editing.save_treatment(row, form.arms(), Actor(request.user))
    messages.success(request, "Saved. Visitors are held out from the next publish on.")
    return form, True


def _about(site: Site, context: dict[str, Any]) -> dict[str, Any]:
    held = context["holdout"]
    return context | {"site": site, "changes": changes_of(held.row) if held else []}


# --- exclusion groups -----------------------------------------------------------------------------


@require_form
@page("campaigns.add_treatment")
def new_group(request: PageRequest, site: Site) -> HttpResponse:
    return _group(request, site, GroupForm(request.POST or None, site=site))


@require_form
@page("campaigns.view_treatment")
def exclusion_group(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(for_update(ExclusionGroup.objects.filter(site=site), request), pk=pk)
    return _group(request, site, GroupForm(request.POST or None, instance=row, site=site), pk)


@require_POST
@page("campaigns.delete_treatment")
def delete_group(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(lock(ExclusionGroup.objects.filter(site=site)), pk=pk)
    if fault := changed_since(row, request.POST.get("seen", "")) or row.delete_fault():
        messages.error(request, fault)
        return redirect("exclusion-group", pk)
    editing.delete(row, Actor(request.user))
    messages.success(request, f"“{row}” is gone.")
    return redirect("holdouts")


def _group(request: PageRequest, site: Site, form: GroupForm, pk: int | None = None) -> HttpResponse:
    if request.method == "POST" and may(request, MAY_CHANGE) and form.is_valid():
        row = form.save(commit=False)
        editing.save(row, Actor(request.user))
        messages.success(request, f"“{row}” is saved.")
        return redirect("exclusion-group", row.pk)
    context: dict[str, Any] = {"site": site, "form": form, "title": "New exclusion group"}
    if pk:
        row = ExclusionGroup.objects.get(pk=pk)
        members = row.members.order_by("group_from", "id")
        context |= {"group": row, "shared": shared_by(row, members), "title": row.name}
        context |= {"changes": changes_of(row), "delete_fault": row.delete_fault()}
    return render_page(request, "holdouts/group.html", context)
