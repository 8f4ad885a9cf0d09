"""Pages of drafts and releases: campaigns, rules, variants, publishing, rolling back."""

from datetime import timedelta

import msgspec
from django.contrib import messages
from django.db import transaction
from django.forms import ModelForm
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import publish as publishing
from campaigns.forms import CampaignForm, RuleForm, VariantForm
from campaigns.models import AdVariant, Campaign, Release, Rule
from campaigns.previews import document
from campaigns.priority import master_list, move
from campaigns.release import Source
from segments.forms import Draft
from tracking.edits import opened
from tracking.history import changes_of, record, record_form
from tracking.models import Site
from tracking.pages import PageRequest, page, render_page

CLAIMED_WITHIN = timedelta(seconds=5)  # by a worker that runs and is not busy

require_form = require_http_methods(["GET", "POST"])

# --- campaigns ------------------------------------------------------------------------------------


@require_form
@page("campaigns.add_campaign")
def new_campaign(request: PageRequest, site: Site) -> HttpResponse:
    form = CampaignForm(request.POST or None, site=site)
    if request.method == "POST" and form.is_valid():
        form.instance.created_by = request.user
        campaign = _saved(request, form, created=True)
        return redirect("campaign", campaign.key)
    return render_page(request, "campaigns/campaign.html", {"site": site, "form": form, "title": "New campaign"})


