"""Visitors whose arm somebody set by hand: from the page of an experiment, and from that of a visitor."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.models import Override, Treatment
from campaigns.views import may
from personalization import overriding
from personalization.override_forms import ArmForm, VisitorForm
from sites.models import Site
from sites.pages.history import Actor
from sites.pages.shell import PageRequest, page, render_page
from tracking.models import Visitor

MAY_SET = "campaigns.change_treatment"


@require_http_methods(["GET", "POST"])
@page("tracking.view_visitor")
def set_by_hand(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """Those of one experiment, and a form for one more."""
    row = get_object_or_404(Treatment, pk=pk, site=site)
    form = VisitorForm(request.POST or None, site=site, treatment=row)
    if request.method == "POST" and may(request, MAY_SET) and form.is_valid():
        typed = form.cleaned_data
        overriding.set_arm(row, typed["visitor"].pk, typed["arm"], typed["note"], Actor(request.user))
        messages.success(request, "The visitor sees it from now on. No publication is needed.")
        return redirect("set-by-hand", pk)
    context: dict[str, Any] = {
        "site": site,
        "treatment": row,
        "form": form,
        "tab": "set-by-hand",
        "title": row.name,
        "rows": _rows(row),
    }
    return render_page(request, "treatments/set_by_hand.html", context)


@require_POST
@page("tracking.view_visitor")
def set_for_visitor(request: PageRequest, site: Site, visitor: str) -> HttpResponse:
    """From the visitor's own page."""
    person = get_object_or_404(Visitor, pk=UUID(visitor), site=site)
    form = ArmForm(request.POST, site=site)
    if may(request, MAY_SET):
        if form.is_valid():
            arm, note = form.chosen, form.cleaned_data["note"]
            overriding.set_arm(arm.treatment, person.pk, arm.key, note, Actor(request.user))
            messages.success(request, f"The visitor sees this arm of “{arm.treatment}” from now on.")
        else:
            messages.error(request, "Choose what the visitor is to see, with a note of 200 characters at most.")
    return redirect("visitor", visitor)


@require_POST
@page("tracking.view_visitor")
def remove_by_hand(request: PageRequest, site: Site, pk: int, visitor: str) -> HttpResponse:
    """Back to where the button was pressed."""
    rows = Override.objects.select_related("treatment")
    row = get_object_or_404(rows, treatment_id=pk, treatment__site=site, visitor_id=UUID(visitor))
    if may(request, MAY_SET):
        overriding.remove(row, Actor(request.user))
        messages.success(request, "The visitor draws again, as everybody does.")
    if request.POST.get("back") == "visitor":
        return redirect("visitor", visitor)
    return redirect("set-by-hand", pk)


def _rows(treatment: Treatment) -> list[dict[str, Any]]:
    rows = list(treatment.overrides.select_related("created_by").order_by("-created_at", "id"))
    names = {arm.key: arm.variant.name if arm.variant else "" for arm in treatment.arms.select_related("variant")}
    return [{"row": row, "name": names.get(row.arm, ""), "is_gone": row.arm not in names} for row in rows]


def of_visitor(request: PageRequest, site: Site, visitor: Visitor) -> dict[str, Any]:
    """What the visitor's page says of it."""
    rows = list(
        Override.objects.filter(visitor_id=visitor.pk, treatment__site=site).select_related("treatment", "created_by")
    )
    form = ArmForm(None, site=site) if request.user.has_perm(MAY_SET) else None
    return {"by_hand": rows, "arm_form": form if form and form.by_id else None}
