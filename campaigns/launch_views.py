"""Buttons that change what visitors see of one campaign or rule, and those that ask somebody else to: launch, pause,
stop, ask for approval, answer."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns import approval, editing, golive
from campaigns.models import Campaign, Release, Rule
from campaigns.priority import rules_of
from campaigns.publish import PublishError, Seen, launch, stop
from campaigns.standings import Standings
from sites.locks import lock
from sites.models import Site
from sites.pages.history import Actor
from sites.pages.shell import PageRequest, page
from sites.storable import make_storable

LONGEST_WORD = 500
# The tabs of a campaign, by the names of their addresses: each has the buttons.
TABS = {
    "campaign": "Overview",
    "campaign-audience": "Audience",
    "campaign-content": "Content",
    "campaign-traffic": "Traffic and limits",
    "campaign-history": "History",
}


def standing_context(request: PageRequest, site: Site, row: Campaign) -> dict[str, Any]:
    """What stands above the tabs of a campaign, and its rules with how each stands."""
    now = timezone.now()
    standings = Standings(site, now)
    rules = rules_of(row)
    may_publish = request.user.has_perm(approval.MAY_PUBLISH)
    standing = standings.of_campaign(row)
    return {
        "site": site,
        "campaign": row,
        "standing": standing,
        "digest": approval.digests_of(site, [row.pk], now)[row.pk] if may_publish and standing.launching else "",
        "rules": rules,
        "rule_standings": [(rule, standings.of_rule(rule)) for rule in rules],
        "may_publish": may_publish,
        "publishers": [] if may_publish else approval.publishers(),
        "waiting": next(iter(approval.waiting_in(site, row)), None),
        "answered": approval.answered(row),
        "pending": Release.objects.defer("source", "compiled").pending(site),
    }


@require_POST
@page(approval.MAY_PUBLISH)
def launch_campaign(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Campaign, site=site, key=key)
    note, seen = _word(request, "note", 200), _seen(request, row)
    return _do(request, row, lambda: launch(row, request.user, note, seen))


@require_POST
@page(approval.MAY_PUBLISH)
def stop_campaign(request: PageRequest, site: Site, key: str) -> HttpResponse:
    """Whatever has changed since the page was drawn: a stop must not wait for a second look."""
    row = get_object_or_404(Campaign, site=site, key=key)
    return _do(request, row, lambda: stop(row, request.user))


@require_POST
@page(approval.MAY_PUBLISH)
def stop_rule(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(Rule.objects.select_related("campaign__site"), pk=pk, campaign__site=site)
    return _do(request, row.campaign, lambda: stop(row, request.user))


@require_POST
@page("campaigns.change_campaign")
def pause_campaign(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(lock(Campaign.objects.filter(site=site)), key=key)
    editing.set_status(row, Campaign.Status.PAUSED, Actor(request.user))
    messages.success(request, f"“{row}” is paused in the draft: it leaves visitors when that is published.")
    return _back(request, row)


@require_POST
@page("campaigns.change_campaign")
def ask_for_approval(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Campaign, site=site, key=key)
    return _do(request, row, lambda: approval.ask(row, request.user, _word(request, "note", LONGEST_WORD)))


@require_POST
@page("campaigns.change_campaign")
def withdraw_request(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Campaign, site=site, key=key)
    return _do(request, row, lambda: approval.withdraw(row, request.user))


@require_POST
@page(approval.MAY_PUBLISH)
def approve(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Campaign, site=site, key=key)
    seen = _seen(request, row)
    return _do(request, row, lambda: approval.approve(row, request.user, seen=seen))


@require_POST
@page(approval.MAY_PUBLISH)
def send_back(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = get_object_or_404(Campaign, site=site, key=key)
    return _do(request, row, lambda: approval.send_back(row, request.user, _word(request, "answer", LONGEST_WORD)))


@require_POST
@page(approval.MAY_PUBLISH)
def retry_release(request: PageRequest, site: Site, number: int) -> HttpResponse:
    """Of a stop that waits for Redis: tries once more, now. Its entry is that of the stop."""
    row = get_object_or_404(Release.objects.only("pk"), site=site, number=number, stops=True)
    golive.compile_release(row.pk)
    return redirect("release", number)


def _do(request: PageRequest, row: Campaign, act: Callable[[], object]) -> HttpResponse:
    try:
        act()
    except (PublishError, approval.NotWaiting) as error:
        messages.error(request, f"Nothing was done. {error}")
    return _back(request, row)


def _seen(request: PageRequest, row: Campaign) -> Seen:
    """What the page showed of the campaign, its rules and all that they use; whatever there is, where it does not
    say."""
    return approval.seen_as(row, request.POST.get("digest", ""))


def _back(request: PageRequest, row: Campaign) -> HttpResponse:
    """To the list, or the tab, where it was pressed."""
    back = request.POST.get("back", "")
    if back == "campaigns":
        return redirect("campaigns")
    return redirect(back if back in TABS else "campaign", row.key)


def _word(request: PageRequest, name: str, longest: int) -> str:
    return make_storable(request.POST.get(name, "")).strip()[:longest]
