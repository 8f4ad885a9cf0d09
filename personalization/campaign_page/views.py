"""The tabs of a campaign. What they change, `campaigns.editing` changes."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.forms import CampaignForm
from campaigns.launch_views import TABS, standing_context
from campaigns.models import Campaign
from campaigns.views import may, save_form
from personalization.campaign_page.as_visitor import moments_of, preview_of, recent_visitors
from personalization.campaign_page.audience import audience_of
from personalization.campaign_page.content import content_of, languages_of
from personalization.campaign_page.history import entries_about
from personalization.campaign_page.overview import overview_of
from personalization.campaign_page.preview_form import PreviewForm
from personalization.campaign_page.traffic import traffic_of
from personalization.upkeep.change_log import entries
from sites.models import Site
from sites.pages.edits import for_update
from sites.pages.shell import PageRequest, page, render_page

TEMPLATES = {name: name.removeprefix("campaign-") for name in TABS} | {"campaign": "overview"}
CHANGES_PER_PAGE = 30


@require_GET
@page("campaigns.view_campaign")
def overview(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = _campaign(site, key)
    return _tab(request, site, row, "campaign", lambda context: overview_of(site, row, context["rule_standings"]))


@require_GET
@page("campaigns.view_campaign")
def audience(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = _campaign(site, key)
    return _tab(request, site, row, "campaign-audience", lambda context: audience_of(site, context["rules"]))


@require_GET
@page("campaigns.view_campaign")
def content(request: PageRequest, site: Site, key: str) -> HttpResponse:
    """The creatives, and in the address who looks at them, and when."""
    row = _campaign(site, key)

    def tab(context: dict[str, Any]) -> dict[str, Any]:
        rules, query = context["rules"], request.GET
        may_look_up = request.user.has_perm("tracking.view_visitor")
        form = PreviewForm(query, site=site, languages=languages_of(rules), may_look_up=may_look_up)
        told = content_of(site, rules, form.wanted().scheme) | preview_of(site, row, rules, form)
        told["moments"] = [(words, _with(query, at=at)) for words, at in moments_of(row, rules)]
        recent = recent_visitors(site) if may_look_up else []
        told["recent"] = [(one, said, _with(query, visitor=one.pk.hex)) for one, said in recent]
        return told

    answer = _tab(request, site, row, "campaign-content", tab)
    answer.headers["Cache-Control"] = "no-store"  # it tells of visitors
    return answer


def _with(query: QueryDict, **changes: str) -> str:
    """The address of the same preview with something else."""
    changed = query.copy()
    for name, value in changes.items():
        changed[name] = value
    return f"?{changed.urlencode()}#preview-title"


@require_http_methods(["GET", "POST"])
@page("campaigns.view_campaign")
def traffic(request: PageRequest, site: Site, key: str) -> HttpResponse:
    stored = get_object_or_404(for_update(Campaign.objects.filter(site=site), request), key=key)
    form = CampaignForm(request.POST or None, instance=stored, site=site)
    if request.method == "POST" and may(request, "campaigns.change_campaign") and form.is_valid():
        save_form(request, form)
        return redirect("campaign-traffic", stored.key)
    row = _campaign(site, key)  # as it is stored, whatever the form has typed into it
    more = {"form": form, "saved_key": key}
    return _tab(request, site, row, "campaign-traffic", lambda context: more | traffic_of(site, row, context["rules"]))


@require_GET
@page("campaigns.view_campaign")
def history(request: PageRequest, site: Site, key: str) -> HttpResponse:
    row = _campaign(site, key)

    def tab(context: dict[str, Any]) -> dict[str, Any]:
        shown = Paginator(entries_about(row, context["rules"]), CHANGES_PER_PAGE).get_page(request.GET.get("page"))
        return {"shown": shown, "entries": entries(shown.object_list, request.user)}

    if request.htmx.target == "entries":
        context = {"site": site, "campaign": row} | tab({"rules": list(row.rules.all())})
        return render(request, "campaign_page/_entries.html", context)
    return _tab(request, site, row, "campaign-history", tab)


def _campaign(site: Site, key: str) -> Campaign:
    return get_object_or_404(Campaign.objects.select_related("site", "goal"), site=site, key=key)


def _tab(
    request: PageRequest, site: Site, row: Campaign, name: str, tab: Callable[[dict[str, Any]], dict[str, Any]]
) -> HttpResponse:
    """Below what all tabs share; that part alone, where a page that is open asks how the campaign stands."""
    context = standing_context(request, site, row) | {"tab": name, "tabs": TABS, "title": row.name}
    if request.htmx.target == "standing":
        return render(request, "campaigns/_standing.html", context)
    return render_page(request, f"campaign_page/{TEMPLATES[name]}.html", context | tab(context))