@require_form
@page("campaigns.view_campaign")
@transaction.atomic
def campaign(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(opened(Campaign.objects.filter(site=site), request), key=key)
    form = CampaignForm(request.POST or None, instance=row, site=site)
    if request.method == "POST" and _may(request, "campaigns.change_campaign") and form.is_valid():
        _saved(request, form)
        return redirect("campaign", row.key)
    rules = list(row.rules.select_related("placement", "segment", "variant"))
    context = {"site": site, "form": form, "campaign": row, "rules": rules, "title": row.name, "saved_key": key, "changes": changes_of(row, *rules)}
    return render_page(request, "campaigns/campaign.html", context)


@require_POST
@page("campaigns.change_campaign")
@transaction.atomic
def change_status(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Campaign.objects.select_for_update(), site=site, key=key)
    status = request.POST.get("status", "")
    if status not in Campaign.Status.values:
        return HttpResponse(f"status: {status!r} is not one of {', '.join(Campaign.Status.values)}", status=400, content_type="text/plain")
    row.status = status
    row.save(update_fields=["status", "updated_at"])
    record(request.user, row, f"Status set to {row.get_status_display()}.")
    messages.success(request, f"“{row}” is now {row.get_status_display().lower()} in the draft. Publish to let visitors see it.")
    return redirect("campaigns")


# --- rules ----------------------------------------------------------------------------------------


@require_form
@page("campaigns.add_rule")
def new_rule(request: PageRequest, site: Site, key: str) -> HttpResponse:
    owner = get_object_or_404(Campaign, site=site, key=key)
    form = RuleForm(request.POST or None, instance=Rule(campaign=owner), site=site)
    return _rule_form(request, site, form, created=True)


@require_form
@page("campaigns.view_rule")
@transaction.atomic
def rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(opened(Rule.objects.select_related("campaign"), request), pk=pk, campaign__site=site)
    return _rule_form(request, site, RuleForm(request.POST or None, instance=row, site=site), created=False)


@require_POST
@page("campaigns.change_rule")
@transaction.atomic
def move_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    """`direction` up or down, within what the list shows (`placement`), or `before` the id of another rule, empty for the end."""
    rules = master_list(site)
    row = next((rule for rule in rules if rule.pk == pk), None)
    shown = [rule for rule in rules if request.POST.get("placement", "") in ("", rule.placement.key)]
    if row is None or row not in shown:
        return HttpResponse("rule: not in this list", status=404, content_type="text/plain")
    mover, before = _step(shown, row, request.POST)
    for other in move(mover, before) if mover != before else []:
        record(request.user, other, f"Priority set to {other.priority}.")
    return redirect(_back(request))


def _step(shown: list[Rule], row: Rule, asked: QueryDict) -> tuple[Rule, Rule | None]:
    """Which rule moves, and above which: down is the next one going up; the same rule twice where there is nowhere to go."""
    place, direction = shown.index(row), asked.get("direction")
    if direction == "up":
        return row, shown[max(place - 1, 0)]
    if direction == "down":
        return shown[min(place + 1, len(shown) - 1)], row
    return row, next((rule for rule in shown if str(rule.pk) == asked.get("before", "")), None)


@require_POST
@page("campaigns.change_rule")
@transaction.atomic
def toggle_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(Rule.objects.select_for_update(), pk=pk, campaign__site=site)
    row.enabled = request.POST.get("enabled") == "true"
    row.save(update_fields=["enabled", "updated_at"])
    record(request.user, row, "Resumed." if row.enabled else "Paused.")
    return redirect(_back(request))


@require_POST
@page("campaigns.delete_rule")
@transaction.atomic
def delete_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(Rule.objects.select_related("campaign"), pk=pk, campaign__site=site)
    record(request.user, row.campaign, f"Deleted rule “{row}”.")
    row.delete()
    messages.success(request, f"Rule “{row}” is gone from the draft. Visitors see it until the next release.")
    return redirect("campaign", row.campaign.key)


# --- variants -------------------------------------------------------------------------------------


@require_form
@page("campaigns.add_advariant")
def new_variant(request: PageRequest, site: Site) -> HttpResponse:
    return _variant_form(request, site, VariantForm(request.POST or None, site=site), created=True)


@require_form
@page("campaigns.view_advariant")
@transaction.atomic
def variant(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(opened(AdVariant.objects.filter(site=site), request), key=key)
    return _variant_form(request, site, VariantForm(request.POST or None, instance=row, site=site), created=False)


@require_POST
@page("campaigns.view_advariant")
def preview_variant(request: PageRequest, site: Site) -> HttpResponse:
    """The fragment beside the form: what the fields as they stand would look like. Nothing is saved."""
    form = VariantForm(request.POST, instance=AdVariant(site=site), site=site)
    form.is_valid()
    return render(request, "campaigns/_preview.html", _preview(form))


# --- releases -------------------------------------------------------------------------------------


@require_GET
@page("campaigns.view_release")
def releases(request: PageRequest, site: Site) -> HttpResponse:
    context = {"site": site, "review": review_of(site), "releases": history(site), "title": "Publish"}
    if request.htmx.target == "releases":
        return render(request, "campaigns/_releases.html", context)
    return render_page(request, "campaigns/releases.html", context)


@require_POST
@page("campaigns.publish_release")
def publish(request: PageRequest, site: Site) -> HttpResponse:
    try:
        row = publishing.publish(site, request.user, request.POST.get("note", "").strip()[:200])
    except publishing.PublishError as error:
        messages.error(request, f"Not published. {error}")
        return redirect("releases")
    record(request.user, row, "Published.", created=True)
    return redirect("release", row.number)


@require_GET
@page("campaigns.view_release")
def release(request: PageRequest, site: Site, number: int) -> HttpResponse:
    row = get_object_or_404(Release.objects.defer("source", "compiled").select_related("published_by"), site=site, number=number)
    unclaimed = row.status == Release.Status.COMPILING and not row.progress and timezone.now() - row.created_at > CLAIMED_WITHIN
    context = {"site": site, "release": row, "unclaimed": unclaimed, "title": str(row)}
    if request.htmx.target == "progress":
        return render(request, "campaigns/_progress.html", context)
    return render_page(request, "campaigns/release.html", context)


@require_form
@page("campaigns.publish_release")
def roll_back(request: PageRequest, site: Site, number: int) -> HttpResponse:
    row = get_object_or_404(Release, site=site, number=number)
    live = publishing.live_release(site)
    if request.method == "POST":
        try:
            fresh = publishing.roll_back(site, number, request.user)
        except publishing.PublishError as error:
            messages.error(request, f"Not rolled back. {error}")
            return redirect("releases")
        record(request.user, fresh, f"Rolled back to {row}.", created=True)
        return redirect("release", fresh.number)
    context = {
        "site": site,
        "release": row,
        "live": live,
        "changes": publishing.changes(_source_of(live) if live else None, _source_of(row)),
        "title": f"Roll back to {row}",
    }
    return render_page(request, "campaigns/roll_back.html", context)


def _source_of(row: Release) -> Source:
    return msgspec.convert(row.source, Source)


def history(site: Site) -> list[Release]:
    return list(Release.objects.filter(site=site).defer("source", "compiled").select_related("published_by", "rolled_back_to")[:30])


def review_of(site: Site) -> dict:
    """What publishing would do, each problem with the page that mends it."""
    review = publishing.review(site)
    problems = [{"problem": problem, "field": problem.field.replace("_", " "), "link": _place_of(problem)} for problem in review.problems]
    pending = publishing.pending_release(site)
    return {
        "problems": problems,
        "changes": review.changes,
        "may_publish": review.may_publish,
        "errors": sum(p.is_error for p in review.problems),
        "on_its_way": pending if pending and pending.version == review.version else None,
    }


# --- shared by the above --------------------------------------------------------------------------


def _place_of(problem) -> str:
    if problem.pk is None:
        return ""
    if problem.kind == "rule":
        return reverse("rule", args=[problem.pk])
    app = {"segment": "segments", "item": "recommendations", "site": "tracking"}.get(problem.kind, "campaigns")
    return reverse(f"admin:{app}_{problem.kind}_change", args=[problem.pk])


def _may(request: PageRequest, permission: str) -> bool:
    if not request.user.has_perm(permission):
        messages.error(request, "Your role may look at this, not change it.")
        return False
    return True


def _back(request: PageRequest) -> str:
    placement = request.POST.get("placement", "")
    return reverse("campaigns") + (f"?{urlencode({'placement': placement})}" if placement else "")


@transaction.atomic
def _saved(request: PageRequest, form: ModelForm, *, created: bool = False):
    row = form.save()
    record_form(request.user, form, created=created)
    messages.success(request, f"“{row}” is saved as a draft. Publish to let visitors see it.")
    return row


def _rule_form(request: PageRequest, site: Site, form: RuleForm, *, created: bool) -> HttpResponse:
    owner = form.instance.campaign
    pressed = request.POST.get("do", "")
    if request.method == "POST" and pressed:  # a button of the condition, without scripts
        draft = Draft.posted(request.POST)
        draft.press(pressed)
        form = RuleForm(initial=request.POST.dict() | {"condition": draft}, instance=form.instance, site=site)
    elif request.method == "POST" and _may(request, "campaigns.add_rule" if created else "campaigns.change_rule") and form.is_valid():
        _saved(request, form, created=created)
        return redirect("campaign", owner.key)
    context = {
        "site": site,
        "form": form,
        "campaign": owner,
        "rule": None if created else form.instance,
        "changes": [] if created else changes_of(form.instance),
        "title": "New rule" if created else form.instance.name,
    }
    return render_page(request, "campaigns/rule.html", context)


def _variant_form(request: PageRequest, site: Site, form: VariantForm, *, created: bool) -> HttpResponse:
    if request.method == "POST" and _may(request, "campaigns.add_advariant" if created else "campaigns.change_advariant") and form.is_valid():
        row = _saved(request, form, created=created)
        return redirect("variant", row.key)
    used = [] if created else list(form.instance.rules.select_related("campaign"))
    context = {
        "site": site,
        "form": form,
        "variant": None if created else form.instance,
        "used": used,
        "changes": [] if created else changes_of(form.instance),
        "title": "New variant" if created else form.instance.name,
    }
    return render_page(request, "campaigns/variant.html", context | _preview(form))


def _preview(form: VariantForm) -> dict:
    faults = [(form.fields[name].label if name in form.fields else "", errors) for name, errors in form.errors.items()]  # none where it is not bound
    return {"preview": document(form.instance), "warnings": getattr(form, "warnings", []), "faults": faults}
