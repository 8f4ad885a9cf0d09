"""Pages of releases: what publishing would change, publishing, how far it is, rolling back.

A form tells what its reader looked at (`Seen`): nothing else goes live. Where that has changed meanwhile, the page
shows how, and asks again.
"""

import hashlib
from datetime import timedelta

import msgspec
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import publish as publishing
from campaigns.models import Release
from campaigns.release import Source
from sites.models import Site
from sites.pages.history import record
from sites.pages.shell import PageRequest, page, render_page
from sites.storable import storable

CLAIMED_WITHIN = timedelta(seconds=5)  # by a worker that runs and is not busy


@require_GET
@page("campaigns.view_release")
def releases(request: PageRequest, site: Site) -> HttpResponse:
    context = {"site": site, "releases": history(site), "title": "Publish"}
    if request.htmx.target == "releases":
        return render(request, "campaigns/_releases.html", context)
    return render_page(request, "campaigns/releases.html", context | {"review": review_of(site)})


@require_POST
@page("campaigns.publish_release")
def publish(request: PageRequest, site: Site) -> HttpResponse:
    note = storable(request.POST.get("note", "")).strip()[:200]
    try:
        row = publishing.publish(site, request.user, note, _seen(request.POST))
    except publishing.Outdated as error:
        review = review_of(site)
        context = {
            "site": site,
            "review": review,
            "releases": history(site),
            "title": "Publish",
            "note": note,
            "outdated": error,
        }
        return render_page(
            request, "campaigns/releases.html", context | _since(review["changes"], request.POST), status=409
        )
    except publishing.PublishError as error:
        messages.error(request, f"Not published. {error}")
        return redirect("releases")
    record(request.user, row, "Published.", created=True)
    return redirect("release", row.number)


@require_GET
@page("campaigns.view_release")
def release(request: PageRequest, site: Site, number: int) -> HttpResponse:
    row = get_object_or_404(
        Release.objects.defer("source", "compiled").select_related("published_by"), site=site, number=number
    )
    unclaimed = (
        row.status == Release.Status.COMPILING and not row.progress and timezone.now() - row.created_at > CLAIMED_WITHIN
    )
    context = {"site": site, "release": row, "unclaimed": unclaimed, "title": str(row)}
    if request.htmx.target == "progress":
        return render(request, "campaigns/_progress.html", context)
    return render_page(request, "campaigns/release.html", context)


@require_http_methods(["GET", "POST"])
@page("campaigns.publish_release")
def roll_back(request: PageRequest, site: Site, number: int) -> HttpResponse:
    row = get_object_or_404(Release, site=site, number=number)
    outdated = None
    if request.method == "POST":
        try:
            fresh = publishing.roll_back(site, number, request.user, _seen(request.POST))
        except publishing.Outdated as error:
            outdated = error
        except publishing.PublishError as error:
            messages.error(request, f"Not rolled back. {error}")
            return redirect("releases")
        else:
            record(request.user, fresh, f"Rolled back to {row}.", created=True)
            return redirect("release", fresh.number)
    live = publishing.live_release(site)
    changes = publishing.changes(_source_of(live) if live else None, _source_of(row))
    context = {
        "site": site,
        "release": row,
        "live": live,
        "changes": changes,
        "prints": _prints(changes),
        "title": f"Roll back to {row}",
    }
    if outdated:
        context |= _since(changes, request.POST) | {"outdated": outdated}
    return render_page(request, "campaigns/roll_back.html", context, status=409 if outdated else 200)


def _seen(form: QueryDict) -> publishing.Seen:
    live = form.get("live", "")
    return publishing.Seen(form.get("version"), int(live) if live.isdecimal() and len(live) < 10 else None)


def _prints(changes: list[str]) -> str:
    """What a form carries to tell later which changes its reader saw; the sentences themselves may be thousands."""
    return " ".join(_print(change) for change in changes)


def _print(change: str) -> str:
    return hashlib.blake2b(change.encode(), digest_size=6).hexdigest()


def _since(changes: list[str], form: QueryDict) -> dict:
    """Which of the changes came since the form was drawn, and how many of those that its reader saw are gone."""
    seen = set(form.get("prints", "").split())
    return {
        "since": {change for change in changes if _print(change) not in seen},
        "gone": len(seen - {_print(change) for change in changes}),
    }


def _source_of(row: Release) -> Source:
    return msgspec.convert(row.source, Source)


def history(site: Site) -> list[Release]:
    return list(
        Release.objects.filter(site=site)
        .defer("source", "compiled")
        .select_related("published_by", "rolled_back_to")[:30]
    )


def review_of(site: Site) -> dict:
    """What publishing would do, each problem with the page that mends it."""
    review = publishing.review(site)
    problems = [
        {"problem": problem, "field": problem.field.replace("_", " "), "link": _place_of(problem)}
        for problem in review.problems
    ]
    pending = publishing.pending_release(site)
    return {
        "problems": problems,
        "changes": review.changes,
        "prints": _prints(review.changes),
        "version": review.version,
        "live": review.live,
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
