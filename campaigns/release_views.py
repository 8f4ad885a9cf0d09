"""Pages of releases: what publishing would change, publishing, how far it is, rolling back."""

from datetime import timedelta

import msgspec
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import publish as publishing
from campaigns.models import Release
from campaigns.release import Source
from tracking.history import record
from tracking.models import Site
from tracking.pages import PageRequest, page, render_page
from tracking.storable import storable

CLAIMED_WITHIN = timedelta(seconds=5)  # by a worker that runs and is not busy


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
        row = publishing.publish(site, request.user, storable(request.POST.get("note", "")).strip()[:200])
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


@require_http_methods(["GET", "POST"])
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


def _place_of(problem) -> str:
    if problem.pk is None:
        return ""
    if problem.kind == "rule":
        return reverse("rule", args=[problem.pk])
    app = {"segment": "segments", "item": "recommendations", "site": "tracking"}.get(problem.kind, "campaigns")
    return reverse(f"admin:{app}_{problem.kind}_change", args=[problem.pk])
