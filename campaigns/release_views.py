"""Pages of releases: what publishing would change, publishing, how far it is, rolling back.

A form tells what its reader looked at (`Seen`): nothing else goes live. Where that has changed meanwhile, the page
shows how, and asks again.
"""

import hashlib
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import reviewing
from campaigns.approval import MAY_PUBLISH, publishers
from campaigns.audiences import small_audiences
from campaigns.changes import changes
from campaigns.choices import choices_of
from campaigns.composing import Thing
from campaigns.models import Release
from campaigns.places import Places
from campaigns.problems import Problem
from campaigns.publish import Outdated, PublishError, Seen, publish, roll_back
from campaigns.reviewing import Look
from segments.wording import describe
from sites.models import Site
from sites.pages.shell import PageRequest, page, render_page, whole
from sites.storable import make_storable

FIELDS = {"variant": "creative", "default_variant": "creative for everyone else"}  # as pages call them
CLAIMED_WITHIN = timedelta(seconds=5)  # by a worker that runs and is not busy


@require_GET
@page("campaigns.view_release")
def releases(request: PageRequest, site: Site) -> HttpResponse:
    context: dict[str, Any] = {"site": site}
    if request.htmx.target == "review":
        review = _page_context(request, site, reviewing.look(site))
        return render(request, "campaigns/_review.html", context | {"review": review})
    context |= {"releases": history(site), "title": "Publish"}
    if request.htmx.target == "releases":
        return render(request, "campaigns/_releases.html", context)
    context["review"] = _page_context(request, site, reviewing.look(site))
    return render_page(request, "campaigns/releases.html", context)


@require_POST
@page("campaigns.publish_release")
def publish_draft(request: PageRequest, site: Site) -> HttpResponse:
    """What is ticked (`take`); where the form offers no choice, all that is launched and not held."""
    note = make_storable(request.POST.get("note", "")).strip()[:200]
    ticked = set(request.POST.getlist("take")) if "choose" in request.POST else None
    if ticked is not None and not ticked:
        messages.error(request, "Not published. Tick what visitors are to see.")
        return redirect("releases")
    try:
        row = publish(site, request.user, note, _read_seen(request.POST), ticked)
    except Outdated as error:
        # Looked at anew: whoever was told that the draft is another one must now see that one.
        review = _page_context(request, site, reviewing.look_now(site), ticked)
        context = {
            "site": site,
            "review": review,
            "releases": history(site),
            "title": "Publish",
            "note": note,
            "outdated": error,
        }
        return render_page(
            request, "campaigns/releases.html", context | _since(review["told"], request.POST), status=409
        )
    except PublishError as error:
        messages.error(request, f"Not published. {error}")
        return redirect("releases")
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
def roll_back_to(request: PageRequest, site: Site, number: int) -> HttpResponse:
    row = get_object_or_404(Release, site=site, number=number)
    outdated = None
    if request.method == "POST":
        try:
            fresh = roll_back(site, number, request.user, _read_seen(request.POST))
        except Outdated as error:
            outdated = error
        except PublishError as error:
            messages.error(request, f"Not rolled back. {error}")
            return redirect("releases")
        else:
            return redirect("release", fresh.number)
    live = Release.objects.live(site)
    told = changes(live.content() if live else None, row.content())
    context = {
        "site": site,
        "release": row,
        "live": live,
        "changes": told,
        "prints": _prints(told),
        "title": f"Roll back to {row}",
    }
    if outdated:
        context |= _since(told, request.POST) | {"outdated": outdated}
    return render_page(request, "campaigns/roll_back.html", context, status=409 if outdated else 200)


def _read_seen(form: QueryDict) -> Seen:
    digests = dict(told.split(" ", 1) for told in form.getlist("seen") if " " in told)
    return Seen(form.get("version"), whole(form.get("live", "")), digests)


def _prints(changes: list[str]) -> str:
    """What a form carries to tell later which changes its reader saw; the sentences themselves may be thousands."""
    return " ".join(_print(change) for change in changes)


def _print(change: str) -> str:
    return hashlib.blake2b(change.encode(), digest_size=6).hexdigest()


def _since(changes: list[str], form: QueryDict) -> dict[str, Any]:
    """Which of the changes came since the form was drawn, and how many of those that its reader saw are gone."""
    seen = set(form.get("prints", "").split())
    return {
        "since": {change for change in changes if _print(change) not in seen},
        "gone": len(seen - {_print(change) for change in changes}),
    }


def history(site: Site) -> list[Release]:
    return list(
        Release.objects.filter(site=site)
        .defer("source", "compiled")
        .select_related("published_by", "rolled_back_to")[:30]
    )


def _page_context(
    request: PageRequest, site: Site, look: Look, ticked: Collection[Thing] | None = None
) -> dict[str, Any]:
    """And what may be chosen."""
    choices = choices_of(site, look.review.offers, request.user, ticked)
    shown = [choice for choice in choices if not choice.offer.is_new or choice.waiting or choice.is_ticked]
    told = [sentence for offer in look.review.offers for sentence in offer.changes]
    return context_of(site, look) | {
        "choices": choices,
        "campaigns": [choice for choice in shown if choice.is_campaign],
        "shared": [choice for choice in shown if not choice.is_campaign],
        "drafts": [choice for choice in choices if choice not in shown],
        "prints": _prints(told),
        "told": told,
        "publishers": [] if request.user.has_perm(MAY_PUBLISH) else publishers(),
    }


def context_of(site: Site, look: Look) -> dict[str, Any]:
    """What publishing would do, each problem with the page that mends it."""
    review = look.review
    pending = Release.objects.defer("source", "compiled").pending(site)
    problems = [*review.problems, *small_audiences(site)]
    places = Places(row for problem in problems for row in (problem, *problem.others))
    return {
        "problems": [_told(problem, site.currency, places) for problem in problems],
        "changes": review.changes,
        "prints": _prints(review.changes),
        "version": review.version,
        "live": review.live,
        "may_publish": review.may_publish,
        "errors": review.errors,
        "held": sum(offer.is_held for offer in review.offers),
        "made_at": look.made_at,
        "is_current": look.is_current,
        "on_its_way": pending if pending and pending.version == review.version else None,
        "pending": pending,
    }


def _told(problem: Problem, currency: str, places: Places) -> dict[str, Any]:
    return {
        "problem": problem,
        "field": FIELDS.get(problem.field, problem.field.replace("_", " ")),
        "link": places.of(problem),
        "others": [{"name": other.name, "link": places.of(other)} for other in problem.others],
        "witness": describe(problem.witness, currency) if problem.witness else "",
    }
