"""Pages to try another policy on past traffic: choose an experiment, ask, and see what it would have brought."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.models import Treatment
from personalization.off_policy.asking import ask, under_way
from personalization.off_policy.form import AskForm, names_of
from personalization.off_policy.pictures import lines_of
from personalization.off_policy.tables import PolicyEvaluation
from personalization.off_policy.wording import words_for
from sites.models import Site
from sites.pages.history import Actor
from sites.pages.shell import PageRequest, page, render_page

TITLE = "Try another policy on past traffic"
SHOWN = 20
KINDS = (Treatment.Kind.SPLIT, Treatment.Kind.BANDIT)
BUSY = "Another one of this site is being worked at. Ask again when it is done."
CODES = {"better": ("good", "Better"), "worse": ("bad", "Worse"), "unclear": ("", "No clear difference")}
ID = "evaluation"  # of the element that the fragment is


@require_GET
@page("personalization.view_policyevaluation")
def past_traffic(request: PageRequest, site: Site) -> HttpResponse:
    """Which experiment?"""
    experiments = Treatment.objects.filter(site=site, kind__in=KINDS).order_by("archived", "name", "id")
    context = {"site": site, "title": TITLE, "experiments": experiments, "rows": _latest(site)}
    return render_page(request, "off_policy/past_traffic.html", context)


@require_http_methods(["GET", "POST"])
@page("personalization.view_policyevaluation")
def try_policy(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    treatment = get_object_or_404(Treatment.objects.filter(site=site, kind__in=KINDS), pk=pk)
    form = AskForm(request.POST or None, treatment=treatment, initial=_asked_before(site, request, pk))
    if request.method == "POST":
        if not request.user.has_perm("personalization.add_policyevaluation"):
            messages.error(request, "Your role may look at this, not ask.")
        elif form.is_valid():
            told = form.cleaned_data
            row = ask(treatment, Actor(request.user), target=form.target, reward=told["reward"], days=told["days"])
            if row:
                return redirect("policy-evaluation", row.pk)
            messages.info(request, BUSY)
    context = {"site": site, "title": f"{TITLE}: {treatment}", "treatment": treatment, "form": form}
    context |= {"rows": _latest(site, treatment), "busy": under_way(site, timezone.now())}
    return render_page(request, "off_policy/try_policy.html", context)


@require_GET
@page("personalization.view_policyevaluation")
def policy_evaluation(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(PolicyEvaluation.objects.filter(site=site).select_related("treatment", "asked_by"), pk=pk)
    context = {"site": site, "title": TITLE} | _told(row)
    if request.htmx.target == ID:
        return render(request, "off_policy/_evaluation.html", context)
    return render_page(request, "off_policy/policy_evaluation.html", context)


@require_POST
@page("personalization.add_policyevaluation")
def ask_again(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """The same, of the days up to now."""
    row = get_object_or_404(PolicyEvaluation.objects.filter(site=site).select_related("treatment__site"), pk=pk)
    asked = ask(row.treatment, Actor(request.user), target=row.target, reward=row.reward, days=row.days)
    if asked is None:
        messages.info(request, BUSY)
    return redirect("policy-evaluation", asked.pk if asked else pk)


def _asked_before(site: Site, request: PageRequest, pk: int) -> dict[str, Any]:
    """What the form begins with: the arm in the address."""
    return {"arm": request.GET["arm"]} if "arm" in request.GET else {}


def _latest(site: Site, treatment: Treatment | None = None) -> list[dict[str, Any]]:
    rows = PolicyEvaluation.objects.filter(site=site).select_related("treatment", "asked_by")
    rows = rows.filter(treatment=treatment) if treatment else rows
    return [_in_short(row) for row in rows.prefetch_related("treatment__arms__variant")[:SHOWN]]


def _in_short(row: PolicyEvaluation) -> dict[str, Any]:
    now = timezone.now()
    names = names_of(list(row.treatment.arms.all()))
    words = words_for(row.target, names)
    told = {"row": row, "words": words[:1].upper() + words[1:], "names": names}
    told |= {"is_under_way": row.is_under_way(now), "is_lost": row.is_lost(now)}
    return told | {"verdict": CODES.get((row.result or {}).get("verdict", ""), ("warn", "No conclusion"))}


def _told(row: PolicyEvaluation) -> dict[str, Any]:
    told = _in_short(row)
    if row.result:
        told |= lines_of(row.result, row.reward, row.site.currency, told["names"])
    return told
